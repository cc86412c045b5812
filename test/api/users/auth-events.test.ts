import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminInitiateAuthCommand,
  AdminListUserAuthEventsCommand,
  AssociateSoftwareTokenCommand,
  ChangePasswordCommand,
  ConfirmForgotPasswordCommand,
  ForgotPasswordCommand,
  UpdateUserPoolCommand,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { eventsOf } from '../../support/auth-events.ts'
import { engines } from '../../support/engines.ts'
import { appOf, challengeAfterPassword, givenAppUser, givenMfaPool, respond, startTimeStep } from '../../support/mfa.ts'
import { codeSentTo, givenSignedInUser } from '../../support/self-service.ts'
import {
  answerSrp,
  claimsOf,
  givenTokens,
  givenUser,
  goodPassword,
  signInByPassword,
  srpResponses,
  srpTimestamp,
  startSrp,
} from '../../support/sign-in.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

const withThreatProtection = { pool: { UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' } } } as const
const wrong = { name: 'NotAuthorizedException' }
const passed = (...names: readonly string[]) => names.map((ChallengeName) => ({ ChallengeName, ChallengeResponse: 'Success' }))
const failed = (ChallengeName: string) => ({ ChallengeName, ChallengeResponse: 'Failure' })

/** The type, result and answered challenges of each event, newest first. */
async function summarizeHistory(server: TestServer, poolId: string, username: string) {
  const events = await eventsOf(server, poolId, username)
  return events.map(({ EventType, EventResponse, ChallengeResponses }) => [EventType, EventResponse, ChallengeResponses])
}

for (const engine of engines) {
  describe(`The auth events of a user on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('show a sign-in under the event_id of its tokens, with its address and device', async () => {
      const { poolId, clientId } = await server().givenPool(withThreatProtection)
      await givenUser(server(), poolId, 'ana')
      const before = server().clock.now()
      const { accessToken } = await givenTokens(server(), clientId, 'ana')
      const [event, ...others] = await eventsOf(server(), poolId, 'ana')
      assert.equal(others.length, 0)
      const { CreationDate, EventContextData, ...rest } = event ?? {}
      assert.deepEqual(rest, {
        EventId: claimsOf(accessToken)['event_id'],
        EventType: 'SignIn',
        EventResponse: 'Pass',
        EventRisk: { RiskDecision: 'NoRisk', CompromisedCredentialsDetected: false },
        ChallengeResponses: passed('Password'),
      })
      assert.ok((CreationDate?.getTime() ?? 0) >= before - 1000)
      assert.match(EventContextData?.IpAddress ?? '', /^(::ffff:)?127\.0\.0\.1$|^::1$/)
      assert.match(EventContextData?.DeviceName ?? '', /AWS SDK/)
    })

    it('show each wrong password of the user, sent directly or used in SRP, but nothing that other users did', async () => {
      const ids = await server().givenPool(withThreatProtection)
      const { poolId, clientId } = ids
      await givenUser(server(), poolId, 'ana')
      await givenUser(server(), poolId, 'bob')
      await assert.rejects(signInByPassword(server(), clientId, 'ana', 'Wrong-horse-7'), wrong)
      const { a, challenge } = await startSrp(server(), clientId, 'ana')
      assert.equal((await eventsOf(server(), poolId, 'ana')).length, 1)
      await assert.rejects(
        answerSrp(server(), clientId, srpResponses(poolId, 'Wrong-horse-7', a, challenge, srpTimestamp(server().clock.now()))),
        wrong,
      )
      await assert.rejects(signInByPassword(server(), clientId, 'nobody'))
      const again = await startSrp(server(), clientId, 'ana')
      await answerSrp(server(), clientId, srpResponses(poolId, goodPassword, again.a, again.challenge, srpTimestamp(server().clock.now())))
      const attempt = ['SignIn', 'Fail', [failed('Password')]]
      assert.deepEqual(await summarizeHistory(server(), poolId, 'ana'), [['SignIn', 'Pass', passed('Password')], attempt, attempt])
      assert.deepEqual(await eventsOf(server(), poolId, 'bob'), [])
    })

    it('show a late SRP proof to the user whose challenge it answers, but not to another user that the request names', async () => {
      const { poolId, clientId } = await server().givenPool(withThreatProtection)
      await givenUser(server(), poolId, 'ana')
      await givenUser(server(), poolId, 'eve')
      const late = srpTimestamp(server().clock.now() - 3_600_000)
      const { a, challenge } = await startSrp(server(), clientId, 'eve')
      const eveResponses = srpResponses(poolId, goodPassword, a, challenge, late)
      await assert.rejects(answerSrp(server(), clientId, { ...eveResponses, USERNAME: 'ana' }), wrong)
      const forgedBlock = Buffer.alloc(64).toString('base64')
      await assert.rejects(
        answerSrp(server(), clientId, { ...eveResponses, USERNAME: 'ana', PASSWORD_CLAIM_SECRET_BLOCK: forgedBlock }),
        wrong,
      )
      assert.deepEqual(await eventsOf(server(), poolId, 'ana'), [])
      await assert.rejects(answerSrp(server(), clientId, eveResponses), wrong)
      assert.equal((await eventsOf(server(), poolId, 'eve')).length, 1)
    })

    it('show the steps of one sign-in as one event', async () => {
      const ids = await givenMfaPool(server(), 'OPTIONAL', ['totp'], withThreatProtection)
      const { poolId, clientId } = ids
      const app = await givenAppUser(server(), ids, 'ana')
      const start = (await eventsOf(server(), poolId, 'ana')).length
      const newEvents = async () => (await summarizeHistory(server(), poolId, 'ana')).slice(0, -start)
      startTimeStep(server())
      const { session } = await challengeAfterPassword(server(), clientId, 'ana')
      assert.deepEqual(await newEvents(), [['SignIn', 'InProgress', passed('Password')]])
      const answer = (code: string) =>
        respond(server(), clientId, 'SOFTWARE_TOKEN_MFA', session, { USERNAME: 'ana', SOFTWARE_TOKEN_MFA_CODE: code })
      await assert.rejects(answer(app.code() === '000000' ? '000001' : '000000'), { name: 'CodeMismatchException' })
      assert.deepEqual(await newEvents(), [['SignIn', 'Fail', [...passed('Password'), failed('Mfa')]]])
      const { AuthenticationResult: tokens } = await answer(app.code())
      assert.deepEqual(await newEvents(), [['SignIn', 'Pass', passed('Password', 'Mfa')]])
      const [event] = await eventsOf(server(), poolId, 'ana')
      assert.equal(event?.EventId, claimsOf(tokens?.AccessToken ?? '')['event_id'])
    })

    it('show a sign-in with a new password and the set-up of an app as one event', async () => {
      const { poolId, clientId } = await givenMfaPool(server(), 'ON', ['totp'], withThreatProtection)
      const create = { UserPoolId: poolId, Username: 'eva', TemporaryPassword: goodPassword, MessageAction: 'SUPPRESS' } as const
      await server().send(new AdminCreateUserCommand(create))
      const first = await signInByPassword(server(), clientId, 'eva')
      const second = await respond(server(), clientId, 'NEW_PASSWORD_REQUIRED', first.Session, {
        USERNAME: 'eva',
        NEW_PASSWORD: 'Another-horse-8',
      })
      assert.equal(second.ChallengeName, 'MFA_SETUP')
      assert.deepEqual(await summarizeHistory(server(), poolId, 'eva'), [['SignIn', 'InProgress', passed('Password')]])
      const associated = await server().send(new AssociateSoftwareTokenCommand({ Session: second.Session }))
      const code = appOf(server(), associated.SecretCode ?? '').code()
      const verified = await server().send(new VerifySoftwareTokenCommand({ Session: associated.Session, UserCode: code }))
      await respond(server(), clientId, 'MFA_SETUP', verified.Session, { USERNAME: 'eva' })
      assert.deepEqual(await summarizeHistory(server(), poolId, 'eva'), [['SignIn', 'Pass', passed('Password')]])
    })

    it('show the sign-up, a password change and a recovery', async () => {
      const AutoVerifiedAttributes = ['email' as const]
      const ids = await server().givenPool({ pool: { ...withThreatProtection.pool, AutoVerifiedAttributes } })
      const { poolId, clientId } = ids
      const { accessToken } = await givenSignedInUser(server(), ids, 'ana', { email: 'ana@example.test' })
      const change = { AccessToken: accessToken, PreviousPassword: goodPassword, ProposedPassword: 'Another-horse-8' }
      await server().send(new ChangePasswordCommand(change))
      await server().send(new ForgotPasswordCommand({ ClientId: clientId, Username: 'ana' }))
      const code = await codeSentTo(server(), poolId, 'ana@example.test')
      const recovery = { ClientId: clientId, Username: 'ana', ConfirmationCode: code, Password: 'Fresh-horse-9' }
      await server().send(new ConfirmForgotPasswordCommand(recovery))
      assert.deepEqual(await summarizeHistory(server(), poolId, 'ana'), [
        ['ForgotPassword', 'Pass', []],
        ['ForgotPassword', 'InProgress', []],
        ['PasswordChange', 'Pass', []],
        ['SignIn', 'Pass', passed('Password')],
        ['SignUp', 'Pass', []],
      ])
    })

    it('show the address and User-Agent that a server passes on in ContextData', async () => {
      const { poolId, clientId } = await server().givenPool(withThreatProtection)
      await givenUser(server(), poolId, 'ana')
      const HttpHeaders = [{ headerName: 'User-Agent', headerValue: 'Mozilla/5.0 (Windows NT 10.0) Chrome/126.0.0.0 Safari/537.36' }]
      const signIn = new AdminInitiateAuthCommand({
        UserPoolId: poolId,
        ClientId: clientId,
        AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
        AuthParameters: { USERNAME: 'ana', PASSWORD: goodPassword },
        ContextData: { IpAddress: '84.150.0.1', ServerName: 'app', ServerPath: '/', HttpHeaders },
      })
      await server().send(signIn)
      const [event] = await eventsOf(server(), poolId, 'ana')
      assert.deepEqual(event?.EventContextData, { IpAddress: '84.150.0.1', DeviceName: 'Chrome 126, Windows 10', Country: 'Germany' })
    })

    it('are listed newest first, in pages whose tokens are valid for this user only', async () => {
      const { poolId, clientId } = await server().givenPool(withThreatProtection)
      for (const name of ['ana', 'bob']) await givenUser(server(), poolId, name)
      const ids: unknown[] = []
      for (let i = 0; i < 5; i++) {
        server().clock.advance(1000)
        ids.unshift(claimsOf((await givenTokens(server(), clientId, 'ana')).accessToken)['event_id'])
      }
      const shown: unknown[] = []
      let NextToken: string | undefined
      const sizes = []
      do {
        const query = { UserPoolId: poolId, Username: 'ana', MaxResults: 2, NextToken }
        const page = await server().send(new AdminListUserAuthEventsCommand(query))
        shown.push(...(page.AuthEvents ?? []).map(({ EventId }) => EventId))
        sizes.push(page.AuthEvents?.length)
        NextToken = page.NextToken
        if (NextToken === undefined) continue
        const foreign = new AdminListUserAuthEventsCommand({ UserPoolId: poolId, Username: 'bob', NextToken })
        await assert.rejects(server().send(foreign), { name: 'InvalidParameterException' })
      } while (NextToken !== undefined)
      assert.deepEqual(shown, ids)
      assert.deepEqual(sizes, [2, 2, 1])
      const all = await server().send(new AdminListUserAuthEventsCommand({ UserPoolId: poolId, Username: 'ana', MaxResults: 0 }))
      assert.equal(all.AuthEvents?.length, 5)
    })

    it('are recorded only in a pool with threat protection', async () => {
      const { poolId, clientId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana')
      await givenTokens(server(), clientId, 'ana')
      await assert.rejects(eventsOf(server(), poolId, 'ana'), { name: 'UserPoolAddOnNotEnabledException' })
      await server().send(new UpdateUserPoolCommand({ UserPoolId: poolId, ...withThreatProtection.pool }))
      assert.deepEqual(await eventsOf(server(), poolId, 'ana'), [])
      await givenTokens(server(), clientId, 'ana')
      assert.equal((await eventsOf(server(), poolId, 'ana')).length, 1)
    })

    it('belong to one pool, and can no longer be listed once the user is deleted', async () => {
      const { poolId, clientId } = await server().givenPool(withThreatProtection)
      const other = await server().givenPool(withThreatProtection)
      await givenUser(server(), poolId, 'ana')
      await givenUser(server(), other.poolId, 'ana')
      await givenTokens(server(), clientId, 'ana')
      assert.deepEqual(await eventsOf(server(), other.poolId, 'ana'), [])
      await server().send(new AdminDeleteUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      await assert.rejects(eventsOf(server(), poolId, 'ana'), { name: 'UserNotFoundException' })
      await assert.rejects(eventsOf(server(), 'us-east-1_nowhere', 'ana'), { name: 'ResourceNotFoundException' })
    })
  })
}
