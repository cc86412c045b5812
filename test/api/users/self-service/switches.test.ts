import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminDeleteUserCommand,
  AdminSetUserPasswordCommand,
  AdminUserGlobalSignOutCommand,
  ForgotPasswordCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { definitionOf } from '../../../../src/contract/model.ts'
import { operations } from '../../../../src/operations.ts'
import { type SelfServiceOperation, selfServiceOperations, switchOf } from '../../../../src/pools/extensions/self-service.ts'
import { adminGet } from '../../../support/administration.ts'
import { engines } from '../../../support/engines.ts'
import { givenClient } from '../../../support/oauth.ts'
import { codeSentTo, confirm, sentTo, signUp } from '../../../support/self-service.ts'
import { callAsUser, off, offMessage, setClientSelfService, setSelfService, without } from '../../../support/self-service-switches.ts'
import { givenTokens, givenUser, signInByPassword } from '../../../support/sign-in.ts'
import { agree } from '../../../support/sign-in-triggers.ts'
import { useTestServer } from '../../../support/test-server.ts'
import { openTriggerEndpoint } from '../../../support/trigger-endpoint.ts'

const email = 'ana@example.test'
const passwordFlow = { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const, 'ALLOW_REFRESH_TOKEN_AUTH' as const] }

/** The operations without a signature that have no switch, and why. */
const withoutSwitch: Readonly<Record<string, string>> = {
  InitiateAuth: 'a sign-in',
  RespondToAuthChallenge: 'a sign-in',
  GetTokensFromRefreshToken: 'a sign-in',
  GetClientToken: 'no user',
  ConfirmSignUp: 'finishes a sign-up',
  ResendConfirmationCode: 'finishes a sign-up',
  ConfirmForgotPassword: 'has the switch of ForgotPassword',
}

const switches = Object.keys(selfServiceOperations) as SelfServiceOperation[]

describe('The operations that users call for themselves', () => {
  const ofUsers = operations.filter(({ name, auth }) => auth !== 'iam' && definitionOf(name).service !== 'identity-pools')

  it('have a switch each, or a reason to have none', () => {
    const unknown = ofUsers.map(({ name }) => name).filter((name) => !Object.hasOwn(selfServiceOperations, name))
    assert.deepEqual(unknown.sort(), Object.keys(withoutSwitch).sort())
    assert.deepEqual(
      operations.filter(({ name, auth }) => auth === 'iam' && switchOf(name) !== undefined),
      [],
    )
  })

  it('have conditions exactly where a token proves a sign-in', () => {
    for (const name of switches) {
      const auth = ofUsers.find((operation) => operation.name === name)?.auth
      const isByToken = auth === 'access-token' || auth === 'session-or-token'
      assert.equal(selfServiceOperations[name] === 'token', isByToken, `${name}: ${auth}`)
    }
  })
})

