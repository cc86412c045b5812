import { readFileSync } from 'node:fs'
import type { AuditedCaller } from '../audit/audited-caller.ts'
import type { Input, OperationName } from '../contract/operation.ts'
import type { SettingSpec } from '../setting-spec.ts'
import { parseFlags, SettingsError } from '../settings.ts'
import { settingsTable } from '../settings-table.ts'
import { type Command, type CommandCall, readOperands } from './command.ts'
import { withOpenedDatabase } from './with-opened-database.ts'

const poolFlag: SettingSpec = { flag: 'pool', type: { kind: 'text' }, value: 'ID', help: 'The user pool.' }
const hours = { kind: 'integer', min: 0, max: 720 } as const
const planFlags: readonly SettingSpec[] = [
  poolFlag,
  {
    flag: 'max-users',
    type: { kind: 'integer', min: 0, max: 100 },
    value: 'N',
    help: 'How many users to name for each conflict. Default: 10.',
  },
]
const startFlags: readonly SettingSpec[] = [
  poolFlag,
  { flag: 'old-names-hours', type: hours, value: 'HOURS', help: 'For how long old names of renamed attributes answer. Default: 0.' },
  { flag: 'undoable-hours', type: hours, value: 'HOURS', help: 'For how long the change can be undone. Default: 168.' },
]

type SchemaOperation = Extract<OperationName, `${string}SchemaChange`>

/** Calls the operation on the opened database, and prints its answer as JSON. The servers that use the database do the work. */
function schemaCommand(verb: string, name: SchemaOperation, summary: string, ownFlags: readonly SettingSpec[] = [poolFlag]): Command {
  const hasFile = name === 'PlanSchemaChange' || name === 'StartSchemaChange'
  return {
    name: `schema ${verb}`,
    ...(hasFile && { operands: 'FILE' }),
    summary,
    ownFlags,
    endsAtOnce: true,
    async run(call) {
      const [file] = readOperands(call, ownFlags, hasFile ? 1 : 0)
      const body = { ...(file !== undefined && readWanted(file)), ...readFlags(call, ownFlags) }
      console.log(JSON.stringify(await callOperation(call, ownFlags, name, body), undefined, 2))
      return undefined
    },
  }
}

function readFlags({ argv }: CommandCall, ownFlags: readonly SettingSpec[]): object {
  const { values } = parseFlags(argv, [...Object.values(settingsTable), ...ownFlags])
  const UserPoolId = values.get('pool')
  if (UserPoolId === undefined) throw new SettingsError('--pool is required: the id of the user pool.')
  const number = (flag: string) => {
    const text = values.get(flag)
    if (text !== undefined && !/^\d{1,6}$/.test(text)) throw new SettingsError(`--${flag}: ${JSON.stringify(text)} is not a whole number.`)
    return text === undefined ? undefined : Number(text)
  }
  const numbers = {
    MaxUsers: number('max-users'),
    OldNamesHours: number('old-names-hours'),
    UndoableHours: number('undoable-hours'),
  }
  return { UserPoolId, ...Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined)) }
}

/** What the file wants: the array that `Changes` of the operation is, or an object with members of the request. */
function readWanted(file: string): object {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new SettingsError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
  }
  let wanted: unknown
  try {
    wanted = JSON.parse(text)
  } catch {
    throw new SettingsError(`${file} is not JSON. It must have an array of changes, or an object, as in docs/schema-changes.md.`)
  }
  return Array.isArray(wanted) || typeof wanted !== 'object' ? { Changes: wanted } : { ...wanted }
}

async function callOperation(call: CommandCall, ownFlags: readonly SettingSpec[], name: SchemaOperation, body: object): Promise<unknown> {
  let answer: unknown
  await withOpenedDatabase(call, ownFlags, async ({ storage, secrets }) => {
    const [{ operations }, { createPoolCatalog }, { readRequest }, { ApiError }, { systemClock: clock }, { recordCommand }] =
      await Promise.all([
        import('../users/schema-changes/operations.ts'),
        import('../pools/pool-catalog.ts'),
        import('../contract/read-request.ts'),
        import('../contract/api-error.ts'),
        import('../base/clock.ts'),
        import('../audit/audit-trail.ts'),
      ])
    const { db } = storage
    const pools = createPoolCatalog({ ...storage, secrets, clock })
    // A server finds the change when it next looks for work.
    const deps = { db, clock, pools, schemaChanges: { wake() {}, async close() {} } }
    const record: AuditedCaller['audit']['record'] = (tx, { subject } = {}) =>
      recordCommand(tx, clock, { operation: name, poolId: (body as { UserPoolId: string }).UserPoolId, subject })
    const caller: AuditedCaller = {
      accessKeyId: undefined,
      isAllowedOnIdentityPool: () => true,
      audit: { record, recordEarlierStep: record },
    }
    try {
      const handle = operations[name].handle as (request: Input<SchemaOperation>, ...more: readonly unknown[]) => Promise<unknown>
      answer = await handle(readRequest(name, body), deps, caller, { ip: undefined, userAgent: undefined })
    } catch (error) {
      if (error instanceof ApiError) throw new SettingsError(error.message)
      throw error
    } finally {
      pools.close()
    }
  })
  return answer
}

const plan = 'Show what a change of attributes or names would do to the users of a pool, and what prevents it. Changes nothing.'
const start = 'Start a change of attributes or names that has no conflicts. The servers that use the database do the work.'

export const schemaCommands: readonly Command[] = [
  schemaCommand('plan', 'PlanSchemaChange', plan, planFlags),
  schemaCommand('start', 'StartSchemaChange', start, startFlags),
  schemaCommand('describe', 'DescribeSchemaChange', 'Show how far the latest change of attributes of a pool is.'),
  schemaCommand('undo', 'UndoSchemaChange', 'Undo the change of attributes that is not finished.'),
  schemaCommand('finish', 'FinishSchemaChange', 'Finish the change of attributes. From then on it cannot be undone.'),
]
