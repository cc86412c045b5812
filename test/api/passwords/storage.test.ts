import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  ChangePasswordCommand,
  ConfirmForgotPasswordCommand,
  ForgotPasswordCommand,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { argon2Verify } from 'hash-wasm'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { respond } from '../../support/mfa.ts'
import { callback, codeClient, givenClient } from '../../support/oauth.ts'
import { codeSentTo, givenConfirmedUser, signUp } from '../../support/self-service.ts'
import { givenTokens, givenUser, goodPassword, signInByPassword, signInBySrp } from '../../support/sign-in.ts'
import { kindOfStored, knownKey, type Storage, setStorage, storedPassword } from '../../support/stored-passwords.ts'
import { TestBrowser } from '../../support/test-browser.ts'
import { type TestPoolOptions, useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'
import { answering } from '../../support/user-triggers.ts'

const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
const nextPassword = 'Another-horse-8'
const thirdPassword = 'Third-horse-9'
const email = 'ana@example.test'
const emailPool = { AutoVerifiedAttributes: ['email' as const] }

for (const engine of engines) {
  describe(`Passwords.Storage on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { ...knownKey, flags: endpoint.flags })

    async function given(storage: Storage, options: TestPoolOptions = {}) {
      const ids = await server().givenPool(options)
      await setStorage(server(), ids, storage)
      return ids
    }

    const isKind = async (poolId: string, username: string, kind: string) =>
      assert.equal(await kindOfStored(server(), poolId, username), kind)

    for (const storage of ['SRP', 'ARGON2ID', 'BOTH'] as const) {
      it(`${storage} decides what every way to set a password stores`, async () => {
        const ids = await given(storage, { pool: emailPool })
        const { poolId, clientId } = ids
        await givenConfirmedUser(server(), ids, 'ana', { email })
        await isKind(poolId, 'ana', storage)
        const { accessToken } = await givenTokens(server(), clientId, 'ana')
        const change = { AccessToken: accessToken, PreviousPassword: goodPassword, ProposedPassword: nextPassword }
        await assert.rejects(server().send(new ChangePasswordCommand({ ...change, PreviousPassword: 'Wrong-horse-1' })), wrong)
        await server().send(new ChangePasswordCommand(change))
        await isKind(poolId, 'ana', storage)
        await givenTokens(server(), clientId, 'ana', nextPassword)

        await server().send(new ForgotPasswordCommand({ ClientId: clientId, Username: 'ana' }))
        const ConfirmationCode = await codeSentTo(server(), poolId, email)
        const reset = { ClientId: clientId, Username: 'ana', ConfirmationCode, Password: thirdPassword }
        await server().send(new ConfirmForgotPasswordCommand(reset))
        await isKind(poolId, 'ana', storage)
        await givenTokens(server(), clientId, 'ana', thirdPassword)
        await assert.rejects(signInByPassword(server(), clientId, 'ana', nextPassword), wrong)

        const Permanent = true
        await server().send(new AdminSetUserPasswordCommand({ UserPoolId: poolId, Username: 'ana', Password: goodPassword, Permanent }))
        await isKind(poolId, 'ana', storage)
        await givenTokens(server(), clientId, 'ana')
      })

      it(`${storage} holds for invited and migrated users`, async () => {
        const known = { userAttributes: { email: 'mia@example.test', email_verified: 'true' }, finalUserStatus: 'CONFIRMED' }
        const triggers = endpoint.given({ UserMigration: answering({ ...known, messageAction: 'SUPPRESS' }) })
        const { poolId, clientId } = await given(storage, { pool: { ...emailPool, LambdaConfig: triggers.lambdaConfig } })
        await givenTokens(server(), clientId, 'mia', 'weak')
        await isKind(poolId, 'mia', storage)
        assert.deepEqual(triggers.fired.slice(0, 1), ['UserMigration_Authentication'])

        const invited = { UserPoolId: poolId, Username: 'ben', TemporaryPassword: goodPassword, MessageAction: 'SUPPRESS' as const }
        await server().send(new AdminCreateUserCommand(invited))
        await isKind(poolId, 'ben', storage)
        const challenge = await signInByPassword(server(), clientId, 'ben')
        const answer = { USERNAME: 'ben', NEW_PASSWORD: nextPassword }
        assert.ok((await respond(server(), clientId, 'NEW_PASSWORD_REQUIRED', challenge.Session, answer)).AuthenticationResult)
        await isKind(poolId, 'ben', storage)
        await givenTokens(server(), clientId, 'ben', nextPassword)
      })
    }

    it('ARGON2ID stores what other programs verify, and BOTH stores it beside the verifier', async () => {
      for (const storage of ['ARGON2ID', 'BOTH'] as const) {
        const ids = await given(storage)
        await givenUser(server(), ids.poolId, 'ana', { password: 'Pässwörd-✓-7' })
        const stored = await storedPassword(server(), ids.poolId, 'ana')
        const hash = stored?.kind === 'ARGON2ID' || stored?.kind === 'BOTH' ? stored.argon2 : ''
        assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
        assert.equal(await argon2Verify({ hash, password: 'Pässwörd-✓-7' }), true)
        assert.equal(await argon2Verify({ hash, password: 'Passwörd-✓-7' }), false)
      }
    })

    it('BOTH takes the password and SRP', async () => {
      const ids = await given('BOTH')
      await givenUser(server(), ids.poolId, 'ana')
      await givenTokens(server(), ids.clientId, 'ana')
      assert.ok((await signInBySrp(server(), ids, 'ana')).AuthenticationResult)
      await assert.rejects(signInBySrp(server(), ids, 'ana', nextPassword), wrong)
    })

    it('takes effect for a user at the next sign-in with the password, there and back', async () => {
      const ids = await given('SRP')
      const { poolId, clientId } = ids
      await givenUser(server(), poolId, 'ana')
      for (const storage of ['ARGON2ID', 'SRP', 'BOTH', 'ARGON2ID', 'BOTH', 'SRP'] as const) {
        const before = await kindOfStored(server(), poolId, 'ana')
        await setStorage(server(), ids, storage)
        await assert.rejects(signInByPassword(server(), clientId, 'ana', nextPassword), wrong)
        await isKind(poolId, 'ana', before ?? '')
        await givenTokens(server(), clientId, 'ana')
        await isKind(poolId, 'ana', storage)
        await givenTokens(server(), clientId, 'ana')
        await assert.rejects(signInByPassword(server(), clientId, 'ana', nextPassword), wrong)
      }
      assert.ok((await signInBySrp(server(), ids, 'ana')).AuthenticationResult)
    })

    it('SRP refuses a user whose verifier is missing until a sign-in with the password, as after an import', async () => {
      const ids = await given('ARGON2ID')
      await givenUser(server(), ids.poolId, 'ana')
      await setStorage(server(), ids, 'SRP')
      await assert.rejects(signInBySrp(server(), ids, 'ana'), wrong)
      await givenTokens(server(), ids.clientId, 'ana')
      assert.ok((await signInBySrp(server(), ids, 'ana')).AuthenticationResult)
    })

    it('does not let a former password be used again, whatever form it is stored in', async () => {
      const ids = await given('SRP', { pool: { Policies: { PasswordPolicy: { MinimumLength: 8, PasswordHistorySize: 4 } } } })
      const set = (Password: string) =>
        server().send(new AdminSetUserPasswordCommand({ UserPoolId: ids.poolId, Username: 'ana', Password, Permanent: true }))
      const former = { name: 'PasswordHistoryPolicyViolationException' }
      await givenUser(server(), ids.poolId, 'ana')
      await setStorage(server(), ids, 'ARGON2ID')
      await set(nextPassword)
      await setStorage(server(), ids, 'BOTH')
      await set(thirdPassword)
      for (const password of [goodPassword, nextPassword, thirdPassword]) await assert.rejects(set(password), former, password)
      await setStorage(server(), ids, 'SRP')
      for (const password of [goodPassword, nextPassword, thirdPassword]) await assert.rejects(set(password), former, password)
      await set('Fourth-horse-1')
    })

    it('is shown, and survives UpdateUserPool', async () => {
      const { poolId } = await given('SRP')
      assert.deepEqual((await setStorage(server(), { poolId }, 'ARGON2ID')).Passwords, { Storage: 'ARGON2ID' })
      await server().send(new UpdateUserPoolCommand({ UserPoolId: poolId, MfaConfiguration: 'OFF' }))
      const settings = await callLifeguard(server(), 'GetUserPoolExtensions', { UserPoolId: poolId })
      assert.deepEqual(settings.Passwords, { Storage: 'ARGON2ID' })
      await givenUser(server(), poolId, 'ana')
      await isKind(poolId, 'ana', 'ARGON2ID')
    })

    it('ARGON2ID works on the hosted pages', async () => {
      const ids = await given('ARGON2ID')
      const { clientId } = await givenClient(server(), ids.poolId, codeClient)
      await givenUser(server(), ids.poolId, 'ana')
      const browser = new TestBrowser(server())
      const request = { client_id: clientId, redirect_uri: callback, response_type: 'code', scope: 'openid' }
      const back = await browser.signIn(request, 'ana')
      assert.ok(back.searchParams.get('code'))
      await assert.rejects(new TestBrowser(server()).signIn(request, 'ana', nextPassword))
    })

    it('ARGON2ID takes effect for a sign-up that was not confirmed yet', async () => {
      const ids = await given('SRP', { pool: emailPool })
      await signUp(server(), ids.clientId, 'ana', { email })
      await setStorage(server(), ids, 'ARGON2ID')
      await assert.rejects(signInByPassword(server(), ids.clientId, 'ana'), { name: 'UserNotConfirmedException' })
      await isKind(ids.poolId, 'ana', 'SRP')
    })
  })
}
