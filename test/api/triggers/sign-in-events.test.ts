import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminCreateUserCommand,
  AdminInitiateAuthCommand,
  AdminRespondToAuthChallengeCommand,
  GetTokensFromRefreshTokenCommand,
  type UserPoolClientType,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { givenAppUser, prefer, respond, setMfa } from '../../support/mfa.ts'
import { attributeList, codeSentTo, sentTo } from '../../support/self-service.ts'
import { givenUser, goodPassword, signInByPassword, srpResponses, srpTimestamp, startSrp } from '../../support/sign-in.ts'
import { adminInitiate, agree, envelopeOf, givenPoolWith, initiate, refuse, refusedBy } from '../../support/sign-in-triggers.ts'
import { answerDevicePassword, answerDeviceSrp, confirmOffered, signInOnDevice } from '../../support/software-device.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

/** Functions for all triggers except UserMigration and custom senders. So the tests also notice a trigger that should not be invoked. */
const all = {
  PreSignUp: agree,
  PostConfirmation: agree,
  PreAuthentication: agree,
  PostAuthentication: agree,
  PreTokenGeneration: agree,
  CustomMessage: agree,
  DefineAuthChallenge: agree,
  CreateAuthChallenge: agree,
  VerifyAuthChallengeResponse: agree,
}
const message = 'CustomMessage_Authentication'
const before = 'PreAuthentication_Authentication'
const after = 'PostAuthentication_Authentication'
const tokens = 'TokenGeneration_Authentication'
const metadata = { kind: 'test' }
const flows: UserPoolClientType['ExplicitAuthFlows'] = [
  'ALLOW_USER_PASSWORD_AUTH',
  'ALLOW_USER_SRP_AUTH',
  'ALLOW_ADMIN_USER_PASSWORD_AUTH',
  'ALLOW_REFRESH_TOKEN_AUTH',
  'ALLOW_USER_AUTH',
]

