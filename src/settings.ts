import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { BackupSettings } from './backup-settings.ts'
import { suggestion } from './flag-suggestion.ts'
import type { LogSettings } from './log-settings.ts'
import { parseCounts } from './parse-counts.ts'
import { contradictionsOf } from './setting-rules.ts'
import { type SettingSpec, variableOf } from './setting-spec.ts'
import { settingsTable } from './settings-table.ts'

/** The kind of process: `keys` stands for the commands that use what is sealed in the database, `db` for those that do not. */
export type Mode = 'dev' | 'serve' | 'keys' | 'db'

/** The checked settings of the process. Of the files named here, only the configuration file has been opened yet. */
export type Settings = LogSettings &
  BackupSettings & {
    readonly mode: Mode
    readonly port: number
    readonly host: string
    readonly data: string
    /** Always set in `serve`, `keys` and `db`. */
    readonly database: string | undefined
    readonly createDatabase: boolean
    readonly migrate: boolean
    readonly databaseWaitSeconds: number
    readonly databaseStatementSeconds: number
    /** Without a slash at its end. Always set in `serve`. */
    readonly publicUrl: string | undefined
    readonly allowHttp: boolean
    readonly trustedProxies: number
    readonly tlsCert: string | undefined
    readonly tlsKey: string | undefined
    readonly https: boolean
    readonly region: string
    readonly accountId: string
    readonly masterKey: Buffer | undefined
    readonly masterKeyFile: string | undefined
    /** The previous key, while the master key is being changed. */
    readonly previousMasterKey: Buffer | undefined
    readonly previousMasterKeyFile: string | undefined
    readonly allowReadableKeyFile: boolean
    readonly smtpUrl: string | undefined
    readonly emailFrom: string | undefined
    readonly emailFromDomains: string | undefined
    readonly openIdClients: string | undefined
    readonly samlProviders: string | undefined
    readonly privateLogoutOrigins: string | undefined
    readonly privateFormerPools: string | undefined
    readonly formerPoolEndpoints: string | undefined
    readonly loginProviderUrls: string | undefined
    readonly stsUrl: string | undefined
    readonly smsGatewayUrl: string | undefined
    readonly smsGatewayToken: string | undefined
    readonly sesRegion: string | undefined
    readonly sesEndpoint: string | undefined
    readonly snsRegion: string | undefined
    readonly snsEndpoint: string | undefined
    readonly twilioUrl: string | undefined
    readonly twilioFrom: string | undefined
    readonly messageRecordsHours: number
    readonly maxPerRecipientPerHour: number | undefined
    readonly functionsFile: string | undefined
    readonly codeKeyFile: string | undefined
    readonly kmsRegion: string | undefined
    readonly kmsEndpoint: string | undefined
    readonly auditDays: number
    readonly requireReachableProviders: boolean | undefined
    readonly privateIdentityProviders: string | undefined
    readonly auditStream: string | undefined
    readonly auditStreamSecret: string | undefined
    readonly functionsFolder: string | undefined
    readonly applyFile: string | undefined
    readonly triggerRecordsHours: number
    /** The environment of trigger functions. It contains no setting of this program and no NODE_OPTIONS. */
    readonly functionEnvironment: Readonly<Record<string, string>>
    readonly authorizeSecret: string | undefined
    readonly metricsToken: string | undefined
    readonly geoDatabase: string | undefined
    readonly anonymousNetworks: string | undefined
    readonly breachedPasswords: string
    readonly enforceTiers: boolean
    readonly keepDeletedPoolsDays: number
    readonly quotas: Readonly<Record<string, number>> | undefined
    readonly rateLimits: number | undefined
    readonly srpClockToleranceSeconds: number
    readonly shedLoad: boolean | undefined
    readonly requestSeconds: number
    readonly maxConnections: number
    readonly bodyMegabytes: number
    readonly logAddresses: boolean
    readonly workers: number | undefined
    readonly logLevel: string
    readonly logFormat: 'json' | 'text' | undefined
    readonly shutdownSeconds: number
  }

/** The program cannot start. The message is one line for the operator: which setting, what is wrong, what to do. It contains no secret. */
export class SettingsError extends Error {
  override name = 'SettingsError'
}

/** The parsed command line: values by flag name, and the arguments that are not flags. */
type CommandLine = { readonly values: ReadonlyMap<string, string>; readonly operands: readonly string[] }

