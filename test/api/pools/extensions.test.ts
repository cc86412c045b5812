import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DeleteUserPoolCommand, DescribeUserPoolCommand, UpdateUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { useTestServer } from '../../support/test-server.ts'

const defaults = {
  Triggers: {},
  CustomAuth: { MfaAfterPassword: 'REQUIRED', WrongAnswers: 'UNLIMITED' },
  SignUp: { ContactCorrection: false },
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
  SelfService: { Operations: {}, LockedAttributes: [] },
  RecoveryCodes: { Enabled: false },
  TestUsers: [],
}

const everything = {
  Triggers: {
    PreSignUp: { TimeoutMilliseconds: 1000, Retries: 2, OnError: 'CONTINUE', CircuitBreaker: { Failures: 3, OpenSeconds: 30 } },
    PreTokenGeneration: { TimeoutMilliseconds: 60_000, Retries: 0, OnError: 'LAST_GOOD' },
  },
  CustomAuth: { MfaAfterPassword: 'SKIPPED', WrongAnswers: 'LOCK_OUT' },
  SignUp: { ContactCorrection: true, UnconfirmedUserLifetimeHours: 72 },
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
    AccountPage: true,
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
      { Name: 'roles', Tokens: ['ACCESS'], ClientIds: ['abc'], Groups: { Prefix: 'a-', RemovePrefix: true, Rename: { 'a-b': 'c' } } },
    ],
  },
  Passwords: { Storage: 'BOTH' },
  DeletedUsers: { KeepDays: 30 },
  SelfService: { Operations: { GetUser: { Allowed: true, MaxAuthAgeMinutes: 10, SecondFactor: true } }, LockedAttributes: ['email'] },
  RecoveryCodes: { Enabled: true },
  TestUsers: [{ Username: 'robot', Code: '123456' }],
}

/** Sections that SetUserPoolExtensions rejects. The name of each says what is wrong with it. */
const refused: Readonly<Record<string, object>> = {
  'a trigger that does not exist': { Triggers: { PreSignOut: {} } },
  'a timeout of 0': { Triggers: { PreSignUp: { TimeoutMilliseconds: 0 } } },
  'a timeout that is too long': { Triggers: { PreSignUp: { TimeoutMilliseconds: 10_000_000 } } },
  'too many retries': { Triggers: { PreSignUp: { Retries: 1000 } } },
  'an unknown OnError': { Triggers: { PreSignUp: { OnError: 'SHRUG' } } },
  'LAST_GOOD for another trigger than PreTokenGeneration': { Triggers: { PreSignUp: { OnError: 'LAST_GOOD' } } },
  'a circuit breaker without OpenSeconds': { Triggers: { PreSignUp: { CircuitBreaker: { Failures: 3 } } } },
  'a circuit breaker after 0 failures': { Triggers: { PreSignUp: { CircuitBreaker: { Failures: 0, OpenSeconds: 1 } } } },
  'an unknown WrongAnswers': { CustomAuth: { WrongAnswers: 'IGNORE' } },
  'an unknown MfaAfterPassword': { CustomAuth: { MfaAfterPassword: 'MAYBE' } },
  'a lifetime of 0': { SignUp: { UnconfirmedUserLifetimeHours: 0 } },
  'a lifetime beyond a year': { SignUp: { UnconfirmedUserLifetimeHours: 8761 } },
  'an unknown kind of message': { Messages: { Suppress: ['Newsletter'] } },
  'a link that lives for 0 minutes': { HostedPages: { SignInLinks: { LifetimeMinutes: 0 } } },
  'a link that lives for more than an hour': { HostedPages: { SignInLinks: { LifetimeMinutes: 61 } } },
  'an e-mail without its link': { HostedPages: { SignInLinks: { EmailMessage: 'Hello' } } },
  'a daily limit of 0': { Messages: { MaxPerDay: 0 } },
  'an hourly limit of 0': { Messages: { MaxPerRecipientPerHour: 0 } },
  'a daily limit that is too high': { Messages: { MaxPerDay: 100_000_001 } },
  'an unknown OnRefusal': { Messages: { OnRefusal: 'SHOUT' } },
  'an invalid locale': { Messages: { Templates: { 'not a locale': {} } } },
  'a locale twice, spelled differently': { Messages: { Templates: { 'pt-br': {}, 'pt-BR': {} } } },
  'an e-mail template without a placeholder for the code': { Messages: { Templates: { de: { VerificationEmail: 'Hallo, du!' } } } },
  'an SMS template without a placeholder for the code': { Messages: { Templates: { de: { AuthenticationSms: 'Hallo, du!' } } } },
  'a link template without a link': { Messages: { Templates: { de: { LinkEmail: 'Hallo {####}' } } } },
  'an invitation without a placeholder for the username': { Messages: { Templates: { de: { InvitationEmail: 'Code {####}' } } } },
  'a template that is too short': { Messages: { Templates: { de: { VerificationSms: '{####' } } } },
  'a text message that is too long': { Messages: { Templates: { de: { VerificationSms: `{####}${'x'.repeat(1600)}` } } } },
  'a subject that is too long': { Messages: { Templates: { de: { VerificationEmailSubject: 'x'.repeat(999) } } } },
  'an empty subject': { Messages: { Templates: { de: { VerificationEmailSubject: '' } } } },
  'a test user twice': {
    TestUsers: [
      { Username: 'robot', Code: '123456' },
      { Username: 'ROBOT', Code: '123456' },
    ],
  },
  'a code of letters': { TestUsers: [{ Username: 'robot', Code: 'abcdef' }] },
  'a code that is too short': { TestUsers: [{ Username: 'robot', Code: '12345' }] },
  'a code that is too long': { TestUsers: [{ Username: 'robot', Code: '123456789' }] },
  'a test user without a code': { TestUsers: [{ Username: 'robot' }] },
}

/** Sections with an unknown member, each with the pattern of the error message. */
const misspelled: readonly [sections: object, says: RegExp][] = [
  [{ Trigers: {} }, /: 'Trigers' is not a known member; the members are UserPoolId, Triggers, /],
  [
    { Triggers: { PreSignUp: { OnEror: 'CONTINUE' } } },
    /: 'OnEror' at 'triggers\.PreSignUp\.member' is not a known member; the members are .*OnError/,
  ],
  [{ SignUp: { ContactCorection: true } }, /: 'ContactCorection' at 'signUp' is not a known member; the members are ContactCorrection, /],
  [{ TestUsers: [{ Username: 'robot', Code: '123456', code: '1' }] }, /: 'code' at 'testUsers\.1\.member' is not a known member; /],
  [
    JSON.parse('{"__proto__": {"OnError": "CONTINUE"}, "constructor": {}}'),
    /2 validation errors detected: '__proto__' is not a known member; /,
  ],
]

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
        Triggers: {},
        CustomAuth: {},
        SignUp: {},
        Messages: {},
        HostedPages: {},
        OAuth: {},
        Tokens: {},
        Federation: {},
        ThreatProtection: {},
        Passwords: {},
        DeletedUsers: {},
        SelfService: {},
        RecoveryCodes: {},
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
