import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminCreateUserCommand,
  AdminGetUserCommand,
  AdminInitiateAuthCommand,
  AdminSetUserPasswordCommand,
  ChangePasswordCommand,
  ConfirmForgotPasswordCommand,
  type EventFilterType,
  ForgotPasswordCommand,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
  SetRiskConfigurationCommand,
  SignUpCommand,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { eventsOf } from '../../support/auth-events.ts'
import { engines } from '../../support/engines.ts'
import { giveAttributes } from '../../support/mfa.ts'
import { codeSentTo } from '../../support/self-service.ts'
import { givenTokens, givenUser, goodPassword, signInByPassword, signInBySrp } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

/** In the embedded list, in lower case. */
const stolen = 'P@ssw0rd'
const email = 'ana@example.test'
const refusedPassword = { name: 'InvalidPasswordException', message: 'Provided password cannot be used for security reasons.' }
const resetRequired = { name: 'PasswordResetRequiredException', message: 'Password reset required for the user' }
const flows = [
  'ALLOW_USER_PASSWORD_AUTH',
  'ALLOW_ADMIN_USER_PASSWORD_AUTH',
  'ALLOW_USER_AUTH',
  'ALLOW_USER_SRP_AUTH',
  'ALLOW_REFRESH_TOKEN_AUTH',
] as const