for (const engine of engines) {
  describe(`A sign-in on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    async function given(handlers = all, client: Partial<UserPoolClientType> = {}, pool = {}) {
      const triggers = endpoint.given(handlers)
      const ids = await givenPoolWith(server(), triggers, { pool, client: { ExplicitAuthFlows: flows, ...client } as never })
      const user = await givenUser(server(), ids.poolId, 'ana', {
        attributes: attributeList({ email: 'ana@example.test', email_verified: 'true' }),
      })
      assert.deepEqual(triggers.fired, ['PreSignUp_AdminCreateUser'])
      triggers.clear()
      return { ...ids, ...user, triggers }
    }

    it('sends each function Cognito’s event, key by key', async () => {
      const { poolId, clientId, sub, triggers } = await given()
      await initiate(server(), clientId, 'USER_PASSWORD_AUTH', { USERNAME: 'ana', PASSWORD: goodPassword }, metadata)
      const userAttributes = { sub, 'cognito:user_status': 'CONFIRMED', email: 'ana@example.test', email_verified: 'true' }
      const groupConfiguration = { groupsToOverride: [], iamRolesToOverride: [], preferredRole: null }
      assert.deepEqual(
        triggers.events.map(({ request, response }) => ({ request, response })),
        [
          { request: { userAttributes, validationData: metadata, userNotFound: false }, response: {} },
          { request: { userAttributes, newDeviceUsed: false }, response: {} },
          { request: { userAttributes, groupConfiguration }, response: { claimsOverrideDetails: null } },
        ],
      )
      for (const [index, triggerSource] of [before, after, tokens].entries()) {
        const event = triggers.events[index]
        assert.ok(event !== undefined)
        const { callerContext, ...envelope } = envelopeOf(event)
        assert.deepEqual(envelope, { version: '1', region: 'us-east-1', userPoolId: poolId, userName: 'ana', triggerSource })
        assert.equal(callerContext.clientId, clientId)
        assert.match(callerContext.awsSdkVersion, /^aws-sdk-js-3\.\d+\.\d+$/)
      }
    })

    it('passes functions `cognito:email_alias` for a verified e-mail address, but no phone alias for a user without a phone number', async () => {
      const alias = await given(all, {}, { AliasAttributes: ['email', 'phone_number'] })
      await signInByPassword(server(), alias.clientId, 'ana@example.test')
      const attributes = alias.triggers.events[0]?.request.userAttributes
      assert.equal(attributes['cognito:email_alias'], 'ana@example.test')
      assert.equal('cognito:phone_number_alias' in attributes, false)
      assert.equal(alias.triggers.events[0]?.userName, 'ana')
    })

    const table: { flow: string; fired: string[]; sign(at: Awaited<ReturnType<typeof given>>): Promise<unknown> }[] = [
      { flow: 'USER_PASSWORD_AUTH', fired: [before, after, tokens], sign: ({ clientId }) => signInByPassword(server(), clientId, 'ana') },
      {
        flow: 'ADMIN_USER_PASSWORD_AUTH',
        fired: [before, after, tokens],
        sign: (ids) => adminInitiate(server(), ids, 'ADMIN_USER_PASSWORD_AUTH', { USERNAME: 'ana', PASSWORD: goodPassword }),
      },
      {
        flow: 'USER_AUTH with a password',
        fired: [before, after, tokens],
        sign: ({ clientId }) =>
          initiate(server(), clientId, 'USER_AUTH', { USERNAME: 'ana', PREFERRED_CHALLENGE: 'PASSWORD', PASSWORD: goodPassword }),
      },
      {
        flow: 'USER_AUTH up to the choice of a factor',
        fired: [before],
        sign: ({ clientId }) => initiate(server(), clientId, 'USER_AUTH', { USERNAME: 'ana' }),
      },
      {
        flow: 'USER_PASSWORD_AUTH with a wrong password',
        fired: [before],
        sign: ({ clientId }) =>
          assert.rejects(signInByPassword(server(), clientId, 'ana', 'Wrong-horse-7'), { name: 'NotAuthorizedException' }),
      },
    ]
    for (const { flow, fired, sign } of table) {
      it(`invokes in ${flow}: ${fired.join(', ')}`, async () => {
        const at = await given()
        await sign(at)
        assert.deepEqual(at.triggers.fired, fired)
        assert.deepEqual(await sentTo(server(), at.poolId), [])
      })
    }

    it('names the calling program in its events, not the end user’s program that ContextData describes', async () => {
      const { poolId, clientId, triggers } = await given()
      const HttpHeaders = [{ headerName: 'User-Agent', headerValue: 'aws-sdk-evil/9.9' }]
      const ContextData = { IpAddress: '192.0.2.1', ServerName: 'shop', ServerPath: '/', HttpHeaders }
      const AuthParameters = { USERNAME: 'ana', PASSWORD: goodPassword }
      const request = { UserPoolId: poolId, ClientId: clientId, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH', AuthParameters, ContextData } as const
      await server().send(new AdminInitiateAuthCommand(request))
      for (const { callerContext } of triggers.events) assert.match(callerContext.awsSdkVersion, /^aws-sdk-js-3/)
    })

    it('invokes PreAuthentication once before SRP, and PostAuthentication with the metadata of the answer', async () => {
      const { poolId, clientId, triggers } = await given()
      const { a, challenge } = await startSrp(server(), clientId, 'ana')
      assert.deepEqual(triggers.fired, [before])
      assert.equal(triggers.events[0]?.request.validationData, null)
      const ChallengeResponses = srpResponses(poolId, goodPassword, a, challenge, srpTimestamp(server().clock.now()))
      await server().send(
        new AdminRespondToAuthChallengeCommand({
          UserPoolId: poolId,
          ClientId: clientId,
          ChallengeName: 'PASSWORD_VERIFIER',
          ChallengeResponses,
          ClientMetadata: metadata,
        }),
      )
      assert.deepEqual(triggers.fired, [before, after, tokens])
      for (const { request } of triggers.events.slice(1)) assert.deepEqual(request.clientMetadata, metadata)
    })

    it('names the source TokenGeneration_NewPasswordChallenge after a temporary password was replaced', async () => {
      const { poolId, clientId, triggers } = await given()
      await server().send(
        new AdminCreateUserCommand({ UserPoolId: poolId, Username: 'new', TemporaryPassword: goodPassword, MessageAction: 'SUPPRESS' }),
      )
      triggers.clear()
      const { Session } = await signInByPassword(server(), clientId, 'new')
      assert.equal(triggers.events[0]?.request.userAttributes['cognito:user_status'], 'FORCE_CHANGE_PASSWORD')
      await respond(server(), clientId, 'NEW_PASSWORD_REQUIRED', Session, { USERNAME: 'new', NEW_PASSWORD: 'Another-horse-8' })
      assert.deepEqual(triggers.fired, [before, after, 'TokenGeneration_NewPasswordChallenge'])
      assert.equal(triggers.events[1]?.request.userAttributes['cognito:user_status'], 'CONFIRMED')
    })

    it('reports a new device, and names the source TokenGeneration_AuthenticateDevice after the proof of a remembered device', async () => {
      const DeviceConfiguration = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false }
      const { clientId, triggers } = await given(all, {}, { DeviceConfiguration })
      const first = await signInByPassword(server(), clientId, 'ana')
      assert.equal(triggers.events[1]?.request.newDeviceUsed, true)
      const { device } = await confirmOffered(server(), first.AuthenticationResult ?? {})
      triggers.clear()
      const issued = await signInOnDevice(server(), clientId, 'ana', device.key)
      await answerDevicePassword(server(), clientId, await answerDeviceSrp(server(), clientId, issued, device), device)
      assert.deepEqual(triggers.fired, [before, after, 'TokenGeneration_AuthenticateDevice'])
      assert.equal(triggers.events[1]?.request.newDeviceUsed, false)
    })

    it('invokes only PreTokenGeneration for a refresh, and passes it the metadata of GetTokensFromRefreshToken only', async () => {
      const { clientId, triggers } = await given()
      const { AuthenticationResult } = await signInByPassword(server(), clientId, 'ana')
      const RefreshToken = AuthenticationResult?.RefreshToken ?? ''
      triggers.clear()
      await initiate(server(), clientId, 'REFRESH_TOKEN_AUTH', { REFRESH_TOKEN: RefreshToken }, metadata)
      await server().send(new GetTokensFromRefreshTokenCommand({ ClientId: clientId, RefreshToken, ClientMetadata: metadata }))
      assert.deepEqual(triggers.fired, ['TokenGeneration_RefreshTokens', 'TokenGeneration_RefreshTokens'])
      assert.deepEqual(
        triggers.events.map(({ request }) => request.clientMetadata),
        [undefined, metadata],
      )
    })

    it('invokes triggers for users who do not exist only where the client hides which users exist', async () => {
      const hiding = await given(all, { PreventUserExistenceErrors: 'ENABLED' })
      const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
      await assert.rejects(signInByPassword(server(), hiding.clientId, 'nobody'), wrong)
      assert.deepEqual(hiding.triggers.fired, [before])
      assert.equal(hiding.triggers.events[0]?.userName, 'nobody')
      assert.deepEqual(hiding.triggers.events[0]?.request, { userAttributes: {}, validationData: null, userNotFound: true })

      const open = await given(all, { PreventUserExistenceErrors: 'LEGACY' })
      await assert.rejects(signInByPassword(server(), open.clientId, 'nobody'), { name: 'UserNotFoundException' })
      await assert.rejects(startSrp(server(), open.clientId, 'nobody'), { name: 'UserNotFoundException' })
      assert.deepEqual(open.triggers.fired, [])
    })

    it('is rejected when PreAuthentication rejects it, whatever the password', async () => {
      const { clientId, triggers } = await given({ ...all, PreAuthentication: refuse })
      for (const password of [goodPassword, 'Wrong-horse-7']) {
        await assert.rejects(signInByPassword(server(), clientId, 'ana', password), refusedBy('PreAuthentication'))
      }
      await assert.rejects(startSrp(server(), clientId, 'ana'), refusedBy('PreAuthentication'))
      await assert.rejects(initiate(server(), clientId, 'USER_AUTH', { USERNAME: 'ana' }), refusedBy('PreAuthentication'))
      assert.deepEqual(triggers.fired, [before, before, before, before])
    })

    it('leaves its Session valid when PostAuthentication or PreTokenGeneration fails; a used Session invokes no trigger', async () => {
      let isOpen = false
      const moody = (event: Parameters<typeof agree>[0]) => (isOpen ? event : refuse())
      for (const trigger of ['PostAuthentication', 'PreTokenGeneration'] as const) {
        isOpen = true
        const { poolId, clientId, triggers } = await given({ ...all, [trigger]: moody })
        await setMfa(server(), poolId, 'OPTIONAL', ['totp'])
        const { a, challenge } = await startSrp(server(), clientId, 'ana')
        const responses = srpResponses(poolId, goodPassword, a, challenge, srpTimestamp(server().clock.now()))
        const answer = () => respond(server(), clientId, 'PASSWORD_VERIFIER', undefined, responses)
        isOpen = false
        await assert.rejects(answer(), refusedBy(trigger))
        isOpen = true
        assert.ok((await answer()).AuthenticationResult)
        triggers.clear()
        await assert.rejects(answer(), { name: 'NotAuthorizedException', message: /can only be used once/ })
        assert.deepEqual(triggers.fired, [])
      }
    })

    it('with a code as the first factor invokes triggers before the code is sent and after it is answered', async () => {
      const SignInPolicy = { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP'] }
      const { poolId, clientId, triggers } = await given(all, {}, { Policies: { SignInPolicy } })
      const issued = await initiate(server(), clientId, 'USER_AUTH', { USERNAME: 'ana', PREFERRED_CHALLENGE: 'EMAIL_OTP' }, metadata)
      assert.deepEqual(triggers.fired, [before, message])
      assert.equal(triggers.events[1]?.request.clientMetadata, undefined)
      const responses = { USERNAME: 'ana', EMAIL_OTP_CODE: await codeSentTo(server(), poolId, 'ana@example.test') }
      await respond(server(), clientId, 'EMAIL_OTP', issued.Session, responses)
      assert.deepEqual(triggers.fired, [before, message, after, tokens])
      assert.deepEqual(await sentTo(server(), poolId), ['mfa ana@example.test'])
    })

    it('invokes CustomMessage for the message of a second factor', async () => {
      const { poolId, clientId, triggers } = await given()
      await setMfa(server(), poolId, 'OPTIONAL', ['email'])
      await prefer(server(), poolId, 'ana', { EmailMfaSettings: { Enabled: true } })
      const { Session } = await signInByPassword(server(), clientId, 'ana')
      assert.deepEqual(triggers.fired, [before, message])
      const responses = { USERNAME: 'ana', EMAIL_OTP_CODE: await codeSentTo(server(), poolId, 'ana@example.test') }
      await respond(server(), clientId, 'EMAIL_OTP', Session, responses, metadata)
      assert.deepEqual(triggers.fired, [before, message, after, tokens])
      assert.deepEqual(triggers.events[2]?.request.clientMetadata, metadata)
    })

    it('passes the metadata of an answer to CustomMessage for the message that the answer causes', async () => {
      const SignInPolicy = { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP'] }
      const { poolId, clientId, triggers } = await given(all, {}, { Policies: { SignInPolicy } })
      const { Session } = await initiate(server(), clientId, 'USER_AUTH', { USERNAME: 'ana' })
      await respond(server(), clientId, 'SELECT_CHALLENGE', Session, { USERNAME: 'ana', ANSWER: 'EMAIL_OTP' }, metadata)
      await setMfa(server(), poolId, 'OPTIONAL', ['email'])
      await prefer(server(), poolId, 'ana', { EmailMfaSettings: { Enabled: true } })
      const { a, challenge } = await startSrp(server(), clientId, 'ana')
      await respond(
        server(),
        clientId,
        'PASSWORD_VERIFIER',
        undefined,
        srpResponses(poolId, goodPassword, a, challenge, srpTimestamp(server().clock.now())),
        metadata,
      )
      const messages = triggers.events.filter(({ triggerSource }) => triggerSource === message)
      assert.equal(messages.length, 2)
      for (const { request, callerContext } of messages) {
        assert.deepEqual(request.clientMetadata, metadata)
        assert.match(callerContext.awsSdkVersion, /^aws-sdk-js-\d/)
      }
    })

    it('invokes PostAuthentication after a second factor, not before it', async () => {
      const { poolId, clientId, triggers } = await given()
      await setMfa(server(), poolId, 'OPTIONAL', ['totp'])
      const app = await givenAppUser(server(), { poolId, clientId }, 'eva')
      triggers.clear()
      const { Session } = await signInByPassword(server(), clientId, 'eva')
      assert.deepEqual(triggers.fired, [before])
      await respond(server(), clientId, 'SOFTWARE_TOKEN_MFA', Session, { USERNAME: 'eva', SOFTWARE_TOKEN_MFA_CODE: app.code() })
      assert.deepEqual(triggers.fired, [before, after, tokens])
    })
  })
}
