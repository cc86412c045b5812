import type { Clock } from './base/clock.ts'
import { ApiError } from './contract/api-error.ts'
import { openApplyDeps, openScratch } from './open-apply.ts'
import type { OpenedDatabase } from './open-database.ts'
import { applyFiles, planFiles } from './portability/pool-file/apply.ts'
import { diffText, withoutSecrets } from './portability/pool-file/diff-text.ts'
import { type ExportedPool, exportPool } from './portability/pool-file/export-pool.ts'
import type { CallDeps } from './portability/pool-file/operation-calls.ts'
import { PoolFileError, readPoolFiles } from './portability/pool-file/read-files.ts'
import { type Settings, SettingsError } from './settings.ts'

type Run = {
  readonly database: OpenedDatabase
  readonly settings: Settings
  readonly clock: Clock
  /** A file or a folder. */
  readonly place: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly isPlan: boolean
  readonly prunes: boolean
}

/**
 * Plans or applies pool files, and says what was found.
 * @throws PoolFileError when a file has a mistake
 */
export async function runApply({
  database,
  settings,
  clock,
  place,
  env,
  isPlan,
  prunes,
}: Run): Promise<{ text: string; hasWork: boolean }> {
  const files = readPoolFiles(place, env)
  const secrets = new Set(files.flatMap((file) => [...file.secrets]))
  try {
    const plan = isPlan ? planFiles : applyFiles
    const { sections } = await withServices({ database, settings, clock }, (live, scratch) =>
      plan(live, { deps: scratch }, { files, prunes }),
    )
    const { lines, created, changed, deleted, kept } = diffText(sections, { prunes, secrets })
    const counts = [
      `${created} ${isPlan ? 'to create' : 'created'}`,
      `${changed} ${isPlan ? 'to change' : 'changed'}`,
      ...(deleted > 0 ? [`${deleted} ${isPlan ? 'to delete' : 'deleted'}`] : []),
      ...(kept > 0 ? [`${kept} kept${prunes ? '' : ' (--prune deletes them)'}`] : []),
    ]
    return { text: [...lines, `${counts.join(', ')}.`].join('\n'), hasWork: created + changed + deleted > 0 }
  } catch (error) {
    throw error instanceof PoolFileError ? new PoolFileError(withoutSecrets(error.message, secrets)) : error
  }
}

type Export = Pick<Run, 'database' | 'settings' | 'clock'> & { readonly id: string; readonly withSecrets: boolean }

/**
 * A pool as a file.
 * @throws SettingsError when there is no pool with the id
 */
export async function runExport({ id, withSecrets, ...options }: Export): Promise<ExportedPool> {
  try {
    return await withServices(options, (live, scratch) => exportPool(live, scratch, id, withSecrets))
  } catch (error) {
    throw error instanceof ApiError ? new SettingsError(error.message.trim()) : error
  }
}

/** Runs work with the services of the database and of an empty one, and closes both. */
async function withServices<T>(
  { database, settings, clock }: Pick<Run, 'database' | 'settings' | 'clock'>,
  work: (live: CallDeps, scratch: CallDeps) => Promise<T>,
): Promise<T> {
  const scratch = await openScratch(settings, clock)
  const live = openApplyDeps(database, settings, clock)
  try {
    return await work(live.deps, scratch.deps)
  } finally {
    await Promise.all([scratch.close(), live.close()])
  }
}
