import { open } from 'node:fs/promises'
import type { Db } from '../storage/db.ts'
import type { ImportJob } from '../users/import/import-job.ts'
import { listLog } from '../users/import/import-log-repository.ts'

/** Log entries that are read at a time. Each has the results of up to 100 records. */
const pageSize = 50

/** Writes the result of each record of the job to a file, which only this user can read. */
export async function writeReport(db: Db, job: ImportJob, path: string): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    let after: string | undefined
    for (;;) {
      const entries = await listLog(db, { poolId: job.poolId, jobId: job.id }, { after, limit: pageSize })
      for (const { lines } of entries) await file.write(lines.map((line) => `${line}\n`).join(''))
      after = entries.at(-1)?.id
      if (entries.length < pageSize) break
    }
    await file.write(`${job.status}: ${job.imported} imported, ${job.skipped} skipped, ${job.failed} failed. ${job.message ?? ''}`.trim())
    await file.write('\n')
  } finally {
    await file.close()
  }
}
