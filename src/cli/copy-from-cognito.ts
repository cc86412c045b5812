import { systemClock } from '../base/clock.ts'
import type { Asking } from '../portability/copy/copy-former-pool.ts'
import { path, type SettingSpec, text } from '../setting-spec.ts'
import { parseFlags, SettingsError } from '../settings.ts'
import { settingsTable } from '../settings-table.ts'
import { type Command, type CommandCall, readOperands, readOwnFlag } from './command.ts'
import { withOpenedDatabase } from './with-opened-database.ts'

const poolIdPattern = /^[\w-]+_[0-9a-zA-Z]+$/

const ownFlags: readonly SettingSpec[] = [
  {
    flag: 'pool',
    type: { kind: 'pattern', pattern: poolIdPattern, expected: 'the id of a user pool' },
    value: 'ID',
    help: 'The user pool to copy. Its id says its region.',
  },
  {
    flag: 'endpoint',
    type: { kind: 'url', schemes: ['https', 'http'] },
    value: 'URL',
    help: "Where the former pool is, when it is not at AWS's endpoint of its region.",
  },
  { flag: 'plan', type: { kind: 'flag' }, help: 'Print what would be done, and change nothing.' },
  {
    flag: 'until',
    type: text,
    value: 'DATE',
    help: 'Ask the former pool for the passwords of its users until this time, such as 2027-03-31. Needs --client.',
  },
  { flag: 'client', type: text, value: 'ID', help: 'The app client of the former pool by which passwords are checked. Needs --until.' },
  {
    flag: 'flow',
    type: { kind: 'choice', choices: ['USER_PASSWORD_AUTH', 'ADMIN_USER_PASSWORD_AUTH'] },
    help: 'How the servers ask for passwords. ADMIN_USER_PASSWORD_AUTH also brings users over whom this server does not know, and needs AWS credentials.',
  },
  { flag: 'remove-deleted', type: { kind: 'flag' }, help: 'Delete users here whom an earlier run has copied and who are no longer there.' },
  { flag: 'report', type: path, value: 'FILE', help: 'Also write the report to this file, as JSON.' },
]

export const copyFromCognitoCommand: Command = {
  name: 'copy-from-cognito',
  summary: 'Copy a user pool of Amazon Cognito with its ids, or bring what has changed there since the last copy.',
  ownFlags,
  endsAtOnce: true,

  async run(call) {
    readOperands(call, ownFlags, 0)
    const options = readOptions(call)
    await withOpenedDatabase(call, ownFlags, async (database, settings) => {
      const [{ copyFromCognito }, { CopyError }, { neverShown, reportText }, { openCopyDeps }] = await Promise.all([
        import('../portability/copy/copy-from-cognito.ts'),
        import('../portability/copy/copy-pool.ts'),
        import('../portability/copy/copy-report.ts'),
        import('../open-copy.ts'),
      ])
      const deps = openCopyDeps(database, settings, systemClock)
      try {
        const result = await copyFromCognito(deps, options)
        console.log(reportText(result, options.isPlan))
        if (options.reportFile !== undefined) await writeReport(options.reportFile, { ...result, neverShown })
      } catch (error) {
        if (error instanceof CopyError) throw new SettingsError(error.message)
        throw asSettingsError(error)
      } finally {
        deps.close()
      }
    })
    return undefined
  },
}

/** An error of the SDK as one line for the operator. It contains no request. */
function asSettingsError(error: unknown): unknown {
  const { name, message, $metadata: metadata, code } = error as Error & { $metadata?: unknown; code?: string }
  if (metadata === undefined && name !== 'CredentialsProviderError' && name !== 'TimeoutError' && code === undefined) return error
  const reason = message === '' ? (code ?? name) : message.split('\n')[0]
  return new SettingsError(`The former pool could not be read (${name}: ${reason}). What was copied stays. Run the command again.`)
}

async function writeReport(file: string, report: object): Promise<void> {
  const { writeFile } = await import('node:fs/promises')
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`, { mode: 0o600 })
}

function readOptions(call: CommandCall) {
  const { values } = parseFlags(call.argv, [...Object.values(settingsTable), ...ownFlags])
  const poolId = values.get('pool')
  if (poolId === undefined || !poolIdPattern.test(poolId))
    throw new SettingsError('--pool: give the id of a user pool, such as us-east-1_AbCdEf123.')
  return {
    poolId,
    region: poolId.slice(0, poolId.indexOf('_')),
    endpoint: readEndpoint(values.get('endpoint')),
    isPlan: readOwnFlag(call, ownFlags, 'plan'),
    removeDeleted: readOwnFlag(call, ownFlags, 'remove-deleted'),
    asking: readAskingFlags(values),
    reportFile: values.get('report'),
  }
}

function readEndpoint(value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  const url = URL.parse(value)
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return value
  throw new SettingsError('--endpoint: give a URL that begins with https:// or http://.')
}

const flows = ['USER_PASSWORD_AUTH', 'ADMIN_USER_PASSWORD_AUTH'] as const

function readAskingFlags(values: ReadonlyMap<string, string>): Asking | undefined {
  const [until, clientId, flag] = ['until', 'client', 'flow'].map((name) => values.get(name))
  if (until === undefined && clientId === undefined && flag === undefined) return undefined
  if (until === undefined || clientId === undefined) throw new SettingsError('--until and --client belong together: give both, or neither.')
  const time = /^\d{4}-\d\d-\d\d/.test(until) ? Date.parse(until) : Number.NaN
  if (Number.isNaN(time)) throw new SettingsError('--until: give a date such as 2027-03-31, or a time such as 2027-03-31T12:00:00Z.')
  const flow = flows.find((name) => name === flag)
  if (flag !== undefined && flow === undefined) throw new SettingsError(`--flow: give one of ${flows.join(', ')}.`)
  return { until: time, clientId, flow }
}
