import type { BackupContent } from '../backup-rows.ts'
import type { Sealing } from '../container/sealing.ts'

/** A backup that was stored and verified. */
export type StoredBackup = { readonly rows: number; readonly bytes: number; readonly location: string }

/** Where the backups of a server are: a folder or a bucket. */
export type BackupTarget = {
  /** Stores a backup under a new name. It is there under this name only when it is complete. */
  store(name: string, content: BackupContent, sealing: Sealing, signal: AbortSignal): Promise<StoredBackup>
  /** Deletes a backup of this target. Does nothing when it is gone, or stands at another place. */
  remove(location: string): Promise<void>
  /** Removes what `store` has left under this name in a process that was killed, or whose job has failed. */
  discard(name: string): Promise<void>
  /** Removes what killed processes have left on this machine. */
  removeAbandoned(): Promise<void>
  close(): void
}