/** @throws SettingsError when a flag is not in `specs`, or has no value */
export function parseFlags(argv: readonly string[], specs: readonly SettingSpec[]): CommandLine {
  const options = Object.fromEntries(specs.map((spec) => [spec.flag, { type: spec.type.kind === 'flag' ? 'boolean' : 'string' } as const]))
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true })
  const values = new Map<string, string>()
  const operands: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value)
    if (token.kind !== 'option') continue
    const spec = specs.find(({ flag }) => flag === token.name)
    if (spec === undefined || !token.rawName.startsWith('--')) {
      throw new SettingsError(`${token.rawName}: this flag does not exist.${suggestion(token.name, specs)} See: lifeguard help`)
    }
    if (spec.type.kind === 'flag') values.set(spec.flag, token.value ?? 'true')
    else if (token.value === undefined || (!token.inlineValue && token.value.startsWith('--'))) {
      throw new SettingsError(`--${spec.flag}: this flag needs a value.`)
    } else values.set(spec.flag, token.value)
  }
  return { values, operands }
}

type SettingsSources = {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly command: Mode
  /** Flags of the command itself, which are not settings. */
  readonly ownFlags?: readonly SettingSpec[]
}

type ExaminedSettings = {
  readonly settings: Settings
  /** Everything that is wrong, each in one line without any secret. */
  readonly problems: readonly string[]
  /** The flags of the settings that are wrong or missing, such as `--port`. In `settings` these settings have their default. */
  readonly wrongFlags: readonly string[]
}

/**
 * Reads the settings. Precedence: flag, variable, file, default. @throws SettingsError when a setting is wrong, missing or contradictory
 */
export function readSettings(from: SettingsSources): Settings {
  const { settings, problems } = examineSettings(from)
  if (problems[0] !== undefined) throw new SettingsError(problems[0])
  return settings
}

/**
 * Reads all settings, and goes on where one is wrong.
 * @throws SettingsError when a flag does not exist or the configuration file cannot be read
 */
export function examineSettings(from: SettingsSources): ExaminedSettings {
  const { values: flags } = parseFlags(from.argv, [...Object.values(settingsTable), ...(from.ownFlags ?? [])])
  const fromEnv = new Map<string, string>()
  for (const spec of Object.values(settingsTable)) {
    const value = from.env[variableOf(spec)]
    // Compose files pass an unset variable on as an empty one.
    if (value !== undefined && value !== '') fromEnv.set(spec.flag, value)
  }
  const configFile = flags.get('config') ?? fromEnv.get('config')
  const fromFile = configFile === undefined ? new Map<string, string>() : readConfigFile(configFile)

  const values: Record<string, unknown> = { mode: from.command, functionEnvironment: withoutOwnVariables(from.env) }
  const problems: string[] = []
  const wrongFlags: string[] = []
  for (const [name, spec] of Object.entries<SettingSpec>(settingsTable)) {
    values[name] = spec.default
    try {
      const found = foundIn(spec, flags, fromEnv, fromFile)
      if (found !== undefined) values[name] = parseValue(spec, found.text, found.source)
      else if (spec.requiredBy?.some((mode) => mode === from.command))
        throw new SettingsError(`--${spec.flag} (or ${variableOf(spec)}) is required by this command. ${spec.help}`)
    } catch (error) {
      problems.push((error as Error).message)
      wrongFlags.push(`--${spec.flag}`)
    }
  }
  const settings = values as Settings
  // A wrong setting has a problem already, so it must not be called missing as well.
  const isFollowUp = (problem: string) => wrongFlags.some((flag) => problem.includes(flag))
  problems.push(...contradictionsOf(settings).filter((problem) => !isFollowUp(problem)))
  const { publicUrl } = settings
  return { settings: publicUrl === undefined ? settings : { ...settings, publicUrl: new URL(publicUrl).origin }, problems, wrongFlags }
}

/**
 * Removes our settings, NODE_OPTIONS and the socket of systemd from the environment of trigger functions. The modules that NODE_OPTIONS
 * preloads, and messages to systemd, are only for the server.
 */
function withoutOwnVariables(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  const entries = Object.entries(env).filter(([name]) => !/^(LIFEGUARD_|NODE_OPTIONS$|NOTIFY_SOCKET$)/i.test(name))
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined))
}

