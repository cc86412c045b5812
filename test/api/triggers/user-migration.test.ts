import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminInitiateAuthCommand,
  ConfirmForgotPasswordCommand,
  ForgotPasswordCommand,
  type InitiateAuthCommandOutput,
  type PreventUserExistenceErrorTypes,
} from '@aws-sdk/client-cognito-identity-provider'
import { adminGet } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { respond, SmsConfiguration } from '../../support/mfa.ts'
import { codeSentTo, sentTo } from '../../support/self-service.ts'
import { givenTokens, signInByPassword, startSrp } from '../../support/sign-in.ts'
import { initiate, refuse, refusedBy } from '../../support/sign-in-triggers.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint, type TriggerEvent } from '../../support/trigger-endpoint.ts'
import { answering, givenPoolWithEvery } from '../../support/user-triggers.ts'

const email = 'ana@example.test'
const oldPassword = 'weak'
const metadata = { theme: 'dark' }
const before = 'PreAuthentication_Authentication'
const rest = ['PostAuthentication_Authentication', 'TokenGeneration_Authentication']
const migration = 'UserMigration_Authentication'
const known = { userAttributes: { email, email_verified: 'true' }, finalUserStatus: 'CONFIRMED', messageAction: 'SUPPRESS' }
const ExplicitAuthFlows = ['ALLOW_USER_AUTH' as const, 'ALLOW_USER_PASSWORD_AUTH' as const, 'ALLOW_USER_SRP_AUTH' as const]
const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
const unknown = { name: 'UserNotFoundException', message: 'User does not exist.' }

/** A UserMigration function that answers with `answer`. It fails when the event has a password other than `oldPassword`. */
const knowing =
  (answer: object = known) =>
  (event: TriggerEvent) =>
    event.request.password === undefined || event.request.password === oldPassword ? answering(answer)(event) : assert.fail('Bad password')

