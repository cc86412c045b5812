import type { Clock } from '../base/clock.ts'
import type { Db } from './db.ts'
import { type Lease, releaseLease, tryLease } from './lease-repository.ts'

/** A lease that this process takes and then renews again and again. */
export type HeldLease = {
  /** Takes or renews the lease; false while another process has it. */
  renew(): Promise<boolean>
  /** Whether this process has the lease, judged by its latest `renew`. Does not ask the database. */
  isHeld(): boolean
  release(): Promise<void>
}

export function createHeldLease(lease: Lease, { db, clock, ttlMs }: { db: Db; clock: Clock; ttlMs: number }): HeldLease {
  let heldUntil = Number.NEGATIVE_INFINITY
  return {
    async renew() {
      const now = clock.now()
      const isTaken = await tryLease(db, lease, now, ttlMs)
      heldUntil = isTaken ? now + ttlMs : Number.NEGATIVE_INFINITY
      return isTaken
    },
    isHeld: () => clock.now() < heldUntil,
    async release() {
      heldUntil = Number.NEGATIVE_INFINITY
      await releaseLease(db, lease)
    },
  }
}
