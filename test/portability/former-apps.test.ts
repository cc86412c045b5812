import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminGetUserCommand,
  AdminResetUserPasswordCommand,
  AdminSetUserPasswordCommand,
  AssociateSoftwareTokenCommand,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { copyEnvironment, copyPool } from '../support/copies.ts'
import { engines } from '../support/engines.ts'
import { noAnswer, useAwsCredentials } from '../support/former-pools.ts'
import { callLifeguard } from '../support/lifeguard-operations.ts'
import { readMetrics } from '../support/metrics.ts'
import { appOf, giveAttributes, givenAppUser, givenMfaPool, prefer, respond, setMfa } from '../support/mfa.ts'
import { claimsOf, goodPassword, signInByPassword } from '../support/sign-in.ts'
import { useTestServer } from '../support/test-server.ts'

const wrongCode = { name: 'CodeMismatchException' }
const resetFirst = { name: 'PasswordResetRequiredException' }
const locked = { name: 'NotAuthorizedException', message: 'Attempt limit exceeded, please try after some time.' }

useAwsCredentials()

for (const engine of engines) {
  describe(`Authenticator apps at a former pool on ${engine.name}`, () => {
    const there = useTestServer(engine)
    const here = useTestServer(engine, { flags: ['--region', 'eu-west-1'], env: copyEnvironment })
    const until = () => new Date(here().clock.now() + 86_400_000).toISOString()

    type Given = { readonly flow?: string; readonly isLate?: boolean; readonly name?: string }

    /** A copied pool with one user, who has an app there. With `isLate` nobody has copied the user. */
    async function given({ flow = 'USER_PASSWORD_AUTH', isLate = false, name = 'ann' }: Given = {}) {
      const ids = await givenMfaPool(there(), 'OPTIONAL', ['totp'])
      const asking = ['--until', until(), '--client', ids.clientId, '--flow', flow]
      if (isLate) await copyPool(here(), there(), ids.poolId, asking)
      const app = await givenAppUser(there(), ids, name)
      await giveAttributes(there(), ids.poolId, name, { email: `${name}@example.com`, email_verified: 'true' })
      if (!isLate) await copyPool(here(), there(), ids.poolId, asking)
      return { ...ids, app }
    }

    const statusOf = async (poolId: string, name = 'ann') =>
      (await here().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: name }))).UserStatus
    const answerCode = (clientId: string, session: string | undefined, code: string, name = 'ann') =>
      respond(here(), clientId, 'SOFTWARE_TOKEN_MFA', session, { USERNAME: name, SOFTWARE_TOKEN_MFA_CODE: code })

    /** Sets an app up here, to the end of the sign-in. */
    async function setUp(clientId: string, session: string | undefined, name = 'ann') {
      const associated = await here().send(new AssociateSoftwareTokenCommand({ Session: session }))
      const app = appOf(here(), associated.SecretCode ?? '')
      const verified = await here().send(new VerifySoftwareTokenCommand({ Session: associated.Session, UserCode: app.code() }))
      const { AuthenticationResult: tokens } = await respond(here(), clientId, 'MFA_SETUP', verified.Session, { USERNAME: name })
      here().clock.advance(30_000)
      return { app, tokens }
    }

    it('are proven there, replaced here in the same sign-in, and then no longer asked for', async () => {
      const { clientId, poolId, app } = await given()
      const asked = await signInByPassword(here(), clientId, 'ann')
      assert.deepEqual([asked.ChallengeName, asked.AuthenticationResult], ['SOFTWARE_TOKEN_MFA', undefined])
      await assert.rejects(answerCode(clientId, asked.Session, '000000'), wrongCode)
      const proven = await answerCode(clientId, asked.Session, app.code())
      assert.deepEqual([proven.ChallengeName, proven.AuthenticationResult], ['MFA_SETUP', undefined])
      const { app: newApp, tokens } = await setUp(clientId, proven.Session)
      assert.deepEqual(claimsOf(tokens?.IdToken ?? '')['email'], 'ann@example.com')
      assert.equal(await statusOf(poolId), 'CONFIRMED')

      // The password follows at the next sign-in, and this server checks the codes.
      there().clock.advance(30_000)
      const next = await signInByPassword(here(), clientId, 'ann')
      const calls = (await readMetrics(here().url)).valuesOf('lifeguard_former_pool_calls_total')
      await assert.rejects(answerCode(clientId, next.Session, app.code()), wrongCode)
      assert.notEqual((await answerCode(clientId, next.Session, newApp.code())).AuthenticationResult, undefined)
      assert.equal((await signInByPassword(here(), clientId, 'ann')).ChallengeName, 'SOFTWARE_TOKEN_MFA')
      assert.deepEqual((await readMetrics(here().url)).valuesOf('lifeguard_former_pool_calls_total'), calls)
      assert.deepEqual(await here().inbox('ann@example.com'), [])
    })

    it('cannot be set up anew by someone who knows the password only, even between the code and the end of the set-up', async () => {
      const { clientId, app } = await given()
      const attacker = await signInByPassword(here(), clientId, 'ann')
      await assert.rejects(here().send(new AssociateSoftwareTokenCommand({ Session: attacker.Session })), {
        name: 'NotAuthorizedException',
      })
      await assert.rejects(respond(here(), clientId, 'MFA_SETUP', attacker.Session, { USERNAME: 'ann' }), {
        name: 'NotAuthorizedException',
      })
      const owner = await signInByPassword(here(), clientId, 'ann')
      const code = app.code()
      const proven = await answerCode(clientId, owner.Session, code)
      assert.equal((await signInByPassword(here(), clientId, 'ann')).ChallengeName, 'SOFTWARE_TOKEN_MFA')
      await assert.rejects(answerCode(clientId, attacker.Session, code), wrongCode)
      await setUp(clientId, proven.Session)
      // This challenge of the former pool is still open. It leads nowhere now.
      there().clock.advance(30_000)
      await assert.rejects(answerCode(clientId, attacker.Session, app.code()), {
        name: 'NotAuthorizedException',
        message: /^Invalid session/,
      })
    })

    it('are locked here after wrong codes, and the former pool then gets no more of them', async () => {
      const { clientId, app } = await given()
      const { Session } = await signInByPassword(here(), clientId, 'ann')
      for (let guess = 0; guess < 5; guess++) await assert.rejects(answerCode(clientId, Session, '000000'), wrongCode)
      const calls = (await readMetrics(here().url)).valuesOf('lifeguard_former_pool_calls_total')
      await assert.rejects(answerCode(clientId, Session, app.code()), locked)
      assert.deepEqual((await readMetrics(here().url)).valuesOf('lifeguard_former_pool_calls_total'), calls)
      // The former pool has a lock of its own, which is not the user's fault here.
      here().clock.advance(2_000)
      await assert.rejects(answerCode(clientId, Session, app.code()), noAnswer)
      there().clock.advance(2_000)
      assert.equal((await answerCode(clientId, Session, app.code())).ChallengeName, 'MFA_SETUP')
    })

    it('begin again when the challenge of the former pool has ended', async () => {
      const { clientId, app } = await given()
      const { Session } = await signInByPassword(here(), clientId, 'ann')
      there().clock.advance(16 * 60_000)
      await assert.rejects(answerCode(clientId, Session, app.code()), { name: 'NotAuthorizedException', message: /^Invalid session/ })
      const again = await signInByPassword(here(), clientId, 'ann')
      assert.equal((await answerCode(clientId, again.Session, app.code())).ChallengeName, 'MFA_SETUP')
    })

    it('are proven also by users whom nobody has copied, through signed calls', async () => {
      const { clientId, app } = await given({ isLate: true, flow: 'ADMIN_USER_PASSWORD_AUTH', name: 'late' })
      const asked = await signInByPassword(here(), clientId, 'late')
      assert.equal(asked.ChallengeName, 'SOFTWARE_TOKEN_MFA')
      const proven = await answerCode(clientId, asked.Session, app.code(), 'late')
      const { tokens } = await setUp(clientId, proven.Session, 'late')
      assert.notEqual(tokens, undefined)
    })

    it('do not let in a user whose password an administrator has reset here', async () => {
      const { clientId, poolId, app } = await given()
      const { Session } = await signInByPassword(here(), clientId, 'ann')
      await here().send(new AdminResetUserPasswordCommand({ UserPoolId: poolId, Username: 'ann' }))
      await assert.rejects(answerCode(clientId, Session, app.code()), resetFirst)
      await assert.rejects(signInByPassword(here(), clientId, 'ann'), resetFirst)
    })

    it('demand a reset of the password when the former pool asks for what this pool does not offer', async () => {
      const other = await given()
      await setMfa(there(), other.poolId, 'OPTIONAL', ['totp', 'email'])
      await prefer(there(), other.poolId, 'ann', { EmailMfaSettings: { Enabled: true, PreferredMfa: true } })
      const temporary = await given()
      const password = { UserPoolId: temporary.poolId, Username: 'ann', Password: goodPassword, Permanent: false }
      await there().send(new AdminSetUserPasswordCommand(password))
      for (const { clientId, poolId } of [other, temporary]) {
        for (let attempt = 0; attempt < 2; attempt++) await assert.rejects(signInByPassword(here(), clientId, 'ann'), resetFirst)
        assert.equal(await statusOf(poolId), 'RESET_REQUIRED')
      }
    })

    it('are not passed on once the former pool is no longer asked', async () => {
      const { clientId, poolId, app } = await given()
      const { Session } = await signInByPassword(here(), clientId, 'ann')
      await callLifeguard(here(), 'SetUserPoolExtensions', { UserPoolId: poolId, FormerPool: {} })
      await assert.rejects(answerCode(clientId, Session, app.code()), noAnswer)
    })
  })
}
