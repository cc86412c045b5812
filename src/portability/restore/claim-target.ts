import { randomUUID } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { findLatestHeartbeat } from '../../storage/heartbeat-repository.ts'
import { beginRestore, lockMasterKeyRows } from '../../storage/installation-repository.ts'
import { releaseLease, tryLease } from '../../storage/lease-repository.ts'
import { findFilledTable } from '../filled-table.ts'
import { PortabilityError } from '../portability-error.ts'

/** How long a killed restore keeps the next one from starting. */
const leaseMs = 30_000

/** A server that wrote so lately is taken for a running one. Load balancers ask for its health more often, and then it writes. */
const heartbeatMs = 30_000

export type Claim = {
  /** Whether a server has ever used the database. Then one may be running, though its latest sign of life is old. */
  readonly mayBeInUse: boolean
  /** Runs work in a transaction. @throws PortabilityError when another restore has taken over */
  inTransaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  release(): Promise<void>
}

type Options = { readonly db: Db; readonly clock: Clock; readonly overwrite: boolean }

/**
 * Marks the database as being restored, if it may be overwritten. The mark stays until the restore has ended.
 * @throws PortabilityError when the database is in use, or has rows and `overwrite` is false; then nothing was changed
 */
export async function claimTarget({ db, clock, overwrite }: Options): Promise<Claim> {
  const lease = { name: 'restore', holder: randomUUID() }
  const renew = async (db: Db | Tx, text: string) => {
    if (!(await tryLease(db, lease, clock.now(), leaseMs))) throw new PortabilityError(text)
  }
  await renew(db, 'Another restore into this database is running. If it was killed, wait half a minute and run this command again.')
  try {
    const mayBeInUse = await db.transaction().execute(async (tx) => {
      const { isBeingRestored, proof } = await lockMasterKeyRows(tx)
      await requireNoServer(tx, clock.now())
      if (!isBeingRestored && !overwrite) await requireEmpty(tx)
      await beginRestore(tx)
      return proof !== ''
    })
    return {
      mayBeInUse,
      inTransaction: (work) =>
        db.transaction().execute(async (tx) => {
          await renew(tx, 'Another restore into this database has begun, so this one has stopped.')
          return work(tx)
        }),
      release: () => releaseLease(db, lease),
    }
  } catch (error) {
    await releaseLease(db, lease)
    throw error
  }
}

async function requireNoServer(tx: Tx, now: number): Promise<void> {
  const latest = await findLatestHeartbeat(tx)
  if (latest === undefined || latest < now - heartbeatMs) return
  const seconds = Math.max(0, Math.round((now - latest) / 1000))
  throw new PortabilityError(
    `A server has used the database ${seconds} seconds ago. Stop all servers, wait half a minute and run this command again.`,
  )
}

async function requireEmpty(tx: Tx): Promise<void> {
  const table = await findFilledTable(tx)
  if (table === undefined) return
  throw new PortabilityError(
    `The database is not empty: its table ${table} has rows. Restore into a new database, or delete everything that it has with --overwrite.`,
  )
}