for (const engine of engines) {
  describe(`UserMigration on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    async function given(handler = knowing(), { pool = {}, existence = 'LEGACY' }: { pool?: object; existence?: string } = {}) {
      const client = {
        ExplicitAuthFlows: [...ExplicitAuthFlows, 'ALLOW_ADMIN_USER_PASSWORD_AUTH' as const],
        PreventUserExistenceErrors: existence as PreventUserExistenceErrorTypes,
      }
      const settings = { AutoVerifiedAttributes: ['email' as const], ...pool }
      return givenPoolWithEvery(server(), endpoint, { UserMigration: handler }, { pool: settings, client })
    }
    type Given = Awaited<ReturnType<typeof given>>

    const plain = { USERNAME: 'ana', PASSWORD: oldPassword }
    const byAdministrator =
      (AuthFlow: 'ADMIN_USER_PASSWORD_AUTH' | 'ADMIN_NO_SRP_AUTH') =>
      ({ poolId, clientId }: Given) =>
        server().send(
          new AdminInitiateAuthCommand({
            UserPoolId: poolId,
            ClientId: clientId,
            AuthFlow,
            AuthParameters: plain,
            ClientMetadata: metadata,
          }),
        )

    const flows: { flow: string; sign(at: Given): Promise<InitiateAuthCommandOutput> }[] = [
      { flow: 'USER_PASSWORD_AUTH', sign: ({ clientId }) => initiate(server(), clientId, 'USER_PASSWORD_AUTH', plain, metadata) },
      {
        flow: 'USER_AUTH with PASSWORD',
        sign: ({ clientId }) => initiate(server(), clientId, 'USER_AUTH', { ...plain, PREFERRED_CHALLENGE: 'PASSWORD' }, metadata),
      },
      { flow: 'ADMIN_USER_PASSWORD_AUTH', sign: byAdministrator('ADMIN_USER_PASSWORD_AUTH') },
      { flow: 'ADMIN_NO_SRP_AUTH', sign: byAdministrator('ADMIN_NO_SRP_AUTH') },
    ]
    for (const { flow, sign } of flows) {
      it(`migrates a user who signs in by ${flow}, and the sign-in continues`, async () => {
        const ids = await given()
        const { AuthenticationResult } = await sign(ids)
        assert.ok(AuthenticationResult?.AccessToken)
        assert.deepEqual(ids.triggers.fired, [migration, before, ...rest])
        const [event, admission] = ids.triggers.events
        assert.deepEqual(event, {
          version: '1',
          region: 'us-east-1',
          userPoolId: ids.poolId,
          userName: 'ana',
          callerContext: { awsSdkVersion: event?.callerContext.awsSdkVersion, clientId: ids.clientId },
          triggerSource: migration,
          request: { password: oldPassword, validationData: metadata, userAttributes: null },
          response: {
            userAttributes: null,
            finalUserStatus: null,
            messageAction: null,
            desiredDeliveryMediums: null,
            forceAliasCreation: false,
            enableSMSMFA: false,
          },
        })
        const { UserStatus, attributes } = await adminGet(server(), ids.poolId, 'ana')
        assert.equal(UserStatus, 'CONFIRMED')
        assert.equal(attributes['email_verified'], 'true')
        assert.equal(admission?.request.userNotFound, false)
        assert.equal(admission?.request.userAttributes.sub, attributes['sub'])
        assert.deepEqual(await sentTo(server(), ids.poolId), [])
      })
    }

    it('stores the password as it was typed, whatever the password policy; is not invoked for the user again', async () => {
      const { clientId, triggers } = await given()
      await signInByPassword(server(), clientId, 'ana', oldPassword)
      triggers.clear()
      await givenTokens(server(), clientId, 'ana', oldPassword)
      await assert.rejects(signInByPassword(server(), clientId, 'ana', 'Wrong-horse-7'), wrong)
      assert.deepEqual(triggers.fired, [before, ...rest, before])
    })

    it('migrates a user in a choice-based sign-in with a password', async () => {
      const { poolId, clientId, triggers } = await given(knowing(), { existence: 'ENABLED' })
      const issued = await initiate(server(), clientId, 'USER_AUTH', { USERNAME: 'ana', PREFERRED_CHALLENGE: 'PASSWORD' })
      assert.equal(issued.ChallengeName, 'PASSWORD')
      const answer = await respond(server(), clientId, 'PASSWORD', issued.Session, plain)
      assert.ok(answer.AuthenticationResult?.AccessToken)
      assert.deepEqual(triggers.fired, [before, migration, ...rest])
      assert.equal((await adminGet(server(), poolId, 'ana')).UserStatus, 'CONFIRMED')
    })

    it('is not invoked in flows without a password', async () => {
      const { clientId, triggers } = await given()
      await assert.rejects(startSrp(server(), clientId, 'ana'), unknown)
      await assert.rejects(initiate(server(), clientId, 'USER_AUTH', { USERNAME: 'ana' }), unknown)
      await assert.rejects(initiate(server(), clientId, 'USER_AUTH', { USERNAME: 'ana', PREFERRED_CHALLENGE: 'PASSWORD_SRP' }), unknown)
      assert.deepEqual(triggers.fired, [])
    })

    it('makes the user reset the password when it returns no finalUserStatus; the user gets an invitation', async () => {
      const { poolId, clientId, triggers } = await given(knowing({ userAttributes: known.userAttributes }))
      const mustReset = { name: 'PasswordResetRequiredException' }
      await assert.rejects(signInByPassword(server(), clientId, 'ana', oldPassword), mustReset)
      assert.deepEqual(triggers.fired, [migration, 'CustomMessage_AdminCreateUser', before])
      assert.equal((await adminGet(server(), poolId, 'ana')).UserStatus, 'RESET_REQUIRED')
      const [message] = await server().inbox(email)
      assert.equal(message?.userPoolId, poolId)
      assert.equal(message?.code, null)
      assert.doesNotMatch(message?.text ?? '', new RegExp(oldPassword))
    })

    const mediums: { desired: string[] | null; sent: string[] }[] = [
      { desired: null, sent: ['invitation +15550001234'] },
      { desired: ['SMS'], sent: ['invitation +15550001234'] },
      { desired: ['EMAIL'], sent: [`invitation ${email}`] },
      { desired: ['EMAIL', 'SMS'], sent: ['invitation +15550001234', `invitation ${email}`] },
    ]
    for (const { desired, sent } of mediums) {
      it(`sends the invitation by ${desired?.join(' and ') ?? 'SMS by default'}`, async () => {
        const userAttributes = { ...known.userAttributes, phone_number: '+15550001234' }
        const ids = await given(knowing({ userAttributes, finalUserStatus: 'CONFIRMED', desiredDeliveryMediums: desired }))
        await givenTokens(server(), ids.clientId, 'ana', oldPassword)
        assert.deepEqual((await sentTo(server(), ids.poolId)).sort(), sent)
      })
    }

    it('stores the username of the response for a user who typed an alias', async () => {
      const pool = { AliasAttributes: ['email'] }
      const userAttributes = { ...known.userAttributes, username: 'ana' }
      const { poolId, clientId } = await given(knowing({ ...known, userAttributes }), { pool })
      await givenTokens(server(), clientId, email, oldPassword)
      assert.equal((await adminGet(server(), poolId, email)).Username, 'ana')
    })

    it('enables SMS as the second factor when the response says so', async () => {
      const userAttributes = { ...known.userAttributes, phone_number: '+15550001234' }
      const pool = { SmsConfiguration, MfaConfiguration: 'OPTIONAL' }
      const { clientId } = await given(knowing({ ...known, userAttributes, enableSMSMFA: true }), { pool })
      assert.equal((await signInByPassword(server(), clientId, 'ana', oldPassword)).ChallengeName, 'SMS_MFA')
    })

    it('migrates a user who forgot the password, and sends the code in the same call', async () => {
      const { poolId, clientId, triggers } = await given()
      const request = { ClientId: clientId, Username: 'ana', ClientMetadata: metadata }
      await server().send(new ForgotPasswordCommand(request))
      assert.deepEqual(triggers.fired, ['UserMigration_ForgotPassword', 'CustomMessage_ForgotPassword'])
      assert.deepEqual(triggers.events[0]?.request, { validationData: null, userAttributes: null, clientMetadata: metadata })
      assert.equal((await adminGet(server(), poolId, 'ana')).UserStatus, 'RESET_REQUIRED')
      assert.deepEqual(await sentTo(server(), poolId), [`forgot-password ${email}`])
      const ConfirmationCode = await codeSentTo(server(), poolId, email)
      const Password = 'Another-horse-7'
      await server().send(new ConfirmForgotPasswordCommand({ ClientId: clientId, Username: 'ana', ConfirmationCode, Password }))
      await givenTokens(server(), clientId, 'ana', Password)
    })

    const failures = [
      { name: 'throws', handler: refuse, legacy: refusedBy('UserMigration') },
      { name: 'knows no such user', handler: answering({}), legacy: unknown },
      { name: 'returns no attributes', handler: answering({ ...known, userAttributes: {} }), legacy: unknown },
      { name: 'returns nothing', handler: () => undefined, legacy: { name: 'InvalidLambdaResponseException' } },
      {
        name: 'returns an unknown attribute',
        handler: answering({ ...known, userAttributes: { shoe: '42' } }),
        legacy: { name: 'InvalidLambdaResponseException' },
      },
      {
        name: 'enables SMS MFA for a user without a phone number',
        handler: answering({ ...known, enableSMSMFA: true }),
        legacy: { name: 'InvalidLambdaResponseException', message: 'Unrecognizable lambda output' },
      },
      {
        name: 'leaves out a required attribute',
        handler: answering({ ...known, userAttributes: { name: 'Ana' } }),
        pool: { Schema: [{ Name: 'email', Required: true }] },
        legacy: { name: 'InvalidLambdaResponseException' },
      },
    ]
    for (const { name, handler, legacy, pool } of failures) {
      for (const existence of ['LEGACY', 'ENABLED']) {
        it(`leads to the documented error when it ${name}, with PreventUserExistenceErrors ${existence}`, async () => {
          const { poolId, clientId, triggers } = await given(handler as never, { existence, ...(pool && { pool }) })
          const isHidden = existence === 'ENABLED'
          await assert.rejects(signInByPassword(server(), clientId, 'ana', oldPassword), isHidden ? wrong : legacy)
          assert.deepEqual(triggers.fired, isHidden ? [migration, before] : [migration])
          await assert.rejects(adminGet(server(), poolId, 'ana'), { name: 'UserNotFoundException' })
          const forgot = server().send(new ForgotPasswordCommand({ ClientId: clientId, Username: 'ana' }))
          if (isHidden) await forgot
          else await assert.rejects(forgot, { name: legacy.name })
          assert.deepEqual(await sentTo(server(), poolId), [])
        })
      }
    }
  })
}
