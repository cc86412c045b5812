import type { Clock } from './base/clock.ts'
import type { OpenedDatabase } from './open-database.ts'
import type { BackupPlan } from './portability/backup-jobs/backup-runner.ts'
import { createFolderTarget } from './portability/backup-jobs/folder-target.ts'
import { readJobSealing } from './portability/backup-jobs/job-sealing.ts'
import { createS3Target } from './portability/backup-jobs/s3-target.ts'
import { withSnapshot } from './portability/snapshot/snapshot.ts'
import { sealedTables } from './sealed-tables.ts'
import { type Settings, SettingsError } from './settings.ts'

/**
 * How the server makes the backups that go to `backupTo`.
 * @throws SettingsError when backups cannot be sealed as the settings say
 */
export function backupPlan(backupTo: string, settings: Settings, { storage, keyRing }: OpenedDatabase, clock: Clock): BackupPlan {
  const { backupEveryHours: everyHours, backupKeep: keep, region, s3Endpoint: endpoint } = settings
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
