/** Primary key: (pool_id, id). Index: (status, created_at). Ids sort by the time of their creation. */
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
  /** The upload that the job imports; null before the first upload is complete. */
  upload_id: string | null
  /** The first line of the file, as JSON text. */
  header: string | null
  /** The format of a file of records. Null for a CSV file. */
  format: string | null
  /** 1 for a job that only checks its file. */
  dry_run: number | null
  /** JSON, sealed: how to read the records. Other systems have secrets in it. Null for a CSV file. */
  sealed_options: string | null
  /** JSON: what of the records was left out, and how often. */
  left_out: string | null
}

/** Primary key: (pool_id, job_id, upload_id, number). Whole lines of an uploaded file that still have to be imported. */
export interface ImportChunkTable {
  pool_id: string
  job_id: string
  upload_id: string
  number: number
  /** The number that the chunk's first line has in the file. */
  first_line: number
  /** The lines as they were sent, without the last line feed; sealed, because they contain personal data and password hashes. */
  sealed_lines: string
}

/** Primary key: (pool_id, job_id, number). The result of each line of the chunk that has the same `number`. */
export interface ImportLogTable {
  pool_id: string
  job_id: string
  number: number
  lines: string
}

/** Primary key: (pool_id, job_id, name_hash). The names that a dry run has found in its file: the next user with one of them is a duplicate. */
export interface ImportNameTable {
  pool_id: string
  job_id: string
  /** Keyed hash of the kind of the name and the name. */
  name_hash: string
}

/** Primary key: slot. The job in progress. There is one slot, so that there is one job at a time. */
export interface ActiveImportTable {
  slot: string
  pool_id: string
  job_id: string
}
