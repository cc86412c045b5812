import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminDisableUserCommand, AdminResetUserPasswordCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { respond } from '../../support/mfa.ts'
import { attributeList, signUp } from '../../support/self-service.ts'
import { claimsOf, givenUser } from '../../support/sign-in.ts'
import {
  adminInitiate,
  agree,
  answerCustom,
  create,
  customClient,
  define,
  envelopeOf,
  givenPoolWith,
  initiate,
  refuse,
  refusedBy,
  result,
  riddles,
  say,
  startCustom,
  unrecognizable,
  verify,
} from '../../support/sign-in-triggers.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'
import { type Handler, openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

type Handlers = Parameters<Awaited<ReturnType<typeof openTriggerEndpoint>>['given']>[0]

const before = 'PreAuthentication_Authentication'
const after = 'PostAuthentication_Authentication'
const tokens = 'TokenGeneration_Authentication'
const failed = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
const respondWith =
  (response: unknown): Handler =>
  (event) => ({ ...event, response })

for (const engine of engines) {
  describe(`CUSTOM_AUTH on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    async function given(handlers: Handlers = riddles(), client: object = {}, pool: object = {}) {
      const triggers = endpoint.given(handlers)
      const ids = await givenPoolWith(server(), triggers, { pool, client: { ...customClient, ...client } })
      const user = await givenUser(server(), ids.poolId, 'ana', { attributes: attributeList({ email: 'ana@example.test' }) })
      return { ...ids, ...user, triggers }
    }

    it('issues the challenges of the functions, and sends each function Cognito’s event', async () => {
      const { clientId, sub, triggers } = await given({
        ...riddles(),
        PreAuthentication: agree,
        PostAuthentication: agree,
        PreTokenGeneration: agree,
      })
      const issued = await initiate(server(), clientId, 'CUSTOM_AUTH', { USERNAME: 'ana' }, { from: 'initiate' })
      assert.equal(issued.ChallengeName, 'CUSTOM_CHALLENGE')
      assert.deepEqual(issued.ChallengeParameters, { riddle: 'the colour of the sky', round: '1', USERNAME: 'ana' })
      const { AuthenticationResult } = await respond(
        server(),
        clientId,
        'CUSTOM_CHALLENGE',
        issued.Session,
        { USERNAME: 'ana', ANSWER: 'blue' },
        { from: 'answer' },
      )
      assert.equal(claimsOf(AuthenticationResult?.IdToken ?? '')['sub'], sub)

      const userAttributes = { sub, 'cognito:user_status': 'CONFIRMED', email: 'ana@example.test' }
      const clientMetadata = { from: 'answer' }
      const user = { userAttributes, userNotFound: false }
      const empty = { challengeName: null, issueTokens: null, failAuthentication: null }
      const session = [result('CUSTOM_CHALLENGE', true, 'RIDDLE-1')]
      const privateChallengeParameters = { answer: 'blue' }
      assert.deepEqual(
        triggers.events.map(({ triggerSource, request, response }) => [triggerSource, request, response]),
        [
          [before, { ...user, validationData: { from: 'initiate' } }, {}],
          [define, { ...user, session: [] }, empty],
          [
            create,
            { ...user, session: [], challengeName: 'CUSTOM_CHALLENGE' },
            { publicChallengeParameters: null, privateChallengeParameters: null, challengeMetadata: null },
          ],
          [verify, { ...user, privateChallengeParameters, challengeAnswer: 'blue', clientMetadata }, { answerCorrect: null }],
          [define, { ...user, session, clientMetadata }, empty],
          [after, { userAttributes, newDeviceUsed: false, clientMetadata }, {}],
          [
            tokens,
            { userAttributes, clientMetadata, groupConfiguration: { groupsToOverride: [], iamRolesToOverride: [], preferredRole: null } },
            { claimsOverrideDetails: null },
          ],
        ],
      )
      assert.deepEqual(await server().inbox('ana@example.test'), [])
    })

    it('issues another challenge after a wrong answer while the functions ask for one, and passes the result of each answer to the functions', async () => {
      const { clientId, triggers } = await given()
      let issued = await startCustom(server(), clientId, 'ana')
      for (const round of ['1', '2']) {
        assert.equal(issued.ChallengeParameters?.['round'], round)
        issued = await answerCustom(server(), clientId, issued, 'green')
      }
      const third = triggers.events.at(-1)?.request.session
      assert.deepEqual(third, [result('CUSTOM_CHALLENGE', false, 'RIDDLE-1'), result('CUSTOM_CHALLENGE', false, 'RIDDLE-2')])
      await assert.rejects(answerCustom(server(), clientId, issued, 'green'), failed)
      assert.deepEqual(triggers.fired, [define, create, verify, define, create, verify, define, create, verify, define])
    })

    it('invokes the same functions in the same order when an administrator starts the sign-in', async () => {
      const at = await given()
      const issued = await adminInitiate(server(), at, 'CUSTOM_AUTH', { USERNAME: 'ana' })
      assert.ok((await answerCustom(server(), at.clientId, issued, 'blue')).AuthenticationResult)
      assert.deepEqual(at.triggers.fired, [define, create, verify, define])
      for (const event of at.triggers.events) {
        const { callerContext, triggerSource, ...envelope } = envelopeOf(event)
        assert.deepEqual(envelope, { version: '1', region: 'us-east-1', userPoolId: at.poolId, userName: 'ana' })
        assert.equal(callerContext.clientId, at.clientId)
      }
    })

    it('issues tokens or fails without a challenge when the functions say so', async () => {
      const early = await given({ DefineAuthChallenge: (event) => say(event, { issueTokens: true }) })
      assert.ok((await startCustom(server(), early.clientId, 'ana')).AuthenticationResult)
      assert.deepEqual(early.triggers.fired, [define])
      const never = await given({ DefineAuthChallenge: (event) => say(event, { failAuthentication: true }) })
      await assert.rejects(startCustom(server(), never.clientId, 'ana'), failed)
      const both = await given({ DefineAuthChallenge: (event) => say(event, { failAuthentication: true, issueTokens: true }) })
      await assert.rejects(startCustom(server(), both.clientId, 'ana'), failed)
    })

    const base = { challengeName: null, issueTokens: false, failAuthentication: false }
    const wrong: { what: string; handlers: Handlers }[] = [
      { what: 'an answer without a decision', handlers: { DefineAuthChallenge: respondWith(base) } },
      { what: 'an unchanged answer, full of nulls', handlers: { DefineAuthChallenge: agree } },
      {
        what: 'an answer with two decisions',
        handlers: { DefineAuthChallenge: (event) => say(event, { issueTokens: true, challengeName: 'CUSTOM_CHALLENGE' }) },
      },
      { what: 'an unknown challenge', handlers: { DefineAuthChallenge: respondWith({ ...base, challengeName: 'RIDDLE' }) } },
      {
        what: 'a password challenge for a client that has not started SRP',
        handlers: { DefineAuthChallenge: respondWith({ ...base, challengeName: 'PASSWORD_VERIFIER' }) },
      },
      { what: 'issueTokens that is not a boolean', handlers: { DefineAuthChallenge: respondWith({ ...base, issueTokens: 'true' }) } },
      {
        what: 'parameters that are not text',
        handlers: { ...riddles(), CreateAuthChallenge: respondWith({ publicChallengeParameters: { a: 1 } }) },
      },
      {
        what: 'private parameters that are too long for a Session',
        handlers: { ...riddles(), CreateAuthChallenge: respondWith({ privateChallengeParameters: { a: 'x'.repeat(2000) } }) },
      },
    ]
    for (const { what, handlers } of wrong) {
      it(`rejects ${what}`, async () => {
        const { clientId } = await given(handlers)
        await assert.rejects(startCustom(server(), clientId, 'ana'), unrecognizable)
      })
    }

    it('accepts private parameters of a thousand characters', async () => {
      const privateChallengeParameters = { a: 'x'.repeat(1000) }
      const { clientId, triggers } = await given({ ...riddles(), CreateAuthChallenge: respondWith({ privateChallengeParameters }) })
      await answerCustom(server(), clientId, await startCustom(server(), clientId, 'ana'), 'blue')
      assert.deepEqual(triggers.events[2]?.request.privateChallengeParameters, privateChallengeParameters)
    })

    it('fails once the metadata of the functions is too long, and never sends a Session that is too long to be sent back', async () => {
      const { CreateAuthChallenge } = riddles()
      const wordy: Handler = (event) => {
        const created = CreateAuthChallenge(event)
        return { ...created, response: { ...created.response, challengeMetadata: 'x'.repeat(300) } }
      }
      const { clientId } = await given({ ...riddles(99), CreateAuthChallenge: wordy })
      let issued = await startCustom(server(), clientId, 'ana')
      for (const _round of [2, 3]) issued = await answerCustom(server(), clientId, issued, 'green')
      assert.ok((issued.Session?.length ?? 0) > 1500)
      await assert.rejects(answerCustom(server(), clientId, issued, 'green'), unrecognizable)
    })

    it('rejects an answerCorrect that is not a boolean, and returns the errors of the functions to the client', async () => {
      const odd = await given({ ...riddles(), VerifyAuthChallengeResponse: respondWith({ answerCorrect: null }) })
      const issued = await startCustom(server(), odd.clientId, 'ana')
      await assert.rejects(answerCustom(server(), odd.clientId, issued, 'blue'), unrecognizable)
      for (const trigger of ['DefineAuthChallenge', 'CreateAuthChallenge'] as const) {
        const { clientId } = await given({ ...riddles(), [trigger]: refuse })
        await assert.rejects(startCustom(server(), clientId, 'ana'), refusedBy(trigger))
      }
    })

    it('requires that the app client allows the flow and that the pool has all three functions', async () => {
      const noFlow = await given(riddles(), { ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'] })
      const message = 'CUSTOM_AUTH is not enabled for the client.'
      await assert.rejects(startCustom(server(), noFlow.clientId, 'ana'), { name: 'InvalidParameterException', message })
      const { DefineAuthChallenge, CreateAuthChallenge } = riddles()
      const notConfigured = {
        name: 'InvalidParameterException',
        message: 'Custom auth lambda trigger is not configured for the user pool.',
      }
      for (const handlers of [{}, { CreateAuthChallenge }, { DefineAuthChallenge }, { DefineAuthChallenge, CreateAuthChallenge }]) {
        const { clientId } = await given(handlers)
        await assert.rejects(startCustom(server(), clientId, 'ana'), notConfigured)
      }
    })

    it('rejects users who may not sign in, with the same errors as other flows', async () => {
      const { poolId, clientId } = await given(riddles(), { PreventUserExistenceErrors: 'LEGACY' })
      const start = (name: string) => startCustom(server(), clientId, name)
      await assert.rejects(start('nobody'), { name: 'UserNotFoundException' })
      await signUp(server(), clientId, 'new')
      await assert.rejects(start('new'), { name: 'UserNotConfirmedException' })
      await givenVerified(server(), poolId, 'reset')
      await server().send(new AdminResetUserPasswordCommand({ UserPoolId: poolId, Username: 'reset' }))
      await assert.rejects(start('reset'), { name: 'PasswordResetRequiredException' })
      const issued = await start('ana')
      await server().send(new AdminDisableUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      const disabled = { name: 'NotAuthorizedException', message: 'User is disabled.' }
      await assert.rejects(start('ana'), disabled)
      await assert.rejects(answerCustom(server(), clientId, issued, 'blue'), disabled)
    })
  })
}

function givenVerified(server: TestServer, poolId: string, name: string) {
  const attributes = attributeList({ email: `${name}@example.test`, email_verified: 'true' })
  return givenUser(server, poolId, name, { attributes })
}
