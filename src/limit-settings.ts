import { flag, type SettingSpec } from './setting-spec.ts'

/** What the server takes, how long it waits, and what it logs. Part of the table in settings-table.ts. */
export const limitSettings = {
  enforceTiers: {
    flag: 'enforce-tiers',
    type: flag,
    default: false,
    help: 'Refuse a user pool what its UserPoolTier does not include, as Cognito does. Without it every pool has every feature.',
  },
  quotas: {
    flag: 'quotas',
    type: { kind: 'counts' },
    defaultText: "Cognito's default quotas",
    help: 'Quotas to have in place of the defaults, such as `{"termsPerPool": 100}`. The error about an unknown name lists all names.',
  },
  rateLimits: {
    flag: 'rate-limits',
    type: { kind: 'integer', min: 0, max: 1_000_000 },
    defaultText: '0 in `dev`, 1 in `serve`',
    help: "Requests a second that each process takes in each category of operations, in multiples of Cognito's defaults; 0 sets no limit.",
  },
  srpClockToleranceSeconds: {
    flag: 'srp-clock-tolerance',
    type: { kind: 'integer', min: 1, max: 86_400 },
    value: 'SECONDS',
    default: 300,
    help: 'How far the clock of a client may differ from that of the server when it proves a password by SRP; beyond it the password counts as wrong.',
  },
  shedLoad: {
    flag: 'shed-load',
    type: flag,
    defaultText: 'false in `dev`, true in `serve`',
    help: 'Answer 503 with Retry-After to requests that would have to wait too long, so that the others are answered quickly; see docs/performance.md.',
  },
  requestSeconds: {
    flag: 'request-seconds',
    type: { kind: 'integer', min: 1, max: 3600 },
    default: 120,
    help: 'How long a caller is kept waiting before the answer is 503. Allow for the functions of triggers.',
  },
  maxConnections: {
    flag: 'max-connections',
    type: { kind: 'integer', min: 1, max: 1_000_000 },
    default: 10_000,
    help: 'Connections that are open at a time. Those beyond are closed at once.',
  },
  bodyMegabytes: {
    flag: 'body-megabytes',
    type: { kind: 'integer', min: 8, max: 65_536 },
    default: 64,
    help: 'Memory that the bodies of all requests may take together; a quarter of it is for bodies of at most 16 KiB. Past it, requests are answered 503.',
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
    help: 'Threads that compute password proofs.',
  },
  logLevel: {
    flag: 'log-level',
    type: { kind: 'choice', choices: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] },
    default: 'info',
    help: 'Least severe log line to write.',
  },
  shutdownSeconds: {
    flag: 'shutdown-seconds',
    type: { kind: 'integer', min: 0, max: 3600 },
    default: 25,
    help: 'How long requests in flight may take to finish after SIGTERM.',
  },
} as const satisfies Record<string, SettingSpec>
