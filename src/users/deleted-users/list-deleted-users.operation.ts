import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { DeletedUserType } from '../../contract/generated/types.ts'
import { operation } from '../../contract/operation.ts'
import { pageOf, readPageToken } from '../../contract/page-token.ts'
import { nameKey } from '../../pools/pool.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { type KeptUser, listKeptUsers } from './kept-user-repository.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; pools: PoolCatalog }

const largestPage = 60

/** Lifeguard's own operation: the deleted users of a pool who can be restored, in the order of their `sub`. */
export const listDeletedUsers = operation('ListDeletedUsers', {
  auth: 'iam',

  async handle({ UserPoolId, Username: name, MaxResults: size = largestPage, NextToken }, { db, clock, secrets, pools }: Deps) {
    const pool = await pools.getPool(UserPoolId)
    const list = JSON.stringify(['ListDeletedUsers', pool.id, name === undefined ? null : nameKey(pool, name)])
    const page = { now: clock.now(), name, after: readPageToken(secrets, list, NextToken), limit: size + 1 }
    const found = (await listKeptUsers(db, pool, page)).map((kept) => ({ ...kept, id: kept.user.sub }))
    const { entries, nextToken } = pageOf(found, size, secrets, list)
    return { DeletedUsers: entries.map(writeKeptUser), NextToken: nextToken }
  },
})

function writeKeptUser({ user, deletedAt, purgeAt }: KeptUser): DeletedUserType {
  return {
    Username: user.username,
    Sub: user.sub,
    Attributes: user.attributes,
    CreatedAt: new Date(user.createdAt),
    DeletedAt: new Date(deletedAt),
    PurgeAt: new Date(purgeAt),
  }
}
