import { flag, type SettingSpec, text } from './setting-spec.ts'

const origins = /^https?:\/\/(?:[a-z\d.-]+|\[[\da-f:.]+\])(?::\d{1,5})?(?:,https?:\/\/(?:[a-z\d.-]+|\[[\da-f:.]+\])(?::\d{1,5})?)*$/i

/** Settings of limits, time limits, private addresses and logging. Part of the table in settings-table.ts. */
export const limitSettings = {
  privateLogoutOrigins: {
    flag: 'private-logout-origins',
    type: {
      kind: 'pattern',
      pattern: origins,
      expected: 'one or more origins, such as `https://app.internal:8443`, separated by commas',
    },
    value: 'ORIGINS',
    defaultText: '`dev`: those of this machine; `serve`: none',
    help: 'Origins of apps that may have an address of this machine or of a private network in BackChannelLogout, such as `https://app.internal:8443`. All other apps need public addresses.',
  },
  privateFormerPools: {
    flag: 'private-former-pools',
    type: {
      kind: 'pattern',
      pattern: origins,
      expected: 'one or more origins, such as `https://old-login.internal:8443`, separated by commas',
    },
    value: 'ORIGINS',
    defaultText: '`dev`: those of this machine; `serve`: none',
    help: 'Origins of former pools that may have an address of this machine or of a private network in FormerPool, such as `https://old-login.internal:8443`. All other former pools need public addresses and HTTPS.',
  },
  formerPoolEndpoints: {
    flag: 'former-pool-endpoints',
    type: {
      kind: 'pattern',
      pattern: origins,
      expected: 'one or more origins, such as `https://old-login.example.com`, separated by commas',
    },
    value: 'ORIGINS',
    defaultText: '`dev`: those of this machine; `serve`: none',
    help: "Endpoints of FormerPool for which this server signs calls with its AWS credentials (ADMIN_USER_PASSWORD_AUTH), such as `https://old-login.example.com`. It always signs for AWS's own endpoint of the former pool's region.",
  },
  breachedPasswords: {
    flag: 'breached-passwords',
    type: text,
    value: 'SOURCES',
    default: 'embedded',
    help: 'Lists of stolen passwords for pools with threat protection, separated by commas: `embedded` (common passwords), the URL of a service that answers like https://api.pwnedpasswords.com, or the path of a file with sorted lines `SHA1:count`. See docs/threat-protection.md.',
  },
  enforceTiers: {
    flag: 'enforce-tiers',
    type: flag,
    default: false,
    help: 'Reject features that the UserPoolTier of a pool does not include, as Cognito does. Without it every pool has every feature.',
  },
  quotas: {
    flag: 'quotas',
    type: { kind: 'counts' },
    defaultText: "Cognito's default quotas",
    help: 'Quotas that replace the defaults, such as `{"termsPerPool": 100}`. The error about an unknown name lists all names.',
  },
  keepDeletedPoolsDays: {
    flag: 'keep-deleted-pools-days',
    type: { kind: 'integer', min: 0, max: 3650 },
    value: 'DAYS',
    default: 0,
    help: 'Days for which DeleteUserPool keeps the data of a pool, so that RestoreUserPool can bring the pool back. With 0 the removal begins at once. A change applies to pools that are deleted later.',
  },
  rateLimits: {
    flag: 'rate-limits',
    type: { kind: 'integer', min: 0, max: 1_000_000 },
    defaultText: '0 in `dev`, 1 in `serve`',
    help: "Factor by which Cognito's default request rates are multiplied. The rates hold for each process and category of operations; 0 sets no limit.",
  },
  srpClockToleranceSeconds: {
    flag: 'srp-clock-tolerance',
    type: { kind: 'integer', min: 1, max: 86_400 },
    value: 'SECONDS',
    default: 300,
    help: "Difference that is allowed between a client's clock and the server's in a sign-in by SRP. Beyond it the password counts as wrong.",
  },
  shedLoad: {
    flag: 'shed-load',
    type: flag,
    defaultText: 'false in `dev`, true in `serve`',
    help: 'Answer 503 with Retry-After to requests that would wait too long, so that the others are answered quickly; see docs/performance.md.',
  },
  requestSeconds: {
    flag: 'request-seconds',
    type: { kind: 'integer', min: 1, max: 3600 },
    default: 120,
    help: 'Seconds after which a request without an answer is answered 503. Allow for the time that trigger functions take.',
  },
  maxConnections: {
    flag: 'max-connections',
    type: { kind: 'integer', min: 1, max: 1_000_000 },
    default: 10_000,
    help: 'Number of connections that may be open at a time. Further connections are closed at once.',
  },
  bodyMegabytes: {
    flag: 'body-megabytes',
    type: { kind: 'integer', min: 8, max: 65_536 },
    default: 64,
    help: 'Memory in megabytes for the bodies of all current requests. A quarter of it is reserved for bodies of at most 16 KiB. Beyond it, requests are answered 503.',
  },
  logAddresses: {
    flag: 'log-addresses',
    type: flag,
    default: false,
    help: "Write the client's address into the log line of each request.",
  },
  workers: {
    flag: 'workers',
    type: { kind: 'integer', min: 1, max: 256 },
    defaultText: 'one for each processor, at most 8',
    help: 'Number of threads that compute password proofs.',
  },
  logLevel: {
    flag: 'log-level',
    type: { kind: 'choice', choices: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] },
    default: 'info',
    help: 'Lowest severity of the lines that are logged.',
  },
  logFormat: {
    flag: 'log-format',
    type: { kind: 'choice', choices: ['json', 'text'] },
    value: 'FORMAT',
    defaultText: '`json` in `serve`, `text` in `dev`',
    help: 'Form of the lines that are logged: one JSON object a line, or text for people.',
  },
  shutdownSeconds: {
    flag: 'shutdown-seconds',
    type: { kind: 'integer', min: 0, max: 3600 },
    default: 25,
    help: 'Seconds that requests in flight may take to finish after SIGTERM.',
  },
} as const satisfies Record<string, SettingSpec>