for (const engine of engines) {
  describe(`A stolen password on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    type Rule = { mode?: 'AUDIT' | 'ENFORCED' | 'OFF'; action?: 'BLOCK' | 'NO_ACTION'; events?: EventFilterType[] }

    async function givenPool({ mode = 'ENFORCED', action = 'BLOCK', events }: Rule = {}) {
      const ids = await server().givenPool({
        pool: { UserPoolAddOns: { AdvancedSecurityMode: mode }, AutoVerifiedAttributes: ['email'] },
        client: { ExplicitAuthFlows: [...flows], PreventUserExistenceErrors: 'ENABLED' },
      })
      const compromised = { Actions: { EventAction: action }, ...(events && { EventFilter: events }) }
      const request = { UserPoolId: ids.poolId, CompromisedCredentialsRiskConfiguration: compromised }
      if (mode !== 'OFF') await server().send(new SetRiskConfigurationCommand(request))
      return ids
    }
    /** AdminSetUserPassword does not look passwords up. */
    async function givenAna(ids: { poolId: string }, password = stolen) {
      await givenUser(server(), ids.poolId, 'ana', { password })
      await giveAttributes(server(), ids.poolId, 'ana', { email, email_verified: 'true' })
    }
    const statusOf = async (poolId: string) =>
      (await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ana' }))).UserStatus
    const summariesOf = async (poolId: string) => {
      return (await eventsOf(server(), poolId)).map(({ EventType, EventResponse, EventRisk }) => [
        EventType,
        EventResponse,
        EventRisk?.CompromisedCredentialsDetected,
      ])
    }

    const signIns: Record<
      string,
      (ids: { poolId: string; clientId: string }, password: string) => Promise<{ AuthenticationResult?: unknown }>
    > = {
      USER_PASSWORD_AUTH: ({ clientId }, password) => signInByPassword(server(), clientId, 'ana', password),
      ADMIN_USER_PASSWORD_AUTH: ({ poolId, clientId }, password) =>
        server().send(
          new AdminInitiateAuthCommand({
            UserPoolId: poolId,
            ClientId: clientId,
            AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
            AuthParameters: { USERNAME: 'ana', PASSWORD: password },
          }),
        ),
      USER_AUTH: ({ clientId }, password) =>
        server().send(
          new InitiateAuthCommand({
            ClientId: clientId,
            AuthFlow: 'USER_AUTH',
            AuthParameters: { USERNAME: 'ana', PREFERRED_CHALLENGE: 'PASSWORD', PASSWORD: password },
          }),
        ),
    }

    for (const [flow, signIn] of Object.entries(signIns)) {
      it(`is blocked in a sign-in by ${flow}: the user has to reset it`, async () => {
        const ids = await givenPool()
        await givenAna(ids)
        await assert.rejects(signIn(ids, 'Wrong-horse-7'), { name: 'NotAuthorizedException', message: 'Incorrect username or password.' })
        assert.equal(await statusOf(ids.poolId), 'CONFIRMED')
        await assert.rejects(signIn(ids, stolen), resetRequired)
        assert.equal(await statusOf(ids.poolId), 'RESET_REQUIRED')
        assert.deepEqual(await summariesOf(ids.poolId), [
          ['SignIn', 'Fail', true],
          ['SignIn', 'Fail', false],
        ])
        await assert.rejects(signIn(ids, stolen), resetRequired)
      })
      for (const [title, rule] of [
        ['in mode AUDIT', { mode: 'AUDIT' }],
        ['by NO_ACTION', { action: 'NO_ACTION' }],
      ] as const) {
        it(`is recorded only in a sign-in by ${flow} ${title}`, async () => {
          const ids = await givenPool(rule)
          await givenAna(ids)
          assert.ok((await signIn(ids, stolen)).AuthenticationResult)
          assert.deepEqual(await summariesOf(ids.poolId), [['SignIn', 'Pass', true]])
        })
      }
      for (const [title, rule] of [
        ['where EventFilter lacks SIGN_IN', { events: ['SIGN_UP', 'PASSWORD_CHANGE'] }],
        ['in mode OFF', { mode: 'OFF' }],
      ] as [string, Rule][]) {
        it(`is not looked up in a sign-in by ${flow} ${title}`, async () => {
          const ids = await givenPool(rule)
          await givenAna(ids)
          assert.ok((await signIn(ids, stolen)).AuthenticationResult)
          if (rule.mode !== 'OFF') assert.deepEqual(await summariesOf(ids.poolId), [['SignIn', 'Pass', false]])
        })
      }
    }

    it('is blocked in the first sign-in of a migrated user', async () => {
      const response = { userAttributes: { email, email_verified: 'true' }, finalUserStatus: 'CONFIRMED', messageAction: 'SUPPRESS' }
      const triggers = endpoint.given({ UserMigration: (event) => ({ ...event, response: { ...event.response, ...response } }) })
      const ids = await givenPool()
      const pool = { UserPoolAddOns: { AdvancedSecurityMode: 'ENFORCED' as const }, AutoVerifiedAttributes: ['email' as const] }
      await server().send(new UpdateUserPoolCommand({ UserPoolId: ids.poolId, ...pool, LambdaConfig: triggers.lambdaConfig }))
      await assert.rejects(signInByPassword(server(), ids.clientId, 'ana', stolen), resetRequired)
      assert.equal(await statusOf(ids.poolId), 'RESET_REQUIRED')
      assert.deepEqual(await summariesOf(ids.poolId), [['SignIn', 'Fail', true]])
    })

    it('signs in by SRP, which does not show it to the server', async () => {
      const ids = await givenPool()
      await givenAna(ids)
      assert.ok((await signInBySrp(server(), ids, 'ana', stolen)).AuthenticationResult)
    })

    it('is refused at sign-up, unless the pool records only or EventFilter lacks SIGN_UP', async () => {
      const signUp = ({ clientId }: { clientId: string }) =>
        server().send(
          new SignUpCommand({ ClientId: clientId, Username: 'ana', Password: stolen, UserAttributes: [{ Name: 'email', Value: email }] }),
        )
      const blocking = await givenPool()
      await assert.rejects(signUp(blocking), refusedPassword)
      await assert.rejects(statusOf(blocking.poolId), { name: 'UserNotFoundException' })
      assert.deepEqual(await server().inbox(email), [])
      for (const rule of [{ mode: 'AUDIT' }, { action: 'NO_ACTION' }] as const) {
        const ids = await givenPool(rule)
        await signUp(ids)
        assert.deepEqual(await summariesOf(ids.poolId), [['SignUp', 'Pass', true]])
      }
      const others = await givenPool({ events: ['SIGN_IN'] })
      await signUp(others)
      assert.deepEqual(await summariesOf(others.poolId), [['SignUp', 'Pass', false]])
    })

    it('cannot replace another password by ChangePassword', async () => {
      const change = async (ids: { poolId: string; clientId: string }) => {
        await givenAna(ids, goodPassword)
        const { accessToken } = await givenTokens(server(), ids.clientId, 'ana')
        return server().send(
          new ChangePasswordCommand({ AccessToken: accessToken, PreviousPassword: goodPassword, ProposedPassword: stolen }),
        )
      }
      const blocking = await givenPool()
      await assert.rejects(change(blocking), refusedPassword)
      assert.deepEqual((await summariesOf(blocking.poolId))[0], ['PasswordChange', 'Fail', true])
      await givenTokens(server(), blocking.clientId, 'ana')
      const audit = await givenPool({ mode: 'AUDIT' })
      await change(audit)
      assert.deepEqual((await summariesOf(audit.poolId))[0], ['PasswordChange', 'Pass', true])
      await change(await givenPool({ events: ['SIGN_IN', 'SIGN_UP'] }))
    })

    it('cannot be set again by the reset that it made necessary, whatever EventFilter says', async () => {
      for (const events of [undefined, ['SIGN_IN']] as (EventFilterType[] | undefined)[]) {
        const ids = await givenPool(events && { events })
        await givenAna(ids)
        await assert.rejects(signInByPassword(server(), ids.clientId, 'ana', stolen), resetRequired)
        await server().send(new ForgotPasswordCommand({ ClientId: ids.clientId, Username: 'ana' }))
        const code = await codeSentTo(server(), ids.poolId, email)
        const reset = (password: string) =>
          server().send(
            new ConfirmForgotPasswordCommand({ ClientId: ids.clientId, Username: 'ana', ConfirmationCode: code, Password: password }),
          )
        await assert.rejects(reset(stolen), refusedPassword)
        await reset(goodPassword)
        await givenTokens(server(), ids.clientId, 'ana')
      }
    })

    it('cannot answer NEW_PASSWORD_REQUIRED, and as a temporary password it leads there', async () => {
      const ids = await givenPool()
      const user = { UserPoolId: ids.poolId, Username: 'ana', TemporaryPassword: stolen, MessageAction: 'SUPPRESS' } as const
      await server().send(new AdminCreateUserCommand(user))
      const challenge = await signInByPassword(server(), ids.clientId, 'ana', stolen)
      assert.equal(challenge.ChallengeName, 'NEW_PASSWORD_REQUIRED')
      const answer = (password: string) =>
        server().send(
          new RespondToAuthChallengeCommand({
            ClientId: ids.clientId,
            ChallengeName: 'NEW_PASSWORD_REQUIRED',
            Session: challenge.Session,
            ChallengeResponses: { USERNAME: 'ana', NEW_PASSWORD: password },
          }),
        )
      await assert.rejects(answer('pa$$W0RD'), refusedPassword)
      assert.ok((await answer(goodPassword)).AuthenticationResult)
      assert.deepEqual(await summariesOf(ids.poolId), [['SignIn', 'Pass', true]])
    })

    it('is what the configuration of the app client says, where it has one', async () => {
      const ids = await givenPool({ action: 'NO_ACTION' })
      const compromised = { Actions: { EventAction: 'BLOCK' as const } }
      const own = { UserPoolId: ids.poolId, ClientId: ids.clientId, CompromisedCredentialsRiskConfiguration: compromised }
      await givenAna(ids)
      await givenTokens(server(), ids.clientId, 'ana', stolen)
      await server().send(new SetRiskConfigurationCommand(own))
      await assert.rejects(signInByPassword(server(), ids.clientId, 'ana', stolen), resetRequired)
    })

    it('is not looked up by AdminSetUserPassword, nor for an unconfirmed user', async () => {
      const ids = await givenPool({ events: ['SIGN_IN'] })
      const request = { ClientId: ids.clientId, Username: 'ana', Password: stolen, UserAttributes: [{ Name: 'email', Value: email }] }
      await server().send(new SignUpCommand(request))
      await assert.rejects(signInByPassword(server(), ids.clientId, 'ana', stolen), { name: 'UserNotConfirmedException' })
      assert.equal(await statusOf(ids.poolId), 'UNCONFIRMED')
      await server().send(new AdminSetUserPasswordCommand({ UserPoolId: ids.poolId, Username: 'ana', Password: stolen, Permanent: true }))
    })

    it('does not reveal whether a user exists: an unknown name and a wrong password get the same answer', async () => {
      const ids = await givenPool()
      await givenAna(ids, goodPassword)
      const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
      await assert.rejects(signInByPassword(server(), ids.clientId, 'ana', stolen), wrong)
      await assert.rejects(signInByPassword(server(), ids.clientId, 'unknown', stolen), wrong)
      assert.equal(await statusOf(ids.poolId), 'CONFIRMED')
    })
  })
}