for (const engine of engines) {
  describe(`Switches of self-service on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    async function givenAna(pool: object = {}) {
      const ids = await server().givenPool({ pool: { AutoVerifiedAttributes: ['email'], ...pool }, client: passwordFlow })
      const attributes = [
        { Name: 'email', Value: email },
        { Name: 'email_verified', Value: 'true' },
      ]
      await givenUser(server(), ids.poolId, 'ana', { attributes })
      return { ...ids, username: 'ana', ...(await givenTokens(server(), ids.clientId, 'ana')) }
    }

    it('allow everything until they are set', async () => {
      const ana = await givenAna()
      for (const name of [...switches.filter((name) => name !== 'DeleteUser' && name !== 'GlobalSignOut'), 'DeleteUser'] as const) {
        assert.doesNotMatch(await callAsUser(server(), name, ana), /does not allow/, name)
      }
    })

    for (const name of [...switches, 'ConfirmForgotPassword'] as const) {
      it(`turn off ${name}, for a token from before, and nothing else`, async () => {
        const ana = await givenAna()
        const controlling = name === 'ConfirmForgotPassword' ? 'ForgotPassword' : name
        await setSelfService(server(), ana.poolId, without(controlling))
        const code = name === 'RevokeToken' ? 'UnauthorizedException' : 'NotAuthorizedException'
        assert.equal(await callAsUser(server(), name, ana), `${code}: ${offMessage(controlling)}`)
        const other = name === 'GetUser' ? 'GetUserAuthFactors' : 'GetUser'
        assert.equal(await callAsUser(server(), other, ana), 'ok')
        await setSelfService(server(), ana.poolId, {})
        assert.doesNotMatch(await callAsUser(server(), name, ana), /does not allow/)
      })
    }

    it('leave the user as before when they refuse, and do not bind administrators', async () => {
      const ana = await givenAna()
      await setSelfService(server(), ana.poolId, without(...switches))
      for (const name of switches) assert.match(await callAsUser(server(), name, ana), /does not allow users to call/, name)
      await signInByPassword(server(), ana.clientId, 'ana')
      assert.equal((await adminGet(server(), ana.poolId, 'ana')).UserStatus, 'CONFIRMED')
      const user = { UserPoolId: ana.poolId, Username: 'ana' }
      await server().send(new AdminSetUserPasswordCommand({ ...user, Password: 'Another-horse-8', Permanent: true }))
      await server().send(new AdminUserGlobalSignOutCommand(user))
      await server().send(new AdminDeleteUserCommand(user))
      assert.deepEqual(await sentTo(server(), ana.poolId), [])
    })

    it('of an app client replace the rule of the pool, for tokens of that client', async () => {
      const ana = await givenAna()
      const second = { ...ana, ...(await givenClient(server(), ana.poolId, passwordFlow)) }
      const other = { ...second, ...(await givenTokens(server(), second.clientId, 'ana')) }
      await setSelfService(server(), ana.poolId, { Operations: { DeleteUser: { Allowed: false }, GetUser: { MaxAuthAgeMinutes: 1 } } })
      await setClientSelfService(server(), second, { Operations: { GetUser: {}, GetUserAuthFactors: { Allowed: false } } })
      server().clock.advance(120_000)
      assert.match(await callAsUser(server(), 'GetUser', ana), /^NotAuthorizedException: Sign in again: /)
      assert.equal(await callAsUser(server(), 'GetUser', other), 'ok')
      assert.equal(await callAsUser(server(), 'GetUserAuthFactors', ana), 'ok')
      assert.equal(await callAsUser(server(), 'GetUserAuthFactors', other), `NotAuthorizedException: ${offMessage('GetUserAuthFactors')}`)
      // An operation that the client has no rule for keeps the rule of the pool.
      for (const caller of [ana, other]) assert.match(await callAsUser(server(), 'DeleteUser', caller), /does not allow/)
      await setClientSelfService(server(), second, { Operations: { DeleteUser: { Allowed: true } } })
      assert.match(await callAsUser(server(), 'DeleteUser', ana), /does not allow/)
      assert.equal(await callAsUser(server(), 'DeleteUser', other), 'ok')
    })

    it('answer the same for users who do not exist, call no trigger and send no message', async () => {
      const triggers = endpoint.given({ UserMigration: agree, PreSignUp: agree, CustomMessage: agree })
      const ana = await givenAna({ LambdaConfig: triggers.lambdaConfig })
      await server().send(new ForgotPasswordCommand({ ClientId: ana.clientId, Username: 'ana' }))
      const ConfirmationCode = await codeSentTo(server(), ana.poolId, email)
      const before = [...triggers.fired]
      await setSelfService(server(), ana.poolId, without('ForgotPassword', 'SignUp'))
      for (const username of ['ana', 'nobody']) {
        const caller = { ...ana, username }
        assert.equal(await callAsUser(server(), 'ForgotPassword', caller), `NotAuthorizedException: ${offMessage('ForgotPassword')}`)
        const confirmed = await callAsUser(server(), 'ConfirmForgotPassword', caller, { ConfirmationCode })
        assert.equal(confirmed, `NotAuthorizedException: ${offMessage('ForgotPassword')}`)
        const signedUp = await callAsUser(server(), 'SignUp', caller, { Username: username })
        assert.equal(signedUp, `NotAuthorizedException: ${offMessage('SignUp')}`)
      }
      assert.deepEqual(triggers.fired, before)
      assert.deepEqual(await sentTo(server(), ana.poolId), [`forgot-password ${email}`])
      await assert.rejects(adminGet(server(), ana.poolId, 'nobody'), { name: 'UserNotFoundException' })
      // The code was not used up: it works when the switch is on again.
      await setSelfService(server(), ana.poolId, {})
      assert.equal(await callAsUser(server(), 'ConfirmForgotPassword', ana, { ConfirmationCode }), 'ok')
    })

    it('let a sign-up end that began before', async () => {
      const { poolId, clientId } = await givenAna()
      await signUp(server(), clientId, 'ben', { email: 'ben@example.test' })
      await setSelfService(server(), poolId, without('SignUp'))
      await assert.rejects(signUp(server(), clientId, 'eve', { email: 'eve@example.test' }), off('SignUp'))
      await confirm(server(), clientId, 'ben', await codeSentTo(server(), poolId, 'ben@example.test'))
      assert.equal((await adminGet(server(), poolId, 'ben')).UserStatus, 'CONFIRMED')
    })
  })
}
