/** Primary key: (pool_id, id). Index: (status, created_at). Ids sort by the time they were made. */
export interface ImportJobTable {
  pool_id: string
  id: string
  name: string
  role_arn: string
  algorithm: string | null
  status: string
  created_at: number
  started_at: number | null
  completed_at: number | null
  imported: number
  skipped: number
  failed: number
  message: string | null
  /** Which of the uploads counts; null before the first one is complete. */
  upload_id: string | null
  /** The first line of the file, as JSON text. */
  header: string | null
}

/** Primary key: (pool_id, job_id, upload_id, number). A run of whole lines that still has to be imported. */
export interface ImportChunkTable {
  pool_id: string
  job_id: string
  upload_id: string
  number: number
  /** The number that its first line has in the file. */
  first_line: number
  /** The lines as they were sent, without the last line feed, sealed: they hold personal data and password hashes. */
  sealed_lines: string
}

/** Primary key: (pool_id, job_id, number). What became of each line of the chunk of that number. */
export interface ImportLogTable {
  pool_id: string
  job_id: string
  number: number
  lines: string
}

/** Primary key: slot. The job under way: there is one slot, so that there is one job at a time. */
export interface ActiveImportTable {
  slot: string
  pool_id: string
  job_id: string
}
