import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { AssociateSoftwareTokenCommand, ChangePasswordCommand, UpdateUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import { minuteMs } from '../../../../src/base/durations.ts'
import { engines } from '../../../support/engines.ts'
import { callLifeguard } from '../../../support/lifeguard-operations.ts'
import { challengeAfterPassword, givenAppUser, registerApp, respond, setMfa, startTimeStep } from '../../../support/mfa.ts'
import { rawCall } from '../../../support/raw-call.ts'
import { attributesOf, update } from '../../../support/self-service.ts'
import { callAsUser, refusal, setClientSelfService, setSelfService, without } from '../../../support/self-service-switches.ts'
import { claimsOf, givenTokens, givenUser, goodPassword } from '../../../support/sign-in.ts'
import { startTestServer, type TestServer, useTestServer } from '../../../support/test-server.ts'
import { refresh } from '../../../support/tokens.ts'

const client = { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const, 'ALLOW_REFRESH_TOKEN_AUTH' as const] }
const tooOld = refusal('Sign in again: this user pool allows ChangePassword only within 10 minutes of the sign-in.')
const oneFactor = refusal('Sign in again with a second factor: this user pool allows ChangePassword only after that.')

for (const engine of engines) {
  describe(`Conditions of self-service on ${engine.name}`, () => {
    const server = useTestServer(engine)

    const changePassword = (AccessToken: string) =>
      server().send(new ChangePasswordCommand({ AccessToken, PreviousPassword: goodPassword, ProposedPassword: goodPassword }))
    async function refreshed(clientId: string, refreshToken: string): Promise<string> {
      const { AuthenticationResult: tokens } = await refresh(server(), clientId, refreshToken)
      return tokens?.AccessToken ?? ''
    }

    it('allow an operation until some minutes after the sign-in, and refreshed tokens do not make it newer', async () => {
      const { poolId, clientId } = await server().givenPool({ client })
      await givenUser(server(), poolId, 'ana')
      const first = await givenTokens(server(), clientId, 'ana')
      await setSelfService(server(), poolId, { Operations: { ChangePassword: { MaxAuthAgeMinutes: 10 } } })
      await changePassword(first.accessToken)
      server().clock.advance(10 * minuteMs - 1000)
      await changePassword(first.accessToken)
      await changePassword(await refreshed(clientId, first.refreshToken))
      server().clock.advance(2000)
      await assert.rejects(changePassword(first.accessToken), tooOld)
      await assert.rejects(changePassword(await refreshed(clientId, first.refreshToken)), tooOld)
      await update(server(), first.accessToken, { nickname: 'nan' })
      await changePassword((await givenTokens(server(), clientId, 'ana')).accessToken)
    })

    it('allow an operation only after a sign-in with a second factor, which refreshed tokens remember', async () => {
      startTimeStep(server())
      const ids = await server().givenPool({ client })
      await setMfa(server(), ids.poolId, 'OPTIONAL', ['totp'])
      const app = await givenAppUser(server(), ids, 'ana')
      await givenUser(server(), ids.poolId, 'ben')
      const signIn = async (steps: number) => {
        const { session: Session } = await challengeAfterPassword(server(), ids.clientId, 'ana')
        const answer = { USERNAME: 'ana', SOFTWARE_TOKEN_MFA_CODE: app.code(steps) }
        const { AuthenticationResult: tokens } = await respond(server(), ids.clientId, 'SOFTWARE_TOKEN_MFA', Session, answer)
        return { accessToken: tokens?.AccessToken ?? '', refreshToken: tokens?.RefreshToken ?? '' }
      }
      const before = await signIn(0)
      assert.equal(claimsOf(before.accessToken)['amr'], undefined)
      await setSelfService(server(), ids.poolId, { Operations: { ChangePassword: { SecondFactor: true } } })
      // The tokens of a sign-in from before do not tell how the user signed in.
      await assert.rejects(changePassword(before.accessToken), oneFactor)
      const after = await signIn(1)
      assert.deepEqual(claimsOf(after.accessToken)['amr'], ['pwd', 'otp', 'mfa'])
      await changePassword(after.accessToken)
      await changePassword(await refreshed(ids.clientId, after.refreshToken))
      const ben = await givenTokens(server(), ids.clientId, 'ben')
      await assert.rejects(changePassword(ben.accessToken), oneFactor)
      // The user may register a factor with this token, but the token stays one of a sign-in without it.
      await registerApp(server(), ben.accessToken)
      await assert.rejects(changePassword(ben.accessToken), oneFactor)
      await update(server(), ben.accessToken, { nickname: 'ben' })
    })

    it('come from the app client where it has a rule, and only its tokens carry the methods then', async () => {
      const ids = await server().givenPool({ client })
      await givenUser(server(), ids.poolId, 'ana')
      await setClientSelfService(server(), ids, { Operations: { ChangePassword: { SecondFactor: true, MaxAuthAgeMinutes: 10 } } })
      const { accessToken } = await givenTokens(server(), ids.clientId, 'ana')
      assert.deepEqual(claimsOf(accessToken)['amr'], ['pwd'])
      await assert.rejects(changePassword(accessToken), oneFactor)
    })

    it('do not bind a set-up that is part of a sign-in', async () => {
      const ids = await server().givenPool({ client })
      await givenUser(server(), ids.poolId, 'ana')
      await setMfa(server(), ids.poolId, 'ON', ['totp'])
      const off = { Operations: { AssociateSoftwareToken: { Allowed: false }, VerifySoftwareToken: { SecondFactor: true } } }
      await setSelfService(server(), ids.poolId, off)
      const { session: Session } = await challengeAfterPassword(server(), ids.clientId, 'ana')
      const begun = await server().send(new AssociateSoftwareTokenCommand({ Session }))
      assert.equal(typeof begun.SecretCode, 'string')
    })

    const refused: readonly [what: string, of: 'pool' | 'client', section: object, says: RegExp][] = [
      ['an age on a sign-up', 'pool', { Operations: { SignUp: { MaxAuthAgeMinutes: 5 } } }, /users call SignUp without a sign-in/],
      ['a second factor on a reset', 'client', { Operations: { ForgotPassword: { SecondFactor: true } } }, /SelfService.Operations.Forgot/],
      ['feedback of a client', 'client', { Operations: { UpdateAuthEventFeedback: { Allowed: false } } }, /Set the rule in SetUserPoolExt/],
      ['an administrator’s operation', 'pool', { Operations: { AdminDeleteUser: { Allowed: false } } }, /enum value set/],
      ['a sign-in', 'pool', { Operations: { InitiateAuth: { Allowed: false } } }, /enum value set/],
      ['a name of Object', 'pool', JSON.parse('{"Operations": {"__proto__": {"Allowed": false}}}'), /enum value set/],
      ['an age of 0', 'pool', { Operations: { GetUser: { MaxAuthAgeMinutes: 0 } } }, /greater than or equal to 1/],
      ['an age beyond a year', 'pool', { Operations: { GetUser: { MaxAuthAgeMinutes: 525_601 } } }, /less than or equal to 525600/],
      [
        'an unknown attribute',
        'pool',
        { LockedAttributes: ['custom:none'] },
        /LockedAttributes: the user pool has no attribute "custom:none"/,
      ],
      ['an unknown attribute', 'client', { LockedAttributes: ['mail'] }, /LockedAttributes: the user pool has no attribute "mail"/],
      ['a misspelled member', 'pool', { Operations: { GetUser: { Alowed: false } } }, /'Alowed' at .* is not a known member/],
    ]
    for (const [what, of, SelfService, says] of refused) {
      it(`are refused for ${what} in the settings of a ${of}`, async () => {
        const { poolId, clientId } = await server().givenPool()
        const operation = of === 'pool' ? 'SetUserPoolExtensions' : 'SetUserPoolClientExtensions'
        const ids = { UserPoolId: poolId, ...(of === 'client' && { ClientId: clientId }) }
        const set = callLifeguard(server(), operation, { ...ids, SelfService })
        await assert.rejects(set, { name: 'InvalidParameterException', message: says })
        const read = await callLifeguard(server(), operation.replace('Set', 'Get'), ids)
        assert.deepEqual(read.SelfService, { Operations: {}, LockedAttributes: [] })
      })
    }

    it('are shown as they were set, and UpdateUserPool keeps them', async () => {
      const ids = await server().givenPool({ client })
      const section = {
        Operations: {
          DeleteUser: { Allowed: false, SecondFactor: false },
          GetUser: { Allowed: true, MaxAuthAgeMinutes: 5, SecondFactor: true },
        },
        LockedAttributes: ['email'],
      }
      assert.deepEqual((await setSelfService(server(), ids.poolId, section)).SelfService, section)
      assert.deepEqual((await setClientSelfService(server(), ids, section)).SelfService, section)
      await server().send(new UpdateUserPoolCommand({ UserPoolId: ids.poolId }))
      await server().restart()
      const read = await callLifeguard(server(), 'GetUserPoolExtensions', { UserPoolId: ids.poolId })
      assert.deepEqual(read.SelfService, section)
    })
  })

  describe(`Attacks on switches of self-service on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('another spelling of the target or a client in the request does not get around a switch', async () => {
      const ids = await server().givenPool({ client })
      await givenUser(server(), ids.poolId, 'ana')
      const { accessToken } = await givenTokens(server(), ids.clientId, 'ana')
      const loose = await server().givenPool({ client })
      await setSelfService(server(), ids.poolId, without('DeleteUser'))
      await setClientSelfService(server(), loose, { Operations: { DeleteUser: { Allowed: true } } })
      const targets = [
        'AWSCognitoIdentityProviderService',
        'LifeguardService',
        'AWSCognitoIdentityService',
        'awscognitoidentityproviderservice',
      ]
      const names = ['DeleteUser', 'deleteUser', 'DeleteUser ', 'DELETEUSER', 'lifeguard:DeleteUser']
      for (const target of [...targets.flatMap((service) => names.map((name) => `${service}.${name}`)), 'DeleteUser']) {
        for (const more of [{}, { ClientId: loose.clientId }, { UserPoolId: loose.poolId }]) {
          assert.notEqual((await rawCall(server(), target, { AccessToken: accessToken, ...more })).status, 200, target)
        }
      }
      assert.equal(typeof (await attributesOf(server(), accessToken)), 'object')
    })

    it('a Session beside the token, or instead of it, does not get around a switch', async () => {
      const ids = await server().givenPool({ client })
      await setMfa(server(), ids.poolId, 'OPTIONAL', ['totp'])
      await givenUser(server(), ids.poolId, 'ana')
      const ana = { ...ids, username: 'ana', ...(await givenTokens(server(), ids.clientId, 'ana')) }
      await setSelfService(server(), ids.poolId, without('AssociateSoftwareToken', 'VerifySoftwareToken'))
      for (const name of ['AssociateSoftwareToken', 'VerifySoftwareToken'] as const) {
        assert.match(await callAsUser(server(), name, ana), /does not allow/)
        assert.match(await callAsUser(server(), name, ana, { Session: 'x'.repeat(40) }), /^InvalidParameterException: Either/)
        assert.match(await callAsUser(server(), name, ana, { AccessToken: undefined, Session: 'x'.repeat(40) }), /^NotAuthorizedException/)
      }
    })

    it('a token that is no longer valid gets the refusal of the token, not of the switch', async () => {
      const ids = await server().givenPool({ client })
      await givenUser(server(), ids.poolId, 'ana')
      const ana = { ...ids, username: 'ana', ...(await givenTokens(server(), ids.clientId, 'ana')) }
      await callAsUser(server(), 'GlobalSignOut', ana)
      await setSelfService(server(), ids.poolId, without('DeleteUser'))
      assert.equal(await callAsUser(server(), 'DeleteUser', ana), 'NotAuthorizedException: Access Token has been revoked')
    })

    it('another process on the same database refuses at once', async () => {
      const database = await engine.createDatabase()
      const folder = mkdtempSync(join(tmpdir(), 'lifeguard-switches-'))
      const flags = ['--database', database.url, '--data', folder, '--public-url', 'http://localhost:1']
      {
        await using first = await startTestServer(engine, { flags })
        await using second = await startTestServer(engine, { flags })
        const ids = await first.givenPool({ client })
        await givenUser(first, ids.poolId, 'ana')
        const ana = { ...ids, username: 'ana', ...(await givenTokens(first, ids.clientId, 'ana')) }
        const become = async (at: TestServer, says: RegExp) => {
          // The clocks of the tests stand still, so no cache ends by itself. Only the notification of the change is waited for.
          const deadline = performance.now() + 20_000
          while (!says.test(await callAsUser(at, 'GetUser', ana))) assert.ok(performance.now() < deadline)
        }
        await become(second, /^ok$/)
        await setSelfService(first, ids.poolId, without('GetUser'))
        assert.match(await callAsUser(first, 'GetUser', ana), /does not allow/)
        await become(second, /does not allow/)
        await setClientSelfService(second, ids, { Operations: { GetUser: {} } })
        await become(first, /^ok$/)
      }
      await database.drop()
      rmSync(folder, { recursive: true, force: true })
    })
  })
}
