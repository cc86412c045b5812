import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DeleteUserPoolCommand, DescribeUserPoolCommand, UpdateUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
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

const everything = {
  Triggers: {
    PreSignUp: { TimeoutMilliseconds: 1000, Retries: 2, OnError: 'CONTINUE', CircuitBreaker: { Failures: 3, OpenSeconds: 30 } },
    PreTokenGeneration: { TimeoutMilliseconds: 60_000, Retries: 0, OnError: 'LAST_GOOD' },
    PreDeleteUser: { TimeoutMilliseconds: 2000, Retries: 1, OnError: 'CONTINUE_UNLESS_REFUSED' },
  },
  TriggerFunctions: {
    PreDeleteUser: 'arn:aws:lambda:us-east-1:123456789012:function:before',
    PostDeleteUser: 'arn:aws:lambda:us-east-1:123456789012:function:after',
    PreUpdateUserAttributes: 'arn:aws:lambda:us-east-1:123456789012:function:before',
  },
  CustomAuth: { MfaAfterPassword: 'SKIPPED', WrongAnswers: 'LOCK_OUT' },
  SignUp: { ContactCorrection: false, UnconfirmedUserLifetimeHours: 72, HideExistingUsers: true, VerifyAllAddresses: true },
  Messages: {
    Suppress: ['SignUp', 'Authentication', 'SignInLink'],
    Templates: {
      de: {
        VerificationSms: 'Dein Code: {####}',
        VerificationEmail: 'Dein Code: <b>{####}</b>',
        VerificationEmailSubject: 'Dein Code',
        LinkEmail: 'Bitte {##bestätigen##}',
        LinkEmailSubject: 'Dein Link',
        SignInLinkEmail: 'Bitte {##anmelden##}',
        SignInLinkEmailSubject: 'Dein Link',
        AuthenticationSms: 'Anmeldung: {####}',
        AuthenticationEmail: 'Anmeldung: {####}',
        AuthenticationEmailSubject: 'Anmeldung',
        InvitationSms: '{username}: {####}',
        InvitationEmail: 'Hallo {username}, {####}',
        InvitationEmailSubject: 'Willkommen',
      },
      'pt-BR': { VerificationEmail: 'Seu código: {####}' },
    },
    MaxPerDay: 1000,
    MaxPerRecipientPerHour: 5,
    OnRefusal: 'FAIL',
  },
  HostedPages: {
    SessionMinutes: 120,
    SessionIdleMinutes: 30,
    RememberMeDays: 30,
    EndSessionsOnSignOut: true,
    CheckResetCodeFirst: true,
    OfferPasskey: true,
    SignInLinks: { Enabled: true, LifetimeMinutes: 60, EmailMessage: 'Use {##this##}', EmailSubject: 'Your link' },
  },
  Federation: {
    LinkingPolicy: 'PROOF',
    FirstLinkedSignIn: 'SIGNED_IN',
    Providers: {
      Corp: {
        EmailVerified: 'ALWAYS',
        AttributeModes: { name: 'FIRST' },
        SignOutAtProvider: true,
        PreviousIssuers: ['https://old.test'],
        AssertionEncryption: 'AUTHENTICATED',
      },
    },
  },
  ThreatProtection: {
    Thresholds: { Low: -10, Medium: 5, High: 15 },
    BreachSourceFailure: 'REFUSE',
    RiskNoticesPerDay: 3,
    AccountNotices: ['PASSWORD', 'EMAIL'],
    UndoDays: 14,
    InvalidFeedback: 'SIGN_OUT_AND_RESET',
    Stuffing: 'SLOW_DOWN',
    EventsUrl: 'https://events.test/in',
  },
  OAuth: {
    Manner: 'STRICT',
    NonProductionClientIds: ['abc'],
    RequirePushedAuthorizationRequests: true,
    RequireDPoPNonces: true,
    ClientRegistration: {
      Mode: 'OPEN',
      AllowedScopes: ['openid', 'https://api.test/read'],
      AllowedGrantTypes: ['authorization_code', 'client_credentials'],
      AllowedRedirectHosts: ['app.test'],
      MaxClients: 7,
    },
  },
  Tokens: {
    Claims: [
      { Name: 'tenant', Tokens: ['ID', 'ACCESS'], Constant: { id: 7, names: ['a', null] } },
      { Name: 'mail', Inside: 'https://api.test/claims', Tokens: ['ID'], Attribute: 'email' },
      {
        Name: 'roles',
        Tokens: ['ACCESS'],
        ClientIds: ['abc'],
        Groups: { Prefix: 'app-', RemovePrefix: true, Rename: { 'app-boss': 'admin' } },
      },
    ],
  },
  Passwords: { Storage: 'BOTH' },
  DeletedUsers: { KeepDays: 30 },
  RecoveryCodes: { Enabled: true },
  SelfService: { Operations: { GetUser: { Allowed: true, MaxAuthAgeMinutes: 10, SecondFactor: true } }, LockedAttributes: ['email'] },
  NewClients: { CustomAttributes: 'READ_ONLY' },
  Sessions: { EndOnPasswordChange: true },
  TestUsers: [{ Username: 'robot', Code: '123456' }],
  Usernames: { ChangeableBy: 'USERS', KeepFormerDays: 0 },
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
