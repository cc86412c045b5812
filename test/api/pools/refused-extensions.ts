/** Sections that SetUserPoolExtensions rejects. The name of each says what is wrong with it. */
export const refused: Readonly<Record<string, object>> = {
  'a trigger that does not exist': { Triggers: { PreSignOut: {} } },
  'a function that is not named by an ARN': { TriggerFunctions: { PreDeleteUser: 'the-function-to-call' } },
  'LAST_GOOD for a trigger of Lifeguard’s own': { Triggers: { PreDeleteUser: { OnError: 'LAST_GOOD' } } },
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
export const misspelled: readonly [sections: object, says: RegExp][] = [
  [{ Trigers: {} }, /: 'Trigers' is not a known member; the members are UserPoolId, Triggers, /],
  [
    { TriggerFunctions: { PreSignUp: 'arn:aws:lambda:us-east-1:123456789012:function:check' } },
    /: 'PreSignUp' at 'triggerFunctions' is not a known member; the members are PreDeleteUser, PostDeleteUser, PreUpdateUserAttributes/,
  ],
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
