import type { Clock } from './base/clock.ts'
import type { Logger } from './base/logger.ts'
import type { OpenedDatabase } from './open-database.ts'
import { type BackupPlan, type BackupRunner, createBackupRunner } from './portability/backup-jobs/backup-runner.ts'
import type { Settings } from './settings.ts'

type Options = {
  readonly settings: Settings
  readonly database: OpenedDatabase
  readonly clock: Clock
  readonly logger: Logger
  readonly holder: string
  readonly metrics: { countBackupFailure(): void }
}

/** What makes the backups that the settings ask for. @throws SettingsError when backups cannot be sealed as the settings say */
export async function openBackups({ settings, database, clock, logger, holder, metrics }: Options): Promise<BackupRunner> {
  const plan = await planOf(settings, database, clock)
  return createBackupRunner({ db: database.storage.db, clock, logger, holder, plan, countFailure: metrics.countBackupFailure })
}

/** Only servers that make backups load the modules that write and seal them, so that other servers start faster. */
async function planOf(settings: Settings, database: OpenedDatabase, clock: Clock): Promise<BackupPlan | undefined> {
  const { backupTo } = settings
  if (backupTo === undefined) return undefined
  const { backupPlan } = await import('./backup-plan.ts')
  return backupPlan(backupTo, settings, database, clock)
}
