/** How the text of a setting is understood. */
export type SettingType =
  | { readonly kind: 'text' | 'path' | 'flag' | 'key' | 'counts' }
  | { readonly kind: 'integer'; readonly min: number; readonly max: number }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'pattern'; readonly pattern: RegExp; readonly says: string }
  | { readonly kind: 'url'; readonly schemes: readonly string[] }

/** One setting: its flag is `--<flag>`, its variable `LIFEGUARD_<FLAG>`, its name in the configuration file `<flag>`. */
export type SettingSpec = {
  readonly flag: string
  readonly type: SettingType
  /** What the help calls the value. */
  readonly value?: string
  readonly default?: string | number | boolean
  /** Said in place of a default that depends on other things. */
  readonly defaultText?: string
  /** Never printed, logged or repeated in an error. */
  readonly secret?: boolean
  /** The commands that cannot run without it. */
  readonly requiredBy?: readonly ('serve' | 'keys')[]
  readonly help: string
}

const text = { kind: 'text' } as const
const path = { kind: 'path' } as const
const flag = { kind: 'flag' } as const

/** Every setting there is. `lifeguard help` and docs/settings.md are printed from this table. */
export const settingsTable = {
  port: { flag: 'port', type: { kind: 'integer', min: 0, max: 65_535 }, default: 9911, help: 'Port to listen on; 0 takes any free one.' },
  host: { flag: 'host', type: text, default: '127.0.0.1', help: 'Address to listen on. `dev` accepts loopback addresses only.' },
  data: { flag: 'data', type: path, value: 'DIR', default: '.lifeguard', help: 'Folder in which `dev` keeps its database and master key.' },
  database: {
    flag: 'database',
    type: { kind: 'url', schemes: ['sqlite:', 'postgres:', 'postgresql:'] },
    defaultText: 'in `dev`, an SQLite file in the data folder',
    secret: true,
    requiredBy: ['serve', 'keys'],
    help: 'Where everything is kept: `sqlite:PATH` or `postgres://user:password@host/name`.',
  },
  createDatabase: {
    flag: 'create-database',
    type: flag,
    default: false,
    help: 'Let `serve` begin with a database that is missing or empty. Without it `serve` refuses one, as it may be the wrong one; `dev` and the other commands always create it.',
  },
  databaseWaitSeconds: {
    flag: 'database-wait-seconds',
    type: { kind: 'integer', min: 0, max: 3600 },
    default: 60,
    help: 'How long a server that starts waits for a PostgreSQL that cannot be reached.',
  },
  databaseStatementSeconds: {
    flag: 'database-statement-seconds',
    type: { kind: 'integer', min: 1, max: 3600 },
    default: 5,
    help: 'How long PostgreSQL may take for a statement. Then the statement is given up, and so is a connection that does not answer.',
  },
  publicUrl: {
    flag: 'public-url',
    type: { kind: 'url', schemes: ['http:', 'https:'] },
    defaultText: 'in `dev`, the address it listens on',
    requiredBy: ['serve'],
    help: 'Address under which clients reach the server; tokens carry it as the start of their issuer.',
  },
  allowHttp: {
    flag: 'allow-http',
    type: flag,
    default: false,
    help: 'Let `serve` run on an http: public URL that is not loopback. Passwords and tokens then cross the network in the clear.',
  },
  trustedProxies: {
    flag: 'trust-proxy',
    type: { kind: 'integer', min: 0, max: 10 },
    value: 'COUNT',
    default: 0,
    help: 'How many proxies of yours stand in front of the server. So many entries at the end of X-Forwarded-For are believed; with 0 the header counts for nothing.',
  },
  config: { flag: 'config', type: path, value: 'FILE', help: 'JSON file with settings by these names, such as `{"port": 9911}`.' },
  tlsCert: { flag: 'tls-cert', type: path, value: 'FILE', help: 'Certificate chain (PEM) to serve HTTPS with; needs --tls-key.' },
  tlsKey: { flag: 'tls-key', type: path, value: 'FILE', help: 'Private key (PEM) of the certificate.' },
  region: {
    flag: 'region',
    type: { kind: 'pattern', pattern: /^([a-z]{2}(-[a-z]+)+-\d|local)$/, says: 'a region name such as us-east-1' },
    default: 'us-east-1',
    help: 'Region that pool ids, ARNs and signatures carry. `dev` also takes `local`.',
  },
  accountId: {
    flag: 'account-id',
    type: { kind: 'pattern', pattern: /^\d{12}$/, says: 'twelve digits' },
    default: '000000000000',
    help: 'Account that ARNs carry.',
  },
  masterKey: {
    flag: 'master-key',
    type: { kind: 'key' },
    secret: true,
    defaultText: 'in `dev`, a file made once in the data folder',
    help: 'Key that seals every stored secret: 32 bytes in base64 or 64 hex digits. Set it by its variable or --master-key-file; flags show in process lists.',
  },
  masterKeyFile: {
    flag: 'master-key-file',
    type: path,
    value: 'FILE',
    help: 'File that holds the master key, in place of --master-key. Only its owner may write to it, and not everybody may read it.',
  },
  allowReadableKeyFile: {
    flag: 'allow-readable-key-file',
    type: flag,
    default: false,
    help: 'Take a key file that every user of the machine may read, as mounted secrets of containers often are. One that others may write to is refused all the same.',
  },
  smtpUrl: {
    flag: 'smtp-url',
    type: { kind: 'url', schemes: ['smtp:', 'smtps:'] },
    secret: true,
    help: 'Mail server for e-mail: `smtp://user:password@host:587`, or `smtps://` for TLS from the first byte.',
  },
  emailFrom: { flag: 'email-from', type: text, value: 'ADDRESS', help: 'Sender of e-mail when the pool names none.' },
  emailFromDomains: {
    flag: 'email-from-domains',
    type: {
      kind: 'pattern',
      pattern: /^[a-z\d-]+(\.[a-z\d-]+)*(,[a-z\d-]+(\.[a-z\d-]+)*)*$/i,
      says: 'one or more domains, separated by commas',
    },
    value: 'DOMAINS',
    defaultText: 'any domain',
    help: 'Domains, such as `example.com,news.example.com`, of which alone a pool may set a sender of e-mail. Subdomains count as other domains.',
  },
  smsGatewayUrl: {
    flag: 'sms-gateway-url',
    type: { kind: 'url', schemes: ['http:', 'https:'] },
    secret: true,
    help: 'HTTP gateway that text messages are posted to.',
  },
  smsGatewayToken: { flag: 'sms-gateway-token', type: text, secret: true, help: 'Bearer token sent to the text message gateway.' },
  sesRegion: {
    flag: 'ses-region',
    type: { kind: 'pattern', pattern: /^[a-z]{2}(-[a-z]+)+-\d$/, says: 'a region name such as us-east-1' },
    value: 'REGION',
    help: "Send e-mail by Amazon SES in this region, with credentials from AWS's standard chain.",
  },
  sesEndpoint: {
    flag: 'ses-endpoint',
    type: { kind: 'url', schemes: ['https:', 'http:'] },
    defaultText: "the region's own",
    help: 'Address of SES. Only a loopback address may be http:.',
  },
  snsRegion: {
    flag: 'sns-region',
    type: { kind: 'pattern', pattern: /^[a-z]{2}(-[a-z]+)+-\d$/, says: 'a region name such as us-east-1' },
    value: 'REGION',
    help: "Send text messages by Amazon SNS in this region, with credentials from AWS's standard chain.",
  },
  snsEndpoint: {
    flag: 'sns-endpoint',
    type: { kind: 'url', schemes: ['https:', 'http:'] },
    defaultText: "the region's own",
    help: 'Address of SNS. Only a loopback address may be http:.',
  },
  twilioUrl: {
    flag: 'twilio-url',
    type: { kind: 'url', schemes: ['https:', 'http:'] },
    secret: true,
    help: 'Send text messages by Twilio, or a gateway that takes the same requests: `https://SID:TOKEN@api.twilio.com/2010-04-01/Accounts/SID/Messages.json`. Needs --twilio-from.',
  },
  twilioFrom: {
    flag: 'twilio-from',
    type: text,
    value: 'SENDER',
    help: 'Number or name that text messages come from, or the SID of a messaging service (`MG…`).',
  },
  messageRecordsHours: {
    flag: 'message-records-hours',
    type: { kind: 'integer', min: 0, max: 8760 },
    default: 24,
    help: 'How long it is kept what became of each message after it was sent or given up; 0 keeps nothing.',
  },
  maxPerRecipientPerHour: {
    flag: 'max-per-recipient-per-hour',
    type: { kind: 'integer', min: 0, max: 100_000_000 },
    defaultText: '0 in `dev`, 20 in `serve`',
    help: 'How many messages a pool sends to one address or number in an hour, unless the pool has a cap of its own (MaxPerRecipientPerHour); 0 for any number.',
  },
  functionsFile: {
    flag: 'functions-file',
    type: path,
    value: 'FILE',
    help: 'JSON file that says where the functions of triggers run, by the name in their ARN; see docs/triggers.md.',
  },
  functionsFolder: {
    flag: 'functions',
    type: path,
    value: 'DIR',
    help: 'Folder of JavaScript or TypeScript modules: each is the function of a trigger by its file name without extension. Entries of the functions file win; see docs/triggers.md.',
  },
  triggerRecordsHours: {
    flag: 'trigger-records-hours',
    type: { kind: 'integer', min: 0, max: 8760 },
    value: 'HOURS',
    default: 24,
    help: 'How long it is kept what the functions of triggers were asked and answered, secrets masked; 0 keeps nothing.',
  },
  codeKeyFile: {
    flag: 'code-key-file',
    type: path,
    value: 'FILE',
    defaultText: 'in `dev`, a file made once in the data folder',
    help: 'File that holds the key under which custom senders get their codes: 32 bytes in base64 or 64 hex digits. Its permissions have to be those of the master key file; see docs/codes.md.',
  },
  kmsRegion: {
    flag: 'kms-region',
    type: { kind: 'pattern', pattern: /^[a-z]{2}(-[a-z]+)+-\d$/, says: 'a region name such as us-east-1' },
    value: 'REGION',
    help: "Have AWS KMS encrypt the codes of custom senders, in this region, under each pool's KMSKeyID; in place of --code-key-file.",
  },
  kmsEndpoint: {
    flag: 'kms-endpoint',
    type: { kind: 'url', schemes: ['http:', 'https:'] },
    help: "Address of the KMS to use, if not AWS's own. Without --kms-region the region is that of the key's ARN.",
  },
  auditDays: {
    flag: 'audit-days',
    type: { kind: 'integer', min: 1, max: 36_500 },
    value: 'DAYS',
    default: 365,
    help: 'How long audit records are kept.',
  },
  metricsToken: {
    flag: 'metrics-token',
    type: text,
    secret: true,
    help: 'Bearer token that /metrics asks for. `serve` does not answer /metrics without one.',
  },
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
    help: 'Quotas to have in place of the defaults, such as `{"termsPerPool": 100}`. A name that is none is answered with all there are.',
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
    help: 'Memory that the bodies of all requests may take together. Past it, requests are answered 503.',
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

/** `--public-url` is LIFEGUARD_PUBLIC_URL. */
export function variableOf(spec: SettingSpec): string {
  return `LIFEGUARD_${spec.flag.toUpperCase().replaceAll('-', '_')}`
}
