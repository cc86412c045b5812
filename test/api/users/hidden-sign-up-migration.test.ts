import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminDisableUserCommand, ForgotPasswordCommand } from '@aws-sdk/client-cognito-identity-provider'
import { adminGet } from '../../support/administration.ts'
import { copyEnvironment, copyPool } from '../../support/copies.ts'
import { engines } from '../../support/engines.ts'
import { useAwsCredentials } from '../../support/former-pools.ts'
import { hidingSection } from '../../support/hidden-sign-ups.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { codeSentTo, confirm, sentTo, signUp } from '../../support/self-service.ts'
import { givenTokens, givenUser, goodPassword, signInByPassword } from '../../support/sign-in.ts'
import { initiate, refuse } from '../../support/sign-in-triggers.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint, type TriggerEvent } from '../../support/trigger-endpoint.ts'
import { answering, givenPoolWithEvery } from '../../support/user-triggers.ts'

const email = 'ana@example.test'
const oldPassword = 'Former-horse-8'
const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
const mismatch = { name: 'CodeMismatchException' }
const known = { userAttributes: { email, email_verified: 'true' }, finalUserStatus: 'CONFIRMED', messageAction: 'SUPPRESS' }

/** The former system knows every name, with one password. */
const formerSystem = (event: TriggerEvent) =>
  event.request.password === undefined || event.request.password === oldPassword ? answering(known)(event) : refuse()

useAwsCredentials()

for (const engine of engines) {
  describe(`A hidden sign-up that is not confirmed, of a name that another system knows, on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: [...endpoint.flags, '--region', 'eu-west-1'], env: copyEnvironment })
    const former = useTestServer(engine)

    /** A pool with UserMigration and hidden sign-ups, in which `eve` has signed up with the name of ana. */
    async function given(username: 'ana' | typeof email = 'ana') {
      const ExplicitAuthFlows = ['ALLOW_USER_AUTH' as const, 'ALLOW_USER_PASSWORD_AUTH' as const]
      const client = { ExplicitAuthFlows, PreventUserExistenceErrors: 'ENABLED' as const }
      const names = username === 'ana' ? {} : { UsernameAttributes: ['email' as const] }
      const pool = { AutoVerifiedAttributes: ['email' as const], ...names }
      const ids = await givenPoolWithEvery(server(), endpoint, { UserMigration: formerSystem }, { pool, client })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: ids.poolId, SignUp: hidingSection })
      const recipient = username === 'ana' ? 'eve@example.test' : email
      const { UserSub } = await signUp(server(), ids.clientId, username, { email: recipient })
      const code = await codeSentTo(server(), ids.poolId, recipient)
      ids.triggers.clear()
      return { ...ids, username, sub: UserSub, code }
    }
    const subOf = async (poolId: string, name = 'ana') => (await adminGet(server(), poolId, name)).attributes['sub']

    it('stays when that system refuses the password, and can be confirmed', async () => {
      const { clientId, poolId, sub, code, triggers } = await given()
      await assert.rejects(signInByPassword(server(), clientId, 'ana'), wrong)
      assert.ok(triggers.fired.includes('UserMigration_Authentication'))
      await confirm(server(), clientId, 'ana', code)
      assert.equal(await subOf(poolId), sub)
      await givenTokens(server(), clientId, 'ana')
    })

    for (const username of ['ana', email] as const) {
      for (const flow of ['USER_PASSWORD_AUTH', 'USER_AUTH'] as const) {
        it(`gives way to the user when that system knows the password, with ${flow} for ${username}`, async () => {
          const { clientId, poolId, sub, code, triggers } = await given(username)
          const parameters = { USERNAME: username, PASSWORD: oldPassword, PREFERRED_CHALLENGE: 'PASSWORD' }
          assert.ok((await initiate(server(), clientId, flow, parameters)).AuthenticationResult)
          assert.ok(triggers.fired.includes('UserMigration_Authentication'))
          assert.notEqual(await subOf(poolId, username), sub)
          await assert.rejects(confirm(server(), clientId, username, code), mismatch)
          await assert.rejects(signInByPassword(server(), clientId, username), wrong)
          await givenTokens(server(), clientId, username, oldPassword)
        })
      }
    }

    it('gives way to a user who forgot the password', async () => {
      const { clientId, poolId, sub, triggers } = await given()
      await server().send(new ForgotPasswordCommand({ ClientId: clientId, Username: 'ana' }))
      assert.ok(triggers.fired.includes('UserMigration_ForgotPassword'))
      assert.notEqual(await subOf(poolId), sub)
      assert.deepEqual((await sentTo(server(), poolId)).slice(1), [`forgot-password ${email}`])
    })

    it('keeps the name when an administrator has disabled the user, and looks like a wrong password', async () => {
      const { clientId, poolId, sub } = await given()
      await server().send(new AdminDisableUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      for (const password of [oldPassword, goodPassword]) await assert.rejects(signInByPassword(server(), clientId, 'ana', password), wrong)
      await server().send(new ForgotPasswordCommand({ ClientId: clientId, Username: 'ana' }))
      assert.deepEqual(await sentTo(server(), poolId), ['sign-up eve@example.test'])
      assert.equal(await subOf(poolId), sub)
    })

    it('gives way to the user of a former pool', async () => {
      const flows = { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const], PreventUserExistenceErrors: 'ENABLED' as const }
      const ids = await former().givenPool({ client: flows, pool: { AutoVerifiedAttributes: ['email'] } })
      const until = new Date(server().clock.now() + 86_400_000).toISOString()
      const asking = ['--until', until, '--client', ids.clientId, '--flow', 'USER_PASSWORD_AUTH']
      await copyPool(server(), former(), ids.poolId, asking)
      const { sub } = await givenUser(former(), ids.poolId, 'ana', { password: oldPassword })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: ids.poolId, SignUp: hidingSection })
      await signUp(server(), ids.clientId, 'ana', { email: 'eve@example.test' })
      await assert.rejects(signInByPassword(server(), ids.clientId, 'ana'), wrong)
      assert.notEqual(await subOf(ids.poolId), sub)
      await givenTokens(server(), ids.clientId, 'ana', oldPassword)
      assert.equal(await subOf(ids.poolId), sub)
    })
  })
}
