import type { Clock } from './base/clock.ts'
import { ApiError } from './contract/api-error.ts'
import { openApplyDeps, openScratch } from './open-apply.ts'
import type { OpenedDatabase } from './open-database.ts'
import { applyFiles, planFiles } from './portability/pool-file/apply.ts'
import { diffText, withoutSecrets } from './portability/pool-file/diff-text.ts'
import { type ExportedPool, exportPool } from './portability/pool-file/export-pool.ts'
import { hasWork } from './portability/pool-file/plan.ts'
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
  const live = openApplyDeps(database, settings, clock)
  const scratch = await openScratch(settings, clock)
  try {
    const { sections } = await (isPlan ? planFiles : applyFiles)(live.deps, scratch, { files, prunes })
    const { lines, created, changed, deleted, kept } = diffText(sections, { prunes, secrets })
    const counts = [
      `${created} ${isPlan ? 'to create' : 'created'}`,
      `${changed} ${isPlan ? 'to change' : 'changed'}`,
      ...(deleted > 0 ? [`${deleted} ${isPlan ? 'to delete' : 'deleted'}`] : []),
      ...(kept > 0 ? [`${kept} kept${prunes ? '' : ' (--prune deletes them)'}`] : []),
    ]
    return { text: [...lines, `${counts.join(', ')}.`].join('\n'), hasWork: hasWork(sections, prunes) }
  } catch (error) {
    throw error instanceof PoolFileError ? new PoolFileError(withoutSecrets(error.message, secrets)) : error
  } finally {
    await Promise.all([scratch.close(), live.close()])
  }
}

type Export = Pick<Run, 'database' | 'settings' | 'clock'> & { readonly id: string; readonly withSecrets: boolean }

/**
 * A pool as a file.
 * @throws SettingsError when there is no pool with the id
 */
export async function runExport({ database, settings, clock, id, withSecrets }: Export): Promise<ExportedPool> {
  const live = openApplyDeps(database, settings, clock)
  const scratch = await openScratch(settings, clock)
  try {
    return await exportPool(live.deps, scratch.deps, id, withSecrets)
  } catch (error) {
    throw error instanceof ApiError ? new SettingsError(error.message.trim()) : error
  } finally {
    await Promise.all([scratch.close(), live.close()])
  }
}
