import { listBackups } from './backup-jobs/list-backups.operation.ts'
import { startBackup } from './backup-jobs/start-backup.operation.ts'

export const portabilityOperations = [startBackup, listBackups] as const
