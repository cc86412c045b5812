import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { pageOf, readPageToken } from '../../contract/page-token.ts'
import type { Db } from '../../storage/db.ts'
import { listBackupJobs } from './backup-job-repository.ts'
import { writeBackupJob } from './backup-job-wire.ts'

type Deps = { db: Db; secrets: Secrets }

const largestPage = 60
const list = 'ListBackups'

/** Lifeguard's own operation: the backups that servers made or tried to make, newest first. */
export const listBackups = operation('ListBackups', {
  auth: 'iam',

  async handle({ MaxResults: size = largestPage, NextToken }, { db, secrets }: Deps) {
    const found = await listBackupJobs(db, { before: readPageToken(secrets, list, NextToken), limit: size + 1 })
    const { entries, nextToken } = pageOf(found, size, secrets, list)
    return { Backups: entries.map(writeBackupJob), NextToken: nextToken }
  },
})
