import { minuteMs } from '../../base/durations.ts'
import { resourceKind } from '../../pools/pool-resource.ts'
import { findResource, putResource } from '../../pools/pool-resource-repository.ts'
import type { Db } from '../../storage/db.ts'

/** The last call of the former pool that gave no usable answer. */
export type FormerPoolFailure = { readonly failure: string; readonly at: number }

const failures = resourceKind<{ readonly failure: string }>('former-pool-failure')
const id = 'last'

export async function findLastFailure(db: Db, poolId: string): Promise<FormerPoolFailure | undefined> {
  const stored = await findResource(db, poolId, failures, id)
  return stored && { failure: stored.config.failure, at: stored.updatedAt }
}

/** Stores the failure, at most once a minute: a former pool that is gone must cost no write for each sign-in. Never throws. */
export async function noteFailure(db: Db, poolId: string, { failure, at }: FormerPoolFailure): Promise<void> {
  try {
    const before = await findLastFailure(db, poolId)
    if (before !== undefined && before.failure === failure && at - before.at < minuteMs) return
    await db.transaction().execute((tx) => putResource(tx, poolId, failures, { id, createdAt: at, updatedAt: at, config: { failure } }))
  } catch {
    // The failure of the former pool is what the caller has to hear about. Storage logs its own failures.
  }
}
