import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { pageOf, readPageToken } from '../../contract/page-token.ts'
import type { Db } from '../../storage/db.ts'
import { listKeptPools } from '../pool-deletion-repository.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets }

const list = 'ListDeletedUserPools'
const largestPage = 60

/** Lifeguard's own operation: the deleted pools that can be restored, in the order of their ids. */
export const listDeletedUserPools = operation('ListDeletedUserPools', {
  auth: 'iam',

  async handle({ MaxResults: size = largestPage, NextToken }, { db, clock, secrets }: Deps) {
    const found = await listKeptPools(db, { now: clock.now(), after: readPageToken(secrets, list, NextToken), limit: size + 1 })
    const { entries, nextToken } = pageOf(found, size, secrets, list)
    return {
      DeletedUserPools: entries.map(({ id, name, createdAt, deletedAt, keptUntil }) => ({
        UserPoolId: id,
        Name: name,
        CreatedAt: new Date(createdAt),
        DeletedAt: new Date(deletedAt),
        KeptUntil: new Date(keptUntil),
      })),
      NextToken: nextToken,
    }
  },
})
