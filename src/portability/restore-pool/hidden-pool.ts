import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../../base/clock.ts'
import { minuteMs } from '../../base/durations.ts'
import type { KeyRing } from '../../base/secrets.ts'
import {
  abandonPoolRestore,
  beginPoolRestore,
  createPoolEmptying,
  endPoolRestore,
  findPoolState,
  prolongPoolRestore,
} from '../../pools/pool-deletion-repository.ts'
import type { Tx } from '../../storage/db.ts'
import { findMasterKeyRows } from '../../storage/installation-repository.ts'
import { releaseLease, tryLease } from '../../storage/lease-repository.ts'
import type { Storage } from '../../storage/open-storage.ts'
import { PortabilityError } from '../portability-error.ts'

/** How long a killed restore keeps the next one from starting. */
const leaseMs = 30_000
/** When a restore writes nothing for so long, it counts as killed, and the sweeper removes what it has written. */
const abandonedAfterMs = 10 * minuteMs
/** How long to wait for requests that hold rows of the pool that is replaced. */
const emptyingMs = minuteMs

type Options = {
  readonly storage: Storage
  readonly keyRing: KeyRing
  readonly clock: Clock
  readonly poolId: string
  readonly overwrite: boolean
}

/** A pool that nobody sees while its rows are written. */
export type HiddenPool = {
  /** Whether a pool of this id exists, which `begin` removes. */
  readonly replacesLiving: boolean
  /** Hides the pool that has the id and removes its rows. */
  begin(): Promise<void>
  /** Runs work in a transaction. @throws PortabilityError when the restore must not go on */
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** Like `write`, for the last transaction: the pool with this row is found after its commit. */
  reveal(row: Parameters<typeof endPoolRestore>[1], work: (tx: Tx) => Promise<void>): Promise<void>
  /** Removes what `write` has stored. Does nothing after `reveal`, or before `begin`. */
  giveUp(): Promise<void>
  release(): Promise<void>
}

/**
 * Takes the right to restore the pool. Changes nothing yet.
 * @throws PortabilityError when another restore runs, or when the pool exists and `overwrite` is false
 */
export async function claimHiddenPool({ storage, keyRing, clock, poolId, overwrite }: Options): Promise<HiddenPool> {
  const { db, checkpoint } = storage
  const lease = { name: 'restore', holder: randomUUID() }
  const renew = async (db: Storage['db'] | Tx, text: string) => {
    if (!(await tryLease(db, lease, clock.now(), leaseMs))) throw new PortabilityError(text)
  }
  await renew(db, 'Another restore into this database is running. If it was killed, wait half a minute and run this command again.')
  const before = await findPoolState(db, poolId)
  if (before === 'living' && !overwrite) {
    await releaseLease(db, lease)
    throw new PortabilityError(
      `There is a user pool ${poolId}. Restore under another id with --as, or replace the pool by the one in the backup with --overwrite.`,
    )
  }
  let dueAt: number | undefined

  /** The renewal of everything that keeps others away is part of each transaction. */
  const inTransaction = <T>(work: (tx: Tx) => Promise<T>): Promise<T> =>
    db.transaction().execute(async (tx) => {
      await renew(tx, 'Another restore into this database has begun, so this one has stopped.')
      await followMasterKey(tx, keyRing)
      return work(tx)
    })

  async function write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const nextDueAt = clock.now() + abandonedAfterMs
    const result = await inTransaction(async (tx) => {
      const times = { now: clock.now(), lastDueAt: dueAt ?? 0, dueAt: nextDueAt }
      if (!(await prolongPoolRestore(tx, poolId, times))) throw tookTooLong()
      return work(tx)
    })
    dueAt = nextDueAt
    checkpoint()
    return result
  }

  async function empty(): Promise<void> {
    const removeBatch = createPoolEmptying(poolId)
    const endsAt = performance.now() + emptyingMs
    for (;;) {
      const result = await write(removeBatch)
      if (result === 'done') return
      if (result === 'more') continue
      if (performance.now() >= endsAt) throw new PortabilityError('Rows of the pool are in use, so the restore has stopped. Run it again.')
      await delay(50)
    }
  }

  return {
    replacesLiving: before === 'living',

    async begin() {
      const now = clock.now()
      dueAt = now + abandonedAfterMs
      const times = { now, dueAt }
      await inTransaction((tx) => beginPoolRestore(tx, poolId, times))
      await empty()
    },

    write,

    async reveal(row, work) {
      await write(async (tx) => {
        await work(tx)
        await endPoolRestore(tx, row)
      })
      dueAt = undefined
    },

    async giveUp() {
      if (dueAt === undefined) return
      await empty()
      const end = { now: clock.now(), hadPool: before !== undefined }
      await db.transaction().execute((tx) => abandonPoolRestore(tx, poolId, end))
    },

    release: () => releaseLease(db, lease),
  }
}

/** The master key may be changed while the restore runs. @throws PortabilityError when it was changed to a key that is not given */
async function followMasterKey(tx: Tx, keyRing: KeyRing): Promise<void> {
  const rows = await findMasterKeyRows(tx)
  if (rows.isBeingRestored) throw new PortabilityError('The whole database is being restored, so this restore has stopped.')
  if (keyRing.adopt(rows)) return
  throw new PortabilityError('The master key was changed while the restore was running. Run the command again with the new key.')
}

function tookTooLong(): PortabilityError {
  return new PortabilityError('The restore wrote nothing for ten minutes, so its rows may have been removed. Run the command again.')
}