function foundIn(
  spec: SettingSpec,
  flags: ReadonlyMap<string, string>,
  env: ReadonlyMap<string, string>,
  file: ReadonlyMap<string, string>,
): { text: string; source: string } | undefined {
  const flag = flags.get(spec.flag)
  if (flag !== undefined) return { text: flag, source: `--${spec.flag}` }
  const variable = env.get(spec.flag)
  if (variable !== undefined) return { text: variable, source: variableOf(spec) }
  const entry = file.get(spec.flag)
  return entry === undefined ? undefined : { text: entry, source: `"${spec.flag}" in the configuration file` }
}

/** The value in a JSON file. @throws SettingsError when the file cannot be read or is not valid JSON */
export function readJsonFile(flag: string, file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    // The message of a syntax error quotes the file, which may contain secrets. The position in it does not.
    const place = /\((line \d+ column \d+)\)/.exec(message)?.[1]
    const invalid = place === undefined ? 'is not valid JSON' : `is not valid JSON at ${place}`
    throw new SettingsError(`${flag}: ${resolve(file)} ${error instanceof SyntaxError ? invalid : `cannot be read (${code})`}.`)
  }
}

function readConfigFile(file: string): Map<string, string> {
  const content = readJsonFile('--config', file)
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new SettingsError(`--config: ${file} must contain one JSON object, with settings by name.`)
  }
  const kinds = new Map<string, string>(Object.values(settingsTable).map((spec) => [spec.flag, spec.type.kind]))
  const entries = new Map<string, string>()
  for (const [name, value] of Object.entries(content)) {
    if (!kinds.has(name) || name === 'config') throw new SettingsError(`--config: ${file} sets "${name}", which is not a setting.`)
    if (kinds.get(name) === 'counts') {
      entries.set(name, JSON.stringify(value))
      continue
    }
    if (!['string', 'number', 'boolean'].includes(typeof value)) {
      throw new SettingsError(`--config: "${name}" in ${file} must be a string, a number, true or false.`)
    }
    entries.set(name, String(value))
  }
  return entries
}

type Value = string | number | boolean | Buffer | Readonly<Record<string, number>>

function parseValue(spec: SettingSpec, text: string, source: string): Value {
  const { type } = spec
  const refuse = (expected: string) =>
    new SettingsError(`${source}: ${spec.secret ? 'the value' : JSON.stringify(text)} is not ${expected}.`)
  switch (type.kind) {
    case 'integer': {
      const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
      if (!(value >= type.min && value <= type.max)) throw refuse(`a whole number from ${type.min} to ${type.max}`)
      return value
    }
    case 'flag':
      if (text !== 'true' && text !== 'false') throw refuse('true or false')
      return text === 'true'
    case 'choice':
      if (!type.choices.includes(text)) throw refuse(`one of ${type.choices.join(', ')}`)
      return text
    case 'pattern':
      if (!type.pattern.test(text)) throw refuse(type.expected)
      return text
    case 'url':
      if (!type.schemes.some((scheme) => text.startsWith(scheme))) throw refuse(`an address that starts with ${type.schemes.join(' or ')}`)
      if (text.startsWith('sqlite:') ? text.length === 'sqlite:'.length : !URL.canParse(text)) {
        throw refuse('a complete address. In a password, characters other than letters and digits must be percent-encoded')
      }
      return text
    case 'key':
      return parseKey(text, source, 'master key')
    case 'counts': {
      const counts = parseCounts(text)
      if (counts === undefined) throw refuse('a JSON object of whole numbers by name')
      return counts
    }
    default:
      if (text === '') throw refuse('a text of at least one character')
      return text
  }
}

/** A key of 32 bytes from base64, base64url or hex. @throws SettingsError that names the setting by `source` and the key by `what` */
export function parseKey(text: string, source: string, what: string): Buffer {
  const trimmed = text.trim()
  const key = Buffer.from(trimmed, /^[0-9a-fA-F]{64}$/.test(trimmed) ? 'hex' : 'base64')
  if (!/^[A-Za-z0-9+/_=-]+$/.test(trimmed) || key.length !== 32) {
    throw new SettingsError(`${source}: a ${what} must be 32 bytes in base64 or 64 hex digits. Create one with: openssl rand -base64 32`)
  }
  return key
}
