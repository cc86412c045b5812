import { setTimeout as delay } from 'node:timers/promises'
import type { Selectable } from 'kysely'
import { recordCommand } from '../../audit/audit-trail.ts'
import type { Clock } from '../../base/clock.ts'
import type { KeyRing } from '../../base/secrets.ts'
import { isPoolId } from '../../pools/pool-catalog.ts'
import type { Tx } from '../../storage/db.ts'
import { findColumns } from '../../storage/dialect/bulk-rows.ts'
import { lockMasterKeyRows, storeMasterKeyRows } from '../../storage/installation-repository.ts'
import type { Storage } from '../../storage/open-storage.ts'
import type { UserPoolTable } from '../../storage/pool-tables.ts'
import type { Schema } from '../../storage/schema.ts'
import type { SealedTable } from '../../storage/sealed-table.ts'
import type { BackupContent, BackupRow } from '../backup-rows.ts'
import { PortabilityError } from '../portability-error.ts'
import { withCurrentRows } from '../restore/current-rows.ts'
import { storeRows } from '../store-rows.ts'
import { type FindUsernames, findUsernames } from './clashes.ts'
import { announcePool, claimHiddenPool, followMasterKey, type HiddenPool } from './hidden-pool.ts'
import { createRowMover, type MoveReport } from './move-rows.ts'
import { createSecretMover } from './move-secrets.ts'
import { endPostponement, postpone, resumeImport } from './pending-work.ts'
import { poolGone } from './pool-gone.ts'
import { type PoolRows, readPoolRows } from './read-pool-rows.ts'
import { withRowCheck } from './row-check.ts'

export type PoolRestoreOptions = {
  /** The migrated database. Servers may be running on it. */
  readonly storage: Storage
  readonly keyRing: KeyRing
  /** Every table with sealed columns: `sealedTables` of the composition root. */
  readonly sealedTables: readonly SealedTable[]
  readonly clock: Clock
  /** The pool in the backup. */
  readonly poolId: string
  /** The id that the pool gets. Undefined: its own. */
  readonly newId?: string | undefined
  /** Whether a pool that has the id is to be removed first. */
  readonly overwrite: boolean
  /** Gives `use` the backup from its beginning. It is called a second time when a pool is replaced: then the backup is checked first. */
  readonly withContent: <T>(use: (content: BackupContent) => Promise<T>) => Promise<T>
  /** Tells all servers to read the master key's rows. */
  readonly announceKeys: () => Promise<void>
  /** How long a server may take to read them, in milliseconds. */
  readonly quietMs: number
  /** Called after each batch with the number of rows stored so far. */
  readonly onProgress?: (rows: number) => void | Promise<void>
}

export type PoolRestoreReport = MoveReport & {
  readonly poolId: string
  readonly rows: number
  /** What became of the import job that was running. */
  readonly runningImport: 'resumed' | 'stopped' | undefined
}

/**
 * Restores one pool into a database whose servers are running. The pool appears in one transaction, with everything that it has. A restore
 * that fails leaves nothing; one that was killed leaves hidden rows, which the sweeper removes, and can be run again. A pool that is replaced
 * is removed when the whole backup was read and checked.
 * @throws PortabilityError when the pool exists and `overwrite` is false; when the backup lacks the pool, claims rows of another one, or has
 *   rows that cannot be stored
 */
export async function restorePool(options: PoolRestoreOptions): Promise<PoolRestoreReport> {
  const { poolId, newId = poolId, withContent } = options
  if (!isPoolId(newId))
    throw new PortabilityError(`${JSON.stringify(newId.slice(0, 60))} is not the id of a user pool, such as eu-west-1_a1B2c3D4e.`)
  const pool = await claimHiddenPool({ ...options, poolId: newId })
  try {
    if (pool.replacesPool) await withContent((content) => checkBackup(options, content))
    return await withContent((content) => write({ ...options, newId }, content, pool))
  } catch (error) {
    const isGone = pool.replacesPool && pool.hasBegun
    // What cannot be removed now is removed by the sweeper.
    await pool.giveUp().catch(() => undefined)
    throw isGone ? poolGone(newId, error) : error
  } finally {
    await pool.release()
  }
}

type Walk = {
  /** Called when the pool was found, before its rows are given. */
  readonly onFound?: () => Promise<void>
  readonly store: (table: keyof Schema, rows: readonly BackupRow[]) => Promise<void>
  readonly findUsernames: FindUsernames
}

