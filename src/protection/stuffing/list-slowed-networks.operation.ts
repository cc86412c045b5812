import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { SlowedNetworkType } from '../../contract/generated/types.ts'
import { operation } from '../../contract/operation.ts'
import { pageOf, readPageToken } from '../../contract/page-token.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import type { Stuffing } from './stuffing.ts'
import { listSlowedNetworks as listNetworks, type SlowedNetwork } from './stuffing-repository.ts'
import { usersOf } from './tally.ts'

type Deps = { db: Db; clock: Clock; pools: PoolCatalog; secrets: Secrets; stuffing: Stuffing }

const largestPage = 60

/** Lifeguard's own operation: the networks from which sign-ins to a pool are slowed down, in the order of their names. */
export const listSlowedNetworks = operation('ListSlowedNetworks', {
  auth: 'iam',

  async handle({ UserPoolId: poolId, MaxResults: size = largestPage, NextToken }, { db, clock, pools, secrets, stuffing }: Deps) {
    await pools.getPool(poolId)
    await stuffing.write()
    const list = `ListSlowedNetworks ${poolId}`
    const now = clock.now()
    const found = await listNetworks(db, poolId, { now, after: readPageToken(secrets, list, NextToken), limit: size + 1 })
    const { entries, nextToken } = pageOf(found, size, secrets, list)
    return { SlowedNetworks: entries.map((entry) => writeNetwork(entry, now)), NextToken: nextToken }
  },
})

function writeNetwork({ id, tally }: SlowedNetwork, now: number): SlowedNetworkType {
  const { failed, passed } = usersOf(tally, now)
  return {
    Network: id,
    Level: tally.level,
    FailedUsers: failed,
    SignedInUsers: passed,
    SlowedSince: new Date(tally.slowedSince),
    SlowedUntil: new Date(tally.slowedUntil),
  }
}
