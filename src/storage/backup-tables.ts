/** Primary key: id. Index: (status, id). Ids sort by the time of their creation. */
export interface BackupJobTable {
  id: string
  status: string
  cause: string
  /** The process that makes the backup. */
  holder: string | null
  created_at: number
  finished_at: number | null
  rows: number | null
  bytes: number | null
  /** The path of the file or the address of the object, once it is complete. */
  location: string | null
  failure: string | null
  /** When the file was deleted because there are newer ones. */
  removed_at: number | null
}
