import { createIdentityPoolRemoval } from '../../src/identity-pools/identity-pool-deletion-repository.ts'
import { createPoolRemoval } from '../../src/pools/pool-deletion-repository.ts'
import type { Db } from '../../src/storage/db.ts'
import { openStorage } from '../../src/storage/open-storage.ts'
import { createMemberRemoval } from '../../src/users/groups/group-removal-repository.ts'
import { createUserRemoval } from '../../src/users/user-removal-repository.ts'

const dayMs = 86_400_000

/** Removes all rows of deleted users, groups, user pools and identity pools, as the sweeper does within a day after `now`. Returns the number of batches. */
export async function sweepDeletions(db: Db, now: number): Promise<number> {
  let batches = 0
  for (const remove of [createUserRemoval(), createMemberRemoval(), createPoolRemoval(), createIdentityPoolRemoval()]) {
    for (const at of [now, now + dayMs]) while (await db.transaction().execute((tx) => remove(tx, at))) batches++
  }
  return batches
}

/** Removes all rows of deleted users, groups, user pools and identity pools from the database of a running server. */
export async function sweepDeletionsOf(server: { readonly databaseUrl: string; readonly clock: { now(): number } }): Promise<void> {
  const storage = await openStorage({ url: server.databaseUrl })
  try {
    await sweepDeletions(storage.db, server.clock.now())
  } finally {
    await storage.close()
  }
}
