import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../../base/clock.ts'
import { minuteMs } from '../../base/durations.ts'
import type { KeyRing } from '../../base/secrets.ts'
import { poolChanged } from '../../pools/pool-catalog.ts'
import {
  abandonPoolRestore,
  beginPoolRestore,
  createPoolEmptying,
  endPoolRestore,
  findPoolState,
  type PoolState,
  prolongPoolRestore,
} from '../../pools/pool-deletion-repository.ts'
import { DatabaseUnavailableError } from '../../storage/database-unavailable-error.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { findMasterKeyRows } from '../../storage/installation-repository.ts'
import { type Lease, releaseLease, tryLease } from '../../storage/lease-repository.ts'
import type { Storage } from '../../storage/open-storage.ts'
import { signingKeysChanged } from '../../tokens/signing-keys.ts'
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

/** A pool that no query finds while its rows are written. */
export type HiddenPool = {
  /** Whether a pool of this id exists or is kept, which `begin` removes. */
  readonly replacesPool: boolean
  /** Whether `begin` has hidden that pool, or may have, and `reveal` has not ended. */
  readonly hasBegun: boolean
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
export async function claimHiddenPool(options: Options): Promise<HiddenPool> {
  const { storage, clock, poolId, overwrite } = options
  const { db } = storage
  const lease = { name: 'restore', holder: randomUUID() }
  const text = 'Another restore into this database is running. If it was killed, wait half a minute and run this command again.'
  await renew(db, lease, clock, text)
  try {
    const before = await findPoolState(db, poolId, clock.now())
    if (!overwrite) requireFree(poolId, before)
    return hiddenPool(new PoolWriter(options, lease, before), options, { before, release: () => releaseLease(db, lease) })
  } catch (error) {
    await releaseLease(db, lease)
    throw error
  }
}

function requireFree(poolId: string, state: PoolState): void {
  if (state === 'living')
    throw new PortabilityError(
      `There is a user pool ${poolId}. Restore under another id with --as, or replace the pool by the one in the backup with --overwrite.`,
    )
  if (state === 'kept')
    throw new PortabilityError(
      `The user pool ${poolId} was deleted and is kept: RestoreUserPool brings it back. To restore the one in the backup in its place, add --overwrite.`,
    )
}

type HiddenRest = { readonly before: PoolState; release(): Promise<void> }

function hiddenPool(writer: PoolWriter, { storage, clock, poolId }: Options, { before, release }: HiddenRest): HiddenPool {
  return {
    replacesPool: before === 'living' || before === 'kept',
    get hasBegun() {
      return writer.isWriting || writer.mayHaveBegun
    },
    begin: () => writer.begin(),
    write: (work) => writer.write(work),

    async reveal(row, work) {
      await writer.write(async (tx) => {
        await work(tx)
        await endPoolRestore(tx, row)
      })
      writer.end()
    },

    async giveUp() {
      if (!writer.isWriting) return
      await writer.empty()
      const end = { now: clock.now(), hadPool: before !== undefined }
      await storage.db.transaction().execute((tx) => abandonPoolRestore(tx, poolId, end))
    },

    release,
  }
}

/** Makes all servers drop what they have cached of the pool. What a server misses expires in its caches within seconds. */
export async function announcePool({ publish }: Storage, poolId: string): Promise<void> {
  for (const channel of [poolChanged, signingKeysChanged]) await publish(channel, poolId).catch(() => undefined)
}

async function renew(db: Db | Tx, lease: Lease, clock: Clock, text: string): Promise<void> {
  if (!(await tryLease(db, lease, clock.now(), leaseMs))) throw new PortabilityError(text)
}

/** Runs the transactions of a restore. Each renews what keeps other restores and the sweeper away. */
class PoolWriter {
  readonly #options: Options
  readonly #lease: Lease
  readonly #before: PoolState
  /** When the sweeper removes the pool unless something is written. Undefined before `begin` and after `end`. */
  #dueAt: number | undefined
  /** Whether the answer to the commit of `begin` was lost. */
  mayHaveBegun = false

  /** `before` says whether there was a pool of the id when the restore was allowed. */
  constructor(options: Options, lease: Lease, before: PoolState) {
    this.#options = options
    this.#lease = lease
    this.#before = before
  }

  get isWriting(): boolean {
    return this.#dueAt !== undefined
  }

  end(): void {
    this.#dueAt = undefined
  }

  async begin(): Promise<void> {
    const { clock, poolId, storage } = this.#options
    const now = clock.now()
    const dueAt = now + abandonedAfterMs
    try {
      await this.#inTransaction(async (tx) => {
        if (!(await beginPoolRestore(tx, poolId, { before: this.#before, now, dueAt }))) throw poolAppeared(poolId)
      })
    } catch (error) {
      this.mayHaveBegun = error instanceof DatabaseUnavailableError
      throw error
    }
    this.#dueAt = dueAt
    await announcePool(storage, poolId)
    await this.empty()
  }

  async write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const { clock, poolId, storage } = this.#options
    const times = { now: clock.now(), lastDueAt: this.#dueAt ?? 0, dueAt: clock.now() + abandonedAfterMs }
    const result = await this.#inTransaction(async (tx) => {
      if (!(await prolongPoolRestore(tx, poolId, times))) throw tookTooLong()
      return work(tx)
    })
    this.#dueAt = times.dueAt
    storage.checkpoint()
    return result
  }

  /** Removes all rows of the pool. */
  async empty(): Promise<void> {
    const removeBatch = createPoolEmptying(this.#options.poolId)
    const endsAt = performance.now() + emptyingMs
    for (;;) {
      const result = await this.write(removeBatch)
      if (result === 'done') return
      if (result === 'more') continue
      if (performance.now() >= endsAt) throw new PortabilityError('Rows of the pool are in use, so the restore has stopped. Run it again.')
      await delay(50)
    }
  }

  #inTransaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const { storage, keyRing, clock } = this.#options
    return storage.db.transaction().execute(async (tx) => {
      await renew(tx, this.#lease, clock, 'Another restore into this database has begun, so this one has stopped.')
      await followMasterKey(tx, keyRing)
      return work(tx)
    })
  }
}

/** The master key may be changed while the restore runs. @throws PortabilityError when it was changed to a key that is not given */
export async function followMasterKey(db: Db | Tx, keyRing: KeyRing): Promise<void> {
  const rows = await findMasterKeyRows(db)
  if (rows.isBeingRestored) throw new PortabilityError('The whole database is being restored, so this restore has stopped.')
  if (keyRing.adopt(rows)) return
  throw new PortabilityError('The master key was changed while the restore was running. Run the command again with the new key.')
}

function poolAppeared(poolId: string): PortabilityError {
  return new PortabilityError(
    `A user pool ${poolId} was created or restored meanwhile, so this restore has stopped and changed nothing. Run the command again.`,
  )
}

function tookTooLong(): PortabilityError {
  return new PortabilityError('The restore wrote nothing for ten minutes, so its rows may have been removed. Run the command again.')
}
