import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminDeleteUserCommand,
  AdminSetUserPasswordCommand,
  type ChallengeNameType,
  CreateUserPoolClientCommand,
  ForgotPasswordCommand,
  type InitiateAuthCommandOutput,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { givenAppUser, respond, setMfa } from '../../support/mfa.ts'
import { rawCall } from '../../support/raw-call.ts'
import { attributeList, signUp } from '../../support/self-service.ts'
import { givenUser, goodPassword, signInByPassword } from '../../support/sign-in.ts'
import {
  answerCustom,
  create,
  customClient,
  define,
  givenPoolWith,
  refuse,
  refusedBy,
  riddles,
  say,
  startCustom,
  verify,
} from '../../support/sign-in-triggers.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint, type TriggerEvent } from '../../support/trigger-endpoint.ts'

type Handlers = Parameters<Awaited<ReturnType<typeof openTriggerEndpoint>>['given']>[0]

const failed = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
const invalid = { name: 'NotAuthorizedException', message: 'Invalid session for the user.' }
const used = { name: 'NotAuthorizedException', message: 'Invalid session for the user, session can only be used once.' }
const expired = { name: 'NotAuthorizedException', message: 'Invalid session for the user, session is expired.' }
const hiding = { PreventUserExistenceErrors: 'ENABLED' } as const

/** Trigger functions that accept any answer to a custom challenge, and issue tokens after the first answer. */
const careless: Handlers = {
  ...riddles(),
  DefineAuthChallenge: (event: TriggerEvent) =>
    say(event, event.request.session.length === 0 ? { challengeName: 'CUSTOM_CHALLENGE' } : { issueTokens: true }),
  VerifyAuthChallengeResponse: (event: TriggerEvent) => ({ ...event, response: { answerCorrect: true } }),
}

