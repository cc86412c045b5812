import type { OpenedDatabase } from '../open-database.ts'
import type { BackupContent } from '../portability/backup-rows.ts'
import type { PoolRestoreReport } from '../portability/restore-pool/restore-pool.ts'
import type { SettingSpec } from '../setting-spec.ts'
import { parseFlags, SettingsError } from '../settings.ts'
import { settingsTable } from '../settings-table.ts'
import type { CommandCall } from './command.ts'
import { createProgress } from './progress.ts'
import { withOpenedDatabase } from './with-opened-database.ts'

/** The flags of `lifeguard restore` for one pool. */
export const poolFlags: readonly SettingSpec[] = [
  {
    flag: 'pool',
    type: { kind: 'text' },
    value: 'ID',
    help: 'Restore this user pool only, into the database that --database names. Servers go on running.',
  },
  {
    flag: 'as',
    type: { kind: 'text' },
    value: 'NEWID',
    help: 'With --pool: the id that the restored pool gets, beside the pool that has the old id.',
  },
]

export type PoolOrder = { readonly poolId: string; readonly newId: string | undefined }

/** Which pool to restore. Undefined: everything. @throws SettingsError when there is a new id but no pool */
export function readPoolOrder({ argv }: CommandCall, ownFlags: readonly SettingSpec[]): PoolOrder | undefined {
  const { values } = parseFlags(argv, [...Object.values(settingsTable), ...ownFlags])
  const [poolId, newId] = [values.get('pool'), values.get('as')]
  if (poolId !== undefined) return { poolId, newId }
  if (newId !== undefined) throw new SettingsError('--as: give the pool that is restored by --pool.')
  return undefined
}

type Options = PoolOrder & {
  readonly overwrite: boolean
  /** Opens the backup file for each use. */
  readonly withContent: <T>(use: (content: BackupContent) => Promise<T>) => Promise<T>
}

/** Restores one pool and prints what the operator has to know. */
export async function restoreOnePool(call: CommandCall, ownFlags: readonly SettingSpec[], options: Options): Promise<void> {
  const restore = async ({ storage, keyRing }: OpenedDatabase) => {
    const [{ restorePool }, { masterKeyChannel, masterKeyPollMs }, { sealedTables }, { systemClock }] = await Promise.all([
      import('../portability/restore-pool/restore-pool.ts'),
      import('../master-key-watch.ts'),
      import('../sealed-tables.ts'),
      import('../base/clock.ts'),
    ])
    const report = await restorePool({
      ...options,
      storage,
      keyRing,
      sealedTables,
      clock: systemClock,
      announceKeys: () => storage.publish(masterKeyChannel, '').catch(() => undefined),
      quietMs: 2 * masterKeyPollMs,
      onProgress: createProgress((rows) => `${rows} rows were restored so far.`),
    })
    console.log(JSON.stringify(asJson(report)))
    for (const line of notesOn(report, options)) console.error(line)
  }
  await withOpenedDatabase(call, ownFlags, restore, { followsMasterKey: true })
}

const asJson = ({ poolId, rows, newClientIds, takenDomains, leftOut, runningImport }: PoolRestoreReport) => ({
  time: new Date().toISOString(),
  action: 'RestoreBackup',
  userPoolId: poolId,
  rows,
  newClientIds: Object.fromEntries(newClientIds),
  takenDomains,
  leftOut: Object.fromEntries([...leftOut].filter(([, count]) => count > 0)),
  runningImport,
})

function notesOn(
  { poolId, newClientIds, takenDomains, leftOut, runningImport }: PoolRestoreReport,
  { newId }: PoolOrder,
): readonly string[] {
  const devices = leftOut.get('device') ?? 0
  return [
    ...[...newClientIds].map(([from, to]) => `App client ${from} is now ${to}.`),
    ...takenDomains.map((domain) => `The domain ${domain} belongs to another user pool and was left out.`),
    ...(newId !== undefined && devices > 0 ? [`${devices} remembered devices were left out: they work under the old pool id only.`] : []),
    ...(newId === undefined
      ? []
      : ['Sessions, tokens, codes and queued messages were left out. Users sign in by password once before SRP works.']),
    ...(runningImport === 'stopped' ? ['The import job that was running was stopped, because another one is running.'] : []),
    `Done: the user pool ${poolId} is there.`,
  ]
}
