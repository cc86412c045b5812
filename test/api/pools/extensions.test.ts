import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DeleteUserPoolCommand, DescribeUserPoolCommand, UpdateUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { everything } from '../../support/every-extension.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { useTestServer } from '../../support/test-server.ts'
import { misspelled, refused } from './refused-extensions.ts'

const defaults = {
  Triggers: {},
  TriggerFunctions: {},
  CustomAuth: { MfaAfterPassword: 'REQUIRED', WrongAnswers: 'UNLIMITED' },
  SignUp: { ContactCorrection: false, HideExistingUsers: false, VerifyAllAddresses: false },
  Messages: { Suppress: [], Templates: {}, OnRefusal: 'IGNORE' },
  HostedPages: {
    SessionMinutes: 60,
    EndSessionsOnSignOut: false,
    CheckResetCodeFirst: false,
    OfferPasskey: false,
    AccountPage: false,
    SignInLinks: { Enabled: false, LifetimeMinutes: 15 },
  },
  Federation: { LinkingPolicy: 'SEPARATE', FirstLinkedSignIn: 'REFUSED', Providers: {} },
  ThreatProtection: {
    Thresholds: { Low: 0, Medium: 8, High: 14 },
    BreachSourceFailure: 'ALLOW',
    RiskNoticesPerDay: 1,
    AccountNotices: [],
    UndoDays: 7,
    InvalidFeedback: 'RECORD',
    Stuffing: 'IGNORE',
  },
  OAuth: {
    Manner: 'COGNITO',
    ClientRegistration: {
      Mode: 'OFF',
      AllowedScopes: ['openid', 'email', 'phone', 'profile'],
      AllowedGrantTypes: ['authorization_code'],
      MaxClients: 100,
    },
  },
  Tokens: { Claims: [] },
  Passwords: { Storage: 'SRP' },
  DeletedUsers: { KeepDays: 0 },
  RecoveryCodes: { Enabled: false },
  SelfService: { Operations: {}, LockedAttributes: [] },
  NewClients: { CustomAttributes: 'WRITABLE' },
  Sessions: { EndOnPasswordChange: false },
  TestUsers: [],
  Usernames: { ChangeableBy: 'NOBODY', KeepFormerDays: 30 },
}

for (const engine of engines) {
  describe(`Extensions of pools on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const get = async (poolId: string) => {
      const { UserPoolId, ...sections } = await callLifeguard(server(), 'GetUserPoolExtensions', { UserPoolId: poolId })
      assert.equal(UserPoolId, poolId)
      return sections
    }
    const set = (poolId: string, sections: object) => callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, ...sections })

    it('have the defaults, with which a pool behaves as in Cognito, until they are set', async () => {
      const { poolId } = await server().givenPool()
      assert.deepEqual(await get(poolId), defaults)
      assert.deepEqual(await set(poolId, {}), { UserPoolId: poolId, ...defaults })
    })

    it('are shown as they were set, also after a restart', async () => {
      const { poolId } = await server().givenPool()
      assert.deepEqual(await set(poolId, everything), { UserPoolId: poolId, ...everything })
      await server().restart()
      assert.deepEqual(await get(poolId), everything)
    })

    it('are replaced section by section', async () => {
      const { poolId } = await server().givenPool()
      await set(poolId, everything)
      await set(poolId, { Messages: { MaxPerDay: 7 } })
      assert.deepEqual(await get(poolId), { ...everything, Messages: { ...defaults.Messages, MaxPerDay: 7 } })
      await set(poolId, {
        ...Object.fromEntries(Object.keys(defaults).map((section) => [section, {}])),
        TestUsers: [],
      })
      assert.deepEqual(await get(poolId), defaults)
    })

    it('have defaults for members that a section omits', async () => {
      const { poolId } = await server().givenPool()
      const { Triggers, Messages } = await set(poolId, {
        Triggers: { PostConfirmation: {} },
        Messages: { Suppress: ['SignUp', 'SignUp'], Templates: { 'pt-br': { VerificationSms: '{####}' } } },
      })
      assert.deepEqual(Triggers, { PostConfirmation: { TimeoutMilliseconds: 5000, Retries: 0, OnError: 'FAIL' } })
      assert.deepEqual(Messages, { Suppress: ['SignUp'], Templates: { 'pt-BR': { VerificationSms: '{####}' } }, OnRefusal: 'IGNORE' })
    })

    it('accept an invitation template without a password', async () => {
      const { poolId } = await server().givenPool()
      await set(poolId, { Messages: { Templates: { de: { InvitationEmail: 'Hallo {username}' } } } })
    })

    it('are not changed by UpdateUserPool and not shown by DescribeUserPool', async () => {
      const { poolId } = await server().givenPool()
      await set(poolId, everything)
      await server().send(new UpdateUserPoolCommand({ UserPoolId: poolId, MfaConfiguration: 'OFF' }))
      assert.deepEqual(await get(poolId), everything)
      const { UserPool } = await server().send(new DescribeUserPoolCommand({ UserPoolId: poolId }))
      assert.doesNotMatch(JSON.stringify(UserPool), /Extensions|TestUsers|123456|MaxPerDay/i)
    })

    it('belong to one pool and are deleted with it', async () => {
      const { poolId } = await server().givenPool()
      const other = await server().givenPool()
      await set(poolId, everything)
      assert.deepEqual(await get(other.poolId), defaults)
      await server().send(new DeleteUserPoolCommand({ UserPoolId: poolId }))
      for (const call of [() => get(poolId), () => set(poolId, everything)]) {
        await assert.rejects(call, { name: 'ResourceNotFoundException', message: `User pool ${poolId} does not exist.` })
      }
    })

    it('do not change when a request is invalid', async () => {
      const { poolId } = await server().givenPool({ pool: { UsernameConfiguration: { CaseSensitive: false } } })
      await set(poolId, everything)
      for (const [problem, sections] of Object.entries(refused)) {
        await assert.rejects(set(poolId, sections), { name: 'InvalidParameterException' }, problem)
      }
      assert.deepEqual(await get(poolId), everything)
    })

    it('are rejected with an unknown member; the error lists the known members', async () => {
      const { poolId } = await server().givenPool()
      await set(poolId, everything)
      for (const [sections, message] of misspelled) {
        await assert.rejects(set(poolId, sections), { name: 'InvalidParameterException', message })
      }
      assert.deepEqual(await get(poolId), everything)
    })
  })
}
