import { randomUUID } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { createLogger, type Logger } from '../../src/base/logger.ts'
import { openStorage, type Storage } from '../../src/storage/open-storage.ts'

/**
 * What a whole test run leaves behind for the scan at its end (secret-scan.ts): the secrets that were sent and received, every line that a
 * server logged, and every audit record. `LIFEGUARD_TEST_EVIDENCE` names the folder. Without the variable nothing is kept.
 */
const folder = process.env['LIFEGUARD_TEST_EVIDENCE']

export const secretsFile = 'secrets'
export const linesFile = 'lines'

const ownName = `${process.pid}-${randomUUID()}`
const waiting: Record<string, string[]> = { [secretsFile]: [], [linesFile]: [] }
const mostWaiting = 1000

function keep(file: string, line: string): void {
  if (folder === undefined) return
  const lines = waiting[file] ?? []
  lines.push(line)
  if (lines.length >= mostWaiting) flush(file)
}

function flush(file: string): void {
  const lines = waiting[file]?.splice(0) ?? []
  if (folder !== undefined && lines.length > 0) appendFileSync(join(folder, `${file}-${ownName}`), `${lines.join('\n')}\n`)
}

process.on('exit', () => Object.keys(waiting).forEach(flush))

/** The members of requests and answers whose values are secret, without underscores and in lower case. */
const secretMembers = new Set(
  [
    ['password', 'previouspassword', 'proposedpassword', 'newpassword', 'temporarypassword'],
    ['code', 'confirmationcode', 'usercode', 'smsmfacode', 'emailotpcode', 'smsotpcode', 'softwaretokenmfacode', 'anonymousmfacode'],
    ['recoverycode'],
    ['secretcode', 'secrethash', 'clientsecret', 'clientsecretvalue', 'privatekey', 'passwordverifier', 'passwordclaimsignature'],
    ['accesstoken', 'idtoken', 'refreshtoken', 'token', 'session', 'devicesecret', 'secretaccesskey', 'sessiontoken'],
  ].flat(),
)

const isSecretMember = (name: string): boolean => secretMembers.has(name.replaceAll('_', '').toLowerCase())

/** The request generator sends this text as an id and as a token. It opens nothing. */
const placeholder = '00000000-0000-4000-8000-000000000000'

/** Writes the secrets in a request or an answer down for the scan. `value` is the parsed body or its text. */
export function noteSecrets(value: unknown): void {
  if (folder === undefined) return
  if (typeof value === 'string') {
    if (value.startsWith('{')) noteText(value)
    return
  }
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return
  for (const [name, member] of Object.entries(value)) {
    if (typeof member === 'string' && isSecretMember(name) && member !== placeholder) keep(secretsFile, JSON.stringify(member))
    else if (typeof member === 'object') noteSecrets(member)
  }
}

function noteText(text: string): void {
  try {
    noteSecrets(JSON.parse(text))
  } catch {
    // Not every body of a test is JSON.
  }
}

/** Keeps the lines of a log or of the output of a process. */
export function noteOutput(output: string): void {
  for (const line of output.split('\n')) if (line !== '') keep(linesFile, line)
}

/** Settings whose values are secrets, by the names of their flags or variables. `--tls-key` and others that name a file are not secret. */
const isSecretSetting = (name: string): boolean => /(?<!tls[-_])(key|token|secret|password)s?$/i.test(name)

/** Keeps the secrets in the flags and the environment of a server: values of secret settings, and passwords in URLs. */
export function noteSettings(argv: readonly string[], env: Readonly<Record<string, string>>): void {
  if (folder === undefined) return
  const flags = argv.map((flag, at) => [flag, argv[at + 1] ?? ''] as const).filter(([flag]) => flag.startsWith('--'))
  for (const [name, value] of [...flags, ...Object.entries(env)]) {
    if (isSecretSetting(name)) keep(secretsFile, JSON.stringify(value))
    const password = URL.canParse(value) ? new URL(value).password : ''
    if (password !== '') keep(secretsFile, JSON.stringify(decoded(password)))
  }
}

/** A test may send a password that is not encoded correctly. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Keeps every line of a server, at any level. Prints the lines of errors, unless `isSilent`. Undefined when nothing is to be kept. */
export function evidenceLogger({ isSilent }: { readonly isSilent: boolean }): Logger | undefined {
  if (folder === undefined) return undefined
  const write = (line: string) => {
    keep(linesFile, line.trimEnd())
    if (!isSilent && /"level":"(error|fatal)"/.test(line)) process.stdout.write(line)
  }
  return createLogger({ level: 'debug', format: 'json', write })
}

/**
 * Keeps the audit records of a database that is about to be dropped. Another server of the same test may have dropped it already, or the test
 * may have closed the way to it.
 */
export async function noteAuditRecords(databaseUrl: string): Promise<void> {
  if (folder === undefined) return
  const storage = await openStorage({ url: databaseUrl }).catch(() => undefined)
  if (storage === undefined) return
  try {
    if (!(await hasAuditRecords(storage))) return
    const records = await storage.db.selectFrom('audit_record').selectAll().execute()
    for (const record of records) keep(linesFile, JSON.stringify(record))
  } finally {
    await storage.close()
  }
}

/** Kysely's introspection would read every column of every table first. */
async function hasAuditRecords({ db, engine }: Storage): Promise<boolean> {
  const found =
    engine === 'sqlite'
      ? sql`select 1 from sqlite_master where type = 'table' and name = 'audit_record'`
      : sql`select 1 where to_regclass('audit_record') is not null`
  return (await found.execute(db)).rows.length > 0
}
