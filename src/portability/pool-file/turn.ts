import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../base/clock.ts'
import type { Db } from '../../storage/db.ts'
import { createHeldLease } from '../../storage/held-lease.ts'
import { PoolFileError } from './read-files.ts'

/** How long the lease of an `apply` that was killed keeps others waiting, in milliseconds. */
const leaseMs = 10_000
const patienceMs = 60_000
const pollMs = 100

/** The right to apply files. One process has it at a time. */
export type Turn = {
  /** @throws PoolFileError when another process may have taken the turn meanwhile, so that the plan may be out of date */
  require(): void
  end(): Promise<void>
}

/**
 * Waits until no other process applies files. Keeps the lease until the end of the turn, also while a long plan is made.
 * @throws PoolFileError when another process applies files all the time
 */
export async function takeTurn(db: Db): Promise<Turn> {
  const lease = createHeldLease({ name: 'apply', holder: randomUUID() }, { db, clock: systemClock, ttlMs: leaseMs })
  const deadline = performance.now() + patienceMs
  while (!(await lease.renew())) {
    if (performance.now() > deadline) throw new PoolFileError('Another process is applying files. Try again when it has ended.')
    await sleep(pollMs)
  }
  let isLost = false
  const renew = async () => {
    if (!lease.isHeld()) isLost = true
    if (!isLost && !(await lease.renew())) isLost = true
  }
  const timer = setInterval(() => renew().catch(() => undefined), leaseMs / 5)
  return {
    require() {
      if (isLost || !lease.isHeld()) throw new PoolFileError('Another process has begun to apply files. Run the command again.')
    },
    async end() {
      clearInterval(timer)
      await lease.release()
    },
  }
}
