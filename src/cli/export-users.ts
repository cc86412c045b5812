import { readFileSync } from 'node:fs'
import type { Encrypter } from 'age-encryption'
import { systemClock } from '../base/clock.ts'
import type { ExportReport } from '../portability/export/export-users.ts'
import type { SettingSpec } from '../setting-spec.ts'
import { parseFlags, SettingsError } from '../settings.ts'
import { settingsTable } from '../settings-table.ts'
import { type Command, type CommandCall, readOperands } from './command.ts'
import { withOpenedDatabase } from './with-opened-database.ts'

const formats = ['lifeguard', 'cognito-csv', 'keycloak', 'auth0'] as const
const hashes = ['ARGON2ID', 'BCRYPT', 'SCRYPT', 'PBKDF2_SHA256'] as const

const poolFlag: SettingSpec = { flag: 'pool', type: { kind: 'text' }, value: 'ID', help: 'The user pool.' }
const formatFlag: SettingSpec = {
  flag: 'format',
  type: { kind: 'choice', choices: formats },
  value: 'FORMAT',
  help: 'lifeguard (everything, as JSON lines), cognito-csv, keycloak or auth0. Default: lifeguard.',
}
const hashFlag: SettingSpec = {
  flag: 'hash',
  type: { kind: 'choice', choices: hashes },
  value: 'ALGORITHM',
  help: `For cognito-csv: which password hashes the file has, ${hashes.join(', ')}. Without it the file has none.`,
}
const outputFlags: readonly SettingSpec[] = [
  {
    flag: 'out',
    type: { kind: 'path' },
    value: 'FILE',
    help: 'The new file; - for the standard output. Default: a name made of the pool id and the format, in the current folder.',
  },
  { flag: 'recipient', type: { kind: 'text' }, value: 'age1…', help: 'Seal the file for this public key of age.' },
  {
    flag: 'passphrase-file',
    type: { kind: 'path' },
    value: 'FILE',
    help: 'Seal the file with age under the passphrase in the first line of this file.',
  },
]

/** `export users` in any format. */
export const exportUsersCommand: Command = {
  name: 'export users',
  summary: 'Write the users of a pool into a new file, with password hashes and other secrets, while servers run.',
  ownFlags: [poolFlag, formatFlag, hashFlag, ...outputFlags],
  endsAtOnce: true,
  run: (call) => runExport(call, exportUsersCommand.ownFlags ?? []),
}

/** The same for Cognito's import, under a name of its own. */
export const exportCognitoCsv: Command = {
  name: 'export cognito-csv',
  summary: "Write the users of a pool into a new file for Cognito's import jobs.",
  ownFlags: [poolFlag, hashFlag, ...outputFlags],
  endsAtOnce: true,
  run: (call) => runExport(call, exportCognitoCsv.ownFlags ?? [], 'cognito-csv'),
}

async function runExport(call: CommandCall, ownFlags: readonly SettingSpec[], ownFormat?: 'cognito-csv'): Promise<undefined> {
  readOperands(call, ownFlags, 0)
  const { values } = parseFlags(call.argv, [...Object.values(settingsTable), ...ownFlags])
  const poolId = values.get('pool')
  if (poolId === undefined) throw new SettingsError('--pool is required: the id of the user pool.')
  const format = ownFormat ?? readChoice('format', values.get('format') ?? 'lifeguard', formats)
  const hashText = values.get('hash')
  const hash = hashText === undefined ? undefined : readChoice('hash', hashText, hashes)
  if (hash !== undefined && format !== 'cognito-csv') throw new SettingsError(`--hash: only the format cognito-csv has it.`)
  const encrypter = await createEncrypter(values.get('recipient'), values.get('passphrase-file'))
  const out = values.get('out')
  await withOpenedDatabase(call, ownFlags, async ({ storage: { db }, secrets }) => {
    const [{ findPool }, { exportUsers }, { OutputError }] = await Promise.all([
      import('../pools/pool-repository.ts'),
      import('../portability/export/export-users.ts'),
      import('../portability/export/output-file.ts'),
    ])
    const pool = await findPool(db, poolId)
    if (pool === undefined) throw new SettingsError(`--pool: there is no user pool ${JSON.stringify(poolId)}.`)
    const input = { pool, format, hash, out, encrypter, onPage: createProgress() }
    const report = await exportUsers({ db, secrets, clock: systemClock }, input).catch((error) => {
      throw error instanceof OutputError ? new SettingsError(error.message) : error
    })
    printReport(report, out)
  })
  return undefined
}

function readChoice<Choice extends string>(flag: string, text: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((one) => one === text)
  if (choice === undefined) throw new SettingsError(`--${flag}: ${JSON.stringify(text)} is not one of ${choices.join(', ')}.`)
  return choice
}

async function createEncrypter(recipient: string | undefined, passphraseFile: string | undefined): Promise<Encrypter | undefined> {
  if (recipient !== undefined && passphraseFile !== undefined) {
    throw new SettingsError('--recipient and --passphrase-file exclude each other: age seals a file in one of these ways.')
  }
  if (recipient === undefined && passphraseFile === undefined) return undefined
  const { Encrypter } = await import('age-encryption')
  const encrypter = new Encrypter()
  if (passphraseFile !== undefined) encrypter.setPassphrase(readPassphrase(passphraseFile))
  if (recipient === undefined) return encrypter
  try {
    encrypter.addRecipient(recipient)
  } catch {
    throw new SettingsError('--recipient: this is not a public key of age. It begins with age1.')
  }
  return encrypter
}

function readPassphrase(path: string): string {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new SettingsError(`--passphrase-file: ${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
  }
  const [passphrase = ''] = text.split(/\r?\n/)
  if (passphrase === '') throw new SettingsError(`--passphrase-file: the first line of ${path} is empty.`)
  return passphrase
}

/** The time between two lines of progress. */
const progressMs = 2000

function createProgress(): (users: number) => void {
  let reportedAt = performance.now()
  return (users) => {
    if (performance.now() - reportedAt < progressMs) return
    reportedAt = performance.now()
    console.error(`${usersText(users)} written so far.`)
  }
}

const argon2Advice =
  'Only Lifeguard can check a verifier of SRP. To export such passwords, set Passwords.Storage of the pool to BOTH (SetUserPoolExtensions). ' +
  'Then each user gets an Argon2id hash at the next password sign-in. See docs/moving-out.md.'

/** The text goes to the standard error output. The JSON goes to the standard output, unless that has the users. */
function printReport(report: ExportReport, out: string | undefined): void {
  const { users, files, leftOut } = report
  console.error(`${usersText(users)} written${files.length === 0 ? '' : ` into ${filesText(files)}`}.`)
  if (leftOut.length > 0) console.error('Left out:')
  for (const entry of leftOut) console.error(`  ${entry.users} ${entry.users === 1 ? 'user' : 'users'}: ${entry.text}`)
  if (leftOut.some(({ code }) => code === 'password-srp')) console.error(argon2Advice)
  const json = JSON.stringify(report)
  if (out === '-') console.error(json)
  else console.log(json)
}

const usersText = (count: number): string => (count === 1 ? '1 user was' : `${count} users were`)

function filesText(files: readonly string[]): string {
  const [first, last] = [files[0], files.at(-1)]
  return files.length === 1 ? `${first}` : `${files.length} files, ${first} to ${last}`
}
