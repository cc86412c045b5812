import { createUserImportJob } from './create-user-import-job.operation.ts'
import { describeUserImportJob } from './describe-user-import-job.operation.ts'
import { getCsvHeader } from './get-csv-header.operation.ts'
import { listUserImportJobs } from './list-user-import-jobs.operation.ts'
import { listUserImportLog } from './list-user-import-log.operation.ts'
import { startUserImportJob } from './start-user-import-job.operation.ts'
import { stopUserImportJob } from './stop-user-import-job.operation.ts'

/** Users by the file. */
export const importOperations = [
  getCsvHeader,
  createUserImportJob,
  describeUserImportJob,
  listUserImportJobs,
  startUserImportJob,
  stopUserImportJob,
  listUserImportLog,
] as const
