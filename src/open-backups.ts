import type { Clock } from './base/clock.ts'
import type { Logger } from './base/logger.ts'
import type { OpenedDatabase } from './open-database.ts'
import { type BackupPlan, type BackupRunner, createBackupRunner } from './portability/backup-jobs/backup-runner.ts'
import { createFolderTarget } from './portability/backup-jobs/folder-target.ts'
import { readJobSealing } from './portability/backup-jobs/job-sealing.ts'
import { createS3Target } from './portability/backup-jobs/s3-target.ts'
import { withSnapshot } from './portability/snapshot/snapshot.ts'
import { sealedTables } from './sealed-tables.ts'
import { type Settings, SettingsError } from './settings.ts'

type Options = {
  readonly settings: Settings
  readonly database: OpenedDatabase
  readonly clock: Clock
  readonly logger: Logger
  readonly holder: string
  readonly metrics: { countBackupFailure(): void }
}

/** What makes the backups that the settings ask for. @throws SettingsError when backups cannot be sealed as the settings say */
export function openBackups({ settings, database, clock, logger, holder, metrics }: Options): BackupRunner {
  const plan = planOf(settings, database, clock)
  return createBackupRunner({ db: database.storage.db, clock, logger, holder, plan, countFailure: metrics.countBackupFailure })
}

function planOf(settings: Settings, { storage, keyRing }: OpenedDatabase, clock: Clock): BackupPlan | undefined {
  const { backupTo, backupEveryHours: everyHours, backupKeep: keep, region, s3Endpoint: endpoint } = settings
  if (backupTo === undefined) return undefined
  const readSealing = () => {
    const sealing = readJobSealing(settings)
    if (sealing === undefined) throw new SettingsError('--backup-to: set either --backup-recipient or --backup-passphrase-file.')
    return sealing
  }
  readSealing()
  const target = backupTo.startsWith('s3:') ? createS3Target({ address: backupTo, region, endpoint }) : createFolderTarget(backupTo)
  const scope = { kind: 'everything' } as const
  return { target, everyHours, keep, readSealing, copy: (use) => withSnapshot({ storage, keyRing, sealedTables, scope, clock }, use) }
}