/** Walks the backup as `write` does, but all rows go into temporary tables, those of a running import as well. */
function checkBackup(options: PoolRestoreOptions, content: BackupContent): Promise<void> {
  return withRowCheck(options.storage, async ({ requireStorable, findUsernames }) => {
    const store: Walk['store'] = (table, batch) =>
      requireStorable(
        table,
        batch.map((row) => postpone(table, row)),
      )
    const { row } = await walk(options, content, { store, findUsernames })
    await requireStorable('user_pool', [row])
  })
}

/** Gives `store` the rows as they are to be stored, except that of the pool itself, which is returned. */
async function walk(options: PoolRestoreOptions, content: BackupContent, { onFound, store, findUsernames }: Walk) {
  const { storage, keyRing, sealedTables, poolId, newId: targetId = poolId } = options
  const report: MoveReport = { newClientIds: new Map(), takenDomains: [], leftOut: new Map() }
  // A change of the master key ends some seconds after the last value was sealed under the previous key. Since the batch before, a backup of
  // everything may have been read for minutes, so the key is looked at before each batch.
  const move = async (batch: PoolRows) => {
    await followMasterKey(storage.db, keyRing)
    const mover = createSecretMover(keyRing, content.keys.rowKey, sealedTables)
    return createRowMover({ db: storage.db, mover, poolId, targetId, findUsernames, report })(batch)
  }
  const columns = await findColumns(storage.db)
  let pool: PoolRows | undefined
  await withCurrentRows(content, async (parts) => {
    for await (const batch of readPoolRows({ scope: content.head.scope, parts, poolId, columns })) {
      if (batch.table === 'user_pool') {
        if (pool !== undefined || batch.rows.length > 1) throw new PortabilityError(`The backup has the user pool ${poolId} twice.`)
        pool = batch
        await onFound?.()
      } else await store(batch.table, await move(batch))
    }
  })
  // The row of the pool names app clients, which may have got new ids.
  const [row] = pool === undefined ? [] : await move(pool)
  if (row === undefined) throw new Error('The pool was not read.')
  return { report, row: row as Selectable<UserPoolTable> }
}

async function write(options: PoolRestoreOptions, content: BackupContent, pool: HiddenPool): Promise<PoolRestoreReport> {
  const { storage, clock, poolId, newId: targetId = poolId, onProgress } = options
  let rows = 1
  let active: BackupRow | undefined
  let keysReadAt = 0
  const { report, row } = await walk(options, content, {
    findUsernames: (id, subs) => findUsernames(storage.db, id, subs),
    async onFound() {
      await pool.begin()
      await pool.write((tx) => storeSubkeys(tx, options, content))
      await options.announceKeys()
      keysReadAt = performance.now() + options.quietMs
    },
    async store(table, batch) {
      if (table === 'active_import') active = batch[0] ?? active
      else if (batch.length > 0) {
        const ready = batch.map((each) => postpone(table, each))
        await pool.write((tx) => storeRows(tx, storage.engine, table, ready))
        rows += batch.length
        await onProgress?.(rows)
      }
    },
  })
  await delay(Math.max(0, keysReadAt - performance.now()))
  let runningImport: PoolRestoreReport['runningImport']
  await pool.reveal(row, async (tx) => {
    await endPostponement(tx, targetId)
    if (active !== undefined) runningImport = await resumeImport(tx, active, clock.now())
    const detail = `from: ${poolId}; backup of: ${new Date(content.head.at).toISOString()}; replaced a pool: ${pool.replacesPool ? 'yes' : 'no'}`
    await recordCommand(tx, clock, { operation: 'RestoreBackup', subject: targetId, detail })
  })
  await announcePool(storage, targetId)
  return { ...report, poolId: targetId, rows, runningImport }
}

/**
 * Keeps the subkeys with which servers accept what was issued before the backup, for this pool alone. Under another id the pool accepts none
 * of that.
 */
async function storeSubkeys(tx: Tx, { keyRing, poolId, newId = poolId }: PoolRestoreOptions, content: BackupContent): Promise<void> {
  const rows = await lockMasterKeyRows(tx)
  if (!keyRing.adopt(rows)) throw new PortabilityError('The master key was changed. Run the command again with the new key.')
  await storeMasterKeyRows(tx, keyRing.recordForRestoredPool(newId, newId === poolId ? content.keys.lastingSubkeys : []))
}