for (const engine of engines) {
  describe(`CUSTOM_AUTH under attack on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    async function given(handlers: Handlers = riddles(), client: object = {}, pool: object = {}) {
      const triggers = endpoint.given(handlers)
      const ids = await givenPoolWith(server(), triggers, { pool, client: { ...customClient, ...client } })
      for (const name of ['ana', 'ben']) await givenUser(server(), ids.poolId, name)
      return { ...ids, triggers }
    }

    const answerAs = (clientId: string, { Session }: InitiateAuthCommandOutput, USERNAME: string, ANSWER = 'blue') =>
      respond(server(), clientId, 'CUSTOM_CHALLENGE', Session, { USERNAME, ANSWER })

    it('accepts a Session only for the user and the app client that it was issued to', async () => {
      const { poolId, clientId, triggers } = await given()
      const { UserPoolClient } = await server().send(
        new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'other', ...customClient }),
      )
      const issued = await startCustom(server(), clientId, 'ana')
      triggers.clear()
      for (const name of ['ben', 'nobody', 'ANA ']) await assert.rejects(answerAs(clientId, issued, name), invalid)
      await assert.rejects(answerAs(UserPoolClient?.ClientId ?? '', issued, 'ana'), invalid)
      assert.deepEqual(triggers.fired, [])
      assert.ok((await answerAs(clientId, issued, 'ana')).AuthenticationResult)
    })

    it('rejects an answer in the name of another user after the first round', async () => {
      const { clientId } = await given()
      const second = await answerAs(clientId, await startCustom(server(), clientId, 'ana'), 'ana', 'green')
      await assert.rejects(answerAs(clientId, second, 'ben'), invalid)
    })

    it('accepts one answer for each Session, right or wrong', async () => {
      const { clientId, triggers } = await given(riddles(1))
      const issued = await startCustom(server(), clientId, 'ana')
      await assert.rejects(answerAs(clientId, issued, 'ana', 'green'), failed)
      await assert.rejects(answerAs(clientId, issued, 'ana', 'blue'), used)
      const right = await startCustom(server(), clientId, 'ana')
      assert.ok((await answerAs(clientId, right, 'ana')).AuthenticationResult)
      triggers.clear()
      await assert.rejects(answerAs(clientId, right, 'ana'), used)
      assert.deepEqual(triggers.fired, [])
    })

    it('verifies only one of many guesses that are sent simultaneously with one Session', async () => {
      const { clientId, triggers } = await given(riddles(1))
      const issued = await startCustom(server(), clientId, 'ana')
      triggers.clear()
      const guesses = ['red', 'green', 'black', 'white', 'blue', 'grey'].map((guess) => answerAs(clientId, issued, 'ana', guess))
      await Promise.allSettled(guesses)
      assert.equal(triggers.fired.filter((source) => source === verify).length, 1)
    })

    it('accepts no second answer with a Session after a function failed at the first answer', async () => {
      for (const trigger of ['VerifyAuthChallengeResponse', 'DefineAuthChallenge'] as const) {
        let isBroken = false
        const handlers: Handlers = riddles()
        const handler = handlers[trigger]
        const { clientId, triggers } = await given({
          ...handlers,
          [trigger]: (event: TriggerEvent) => (isBroken ? refuse() : handler?.(event)),
        })
        const issued = await startCustom(server(), clientId, 'ana')
        isBroken = true
        await assert.rejects(answerAs(clientId, issued, 'ana', 'green'), refusedBy(trigger))
        isBroken = false
        triggers.clear()
        await assert.rejects(answerAs(clientId, issued, 'ana', 'blue'), used)
        assert.deepEqual(triggers.fired, [])
      }
    })

    it('lets each challenge live for one whole Session lifetime, and rejects answers after that', async () => {
      const { clientId } = await given(riddles(), { AuthSessionValidity: 3 })
      const first = await startCustom(server(), clientId, 'ana')
      server().clock.advance(2 * 60_000)
      const second = await answerCustom(server(), clientId, first, 'green')
      server().clock.advance(2 * 60_000)
      const third = await answerCustom(server(), clientId, second, 'green')
      server().clock.advance(3 * 60_000)
      await assert.rejects(answerCustom(server(), clientId, third, 'blue'), expired)
    })

    it('rejects an answer to one challenge that brings the Session of another challenge', async () => {
      const { poolId, clientId } = await given()
      await setMfa(server(), poolId, 'OPTIONAL', ['totp'])
      const app = await givenAppUser(server(), { poolId, clientId }, 'eva')
      const { Session } = await startCustom(server(), clientId, 'eva')
      const answers: [ChallengeNameType, Record<string, string>][] = [
        ['SOFTWARE_TOKEN_MFA', { SOFTWARE_TOKEN_MFA_CODE: app.code() }],
        ['NEW_PASSWORD_REQUIRED', { NEW_PASSWORD: 'Another-horse-8' }],
        ['SELECT_CHALLENGE', { ANSWER: 'PASSWORD', PASSWORD: goodPassword }],
        ['MFA_SETUP', {}],
      ]
      for (const [challenge, more] of answers) {
        await assert.rejects(respond(server(), clientId, challenge, Session, { USERNAME: 'eva', ...more }), invalid)
      }
      const mfa = await signInByPassword(server(), clientId, 'eva')
      await assert.rejects(answerAs(clientId, mfa, 'eva'), invalid)
    })

    it('does not show the private parameters or the metadata of a challenge to the client', async () => {
      const secret = 'only-the-function-knows'
      const { clientId } = await given({
        ...riddles(),
        CreateAuthChallenge: (event: TriggerEvent) => ({
          ...event,
          response: { privateChallengeParameters: { secret }, challengeMetadata: secret },
        }),
      })
      const { $metadata, ...issued } = await startCustom(server(), clientId, 'ana')
      const decoded = Buffer.from(issued.Session ?? '', 'base64url').toString('latin1')
      for (const text of [JSON.stringify(issued), decoded]) assert.equal(text.includes(secret), false)
    })

    it('does not let a function replace the USERNAME that the client has to send', async () => {
      const { clientId } = await given({
        ...riddles(),
        CreateAuthChallenge: (event: TriggerEvent) => ({ ...event, response: { publicChallengeParameters: { USERNAME: 'ben' } } }),
      })
      assert.deepEqual((await startCustom(server(), clientId, 'ana')).ChallengeParameters, { USERNAME: 'ana' })
    })

    it('leaves no answer or metadata of a challenge in the records of invocations', async () => {
      const { poolId, clientId } = await given({
        ...riddles(),
        CreateAuthChallenge: (event: TriggerEvent) => ({
          ...event,
          response: { privateChallengeParameters: { answer: 'blue-7' }, challengeMetadata: 'CODE-blue-7' },
        }),
      })
      const issued = await startCustom(server(), clientId, 'ana')
      await answerCustom(server(), clientId, await answerCustom(server(), clientId, issued, 'green-8'), 'blue-7')
      const { status, text, body } = await rawCall(server(), 'LifeguardService.ListTriggerInvocations', { UserPoolId: poolId })
      assert.deepEqual([status, (body['Invocations'] as unknown[]).length], [200, 7])
      for (const secret of ['blue-7', 'green-8']) assert.equal(text.includes(secret), false)
    })

    it('does not sign a user in when a function fails, even if the policy of the trigger is CONTINUE', async () => {
      for (const trigger of ['DefineAuthChallenge', 'CreateAuthChallenge', 'VerifyAuthChallengeResponse'] as const) {
        let isBroken = trigger !== 'VerifyAuthChallengeResponse'
        const handler = (riddles(1) as Handlers)[trigger]
        const moody = (event: TriggerEvent) => (isBroken ? refuse() : handler?.(event))
        const { poolId, clientId } = await given({ ...riddles(1), [trigger]: moody })
        const Triggers = { [trigger]: { OnError: 'CONTINUE' } }
        const set = await rawCall(server(), 'LifeguardService.SetUserPoolExtensions', { UserPoolId: poolId, Triggers })
        assert.equal(set.status, 200)
        if (isBroken) await assert.rejects(startCustom(server(), clientId, 'ana'), failed)
        else {
          const issued = await startCustom(server(), clientId, 'ana')
          isBroken = true
          await assert.rejects(answerCustom(server(), clientId, issued, 'blue'), failed)
        }
      }
    })

    it('rejects an answer when the password was changed after the sign-in began', async () => {
      const { poolId, clientId } = await given(careless)
      const issued = await startCustom(server(), clientId, 'ana')
      await server().send(
        new AdminSetUserPasswordCommand({ UserPoolId: poolId, Username: 'ana', Password: 'Another-horse-8', Permanent: true }),
      )
      await assert.rejects(answerAs(clientId, issued, 'ana'), invalid)
    })

    it('does not sign in a user who does not exist, whatever the functions return', async () => {
      const { poolId, clientId, triggers } = await given(careless, hiding)
      const issued = await startCustom(server(), clientId, 'nobody')
      await assert.rejects(answerCustom(server(), clientId, issued, 'any'), failed)
      assert.deepEqual(triggers.fired, [define, create, verify, define])
      for (const { userName, request } of triggers.events) {
        assert.equal(userName, 'nobody')
        assert.deepEqual([request.userAttributes, request.userNotFound], [{}, true])
      }
      const gone = await startCustom(server(), clientId, 'ben')
      await server().send(new AdminDeleteUserCommand({ UserPoolId: poolId, Username: 'ben' }))
      await assert.rejects(answerAs(clientId, gone, 'ben'), { name: 'NotAuthorizedException' })
      const at = await given({ DefineAuthChallenge: (event: TriggerEvent) => say(event, { issueTokens: true }) }, hiding)
      await assert.rejects(startCustom(server(), at.clientId, 'nobody'), failed)
    })

    it('rejects an unconfirmed user only after the challenge if the client hides which users exist', async () => {
      const { clientId } = await given(riddles(), hiding)
      await signUp(server(), clientId, 'new')
      const wrong = await answerCustom(server(), clientId, await startCustom(server(), clientId, 'new'), 'green')
      assert.equal(wrong.ChallengeName, 'CUSTOM_CHALLENGE')
      await assert.rejects(answerCustom(server(), clientId, wrong, 'blue'), { name: 'UserNotConfirmedException' })
    })

    it('rejects a user who must reset the password; if the client hides which users exist, only after the challenge', async () => {
      const reset = { name: 'PasswordResetRequiredException' }
      const userAttributes = { email: 'eva@example.test', email_verified: 'true' }
      const UserMigration = (event: TriggerEvent) => ({ ...event, response: { userAttributes, messageAction: 'SUPPRESS' } })
      for (const existence of ['ENABLED', 'LEGACY']) {
        const { clientId } = await given({ ...careless, UserMigration }, { PreventUserExistenceErrors: existence })
        await server().send(new ForgotPasswordCommand({ ClientId: clientId, Username: 'eva' }))
        const issued = startCustom(server(), clientId, 'eva')
        if (existence === 'LEGACY') await assert.rejects(issued, reset)
        else await assert.rejects(answerCustom(server(), clientId, await issued, 'any'), reset)
      }
    })

    for (const [pools, pool, names] of [
      ['with usernames', {}, ['eva', 'eve']],
      ['with e-mail addresses as usernames', { UsernameAttributes: ['email'] }, ['eva@example.test', 'eve@example.test']],
      ['with auth events', { UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' }, UserPoolTier: 'PLUS' }, ['eva', 'eve']],
    ] as const) {
      it(`gives equal answers for users who exist and users who do not, in pools ${pools}`, async () => {
        const [user, stranger] = names
        const triggers = endpoint.given(riddles())
        const { poolId, clientId } = await givenPoolWith(server(), triggers, {
          pool: pool as object,
          client: { ...customClient, ...hiding },
        })
        const attributes = attributeList({ email: 'eva@example.test' })
        await givenUser(server(), poolId, user, { attributes })
        const seen = []
        for (const name of [user, stranger]) {
          const first = await startCustom(server(), clientId, name)
          const second = await answerCustom(server(), clientId, first, 'green')
          seen.push(
            [first, second].map(({ Session = '', ChallengeParameters: { USERNAME = '', ...rest } = {} }) => [
              Session.length,
              USERNAME.length,
              rest,
            ]),
          )
        }
        assert.deepEqual(seen[0], seen[1])
      })
    }
  })
}
