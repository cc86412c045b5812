import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../../base/clock.ts'
import type { Pool } from '../../pools/pool.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { findPool, lockPool } from '../../pools/pool-repository.ts'
import { findNamePlaces } from '../../pools/schema-changes/name-place-repository.ts'
import type { SchemaChange } from '../../pools/schema-changes/schema-change.ts'
import { findSchemaChange, lockSchemaChange, putSchemaChange } from '../../pools/schema-changes/schema-change-repository.ts'
import { readStored } from '../../pools/schema-changes/schema-rules.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { Engine } from '../../storage/dialect/backend.ts'
import { barrierState, markTransaction } from '../../storage/dialect/transaction-barrier.ts'
import { storeNameKey } from '../deleted-users/kept-user-repository.ts'
import { buildNames } from './build-names.ts'
import { countConflicts } from './count-conflicts.ts'
import { deleteNames } from './name-set-repository.ts'
import { clientConflicts } from './plan-schema-change.ts'
import { beginFinishing, ended, endOldNames, failed, switchSchema } from './transitions.ts'
import { convertStored, readUserBatch, type UserBatch } from './user-pass-repository.ts'

export type StepDeps = {
  readonly db: Db
  readonly engine: Engine
  readonly clock: Clock
  readonly pools: Pick<PoolCatalog, 'invalidate'>
}

/** `more`: call the step again. `waiting`: other transactions have to end first. `idle`: there is nothing to do now. */
export type StepResult = 'more' | 'waiting' | 'idle'

const usersPerCheck = 500
/** With a change of names, the check writes as well, and locks the users. */
const usersPerNames = 100
const usersPerConversion = 100
const namesPerStep = 500

/**
 * Runs one step of the pool's change, in one short transaction. What is done and how far it is are committed together. So a process can be
 * killed at any time and another one continues.
 */
export async function runSchemaChangeStep(deps: StepDeps, poolId: string): Promise<StepResult> {
  const change = await findSchemaChange(deps.db, poolId)
  if (change?.dueAt === undefined || change.dueAt > deps.clock.now()) return 'idle'
  if (change.state === 'SWITCHED') return leaveSwitched(deps, change)
  const barrier = await passBarrier(deps, change)
  if (barrier !== 'passed') return barrier
  return change.state === 'CHECKING' ? checkBatch(deps, change) : convertBatch(deps, change)
}

/**
 * Waits for all transactions that may not know the state of the change. When they have ended, the pass finds what they have written.
 * Later transactions follow the rules of this state.
 */
async function passBarrier({ db, engine }: StepDeps, change: SchemaChange): Promise<'passed' | 'more' | 'waiting'> {
  const state = change.barrier === undefined ? 'foreign' : await barrierState(db, engine, change.barrier)
  if (state === 'reached') return 'passed'
  if (state === 'waiting') return 'waiting'
  await db.transaction().execute(async (tx) => {
    const locked = await lockUnchanged(tx, change)
    if (locked !== undefined) await putSchemaChange(tx, { ...locked, barrier: await markTransaction(tx, engine) })
  })
  return 'more'
}

/** The change, locked. Undefined when it is not as it was read: then another step has to read it anew. */
async function lockUnchanged(tx: Tx, change: SchemaChange): Promise<SchemaChange | undefined> {
  const locked = await lockSchemaChange(tx, change.poolId)
  return isDeepStrictEqual(locked, change) ? locked : undefined
}

/** Runs `use` with the pool and the change locked, in this order, as requests lock them. Skips it when the change was changed meanwhile. */
async function withPool(
  { db, pools }: StepDeps,
  change: SchemaChange,
  use: (tx: Tx, pool: Pool, locked: SchemaChange) => Promise<unknown>,
): Promise<StepResult> {
  await db.transaction().execute(async (tx) => {
    const pool = await lockPool(tx, change.poolId)
    if (pool === undefined) return
    const locked = await lockUnchanged(tx, change)
    if (locked !== undefined) await use(tx, pool, locked)
  })
  await pools.invalidate(change.poolId)
  return 'more'
}

async function leaveSwitched(deps: StepDeps, change: SchemaChange): Promise<StepResult> {
  const now = deps.clock.now()
  const isOver = (change.details.undoableUntil ?? 0) <= now
  return withPool(deps, change, (tx, pool, locked) => (isOver ? beginFinishing(tx, pool, locked, now) : endOldNames(tx, pool, locked)))
}

/** Looks at the next users. At the end of the pass, the schema is switched, or the change fails. */
async function checkBatch(deps: StepDeps, change: SchemaChange): Promise<StepResult> {
  const { db, clock } = deps
  const limit = change.rules?.names === undefined ? usersPerCheck : usersPerNames
  const batch = await readUserBatch(db, change.poolId, change.cursor, limit)
  const counted = countConflicts(change.rules?.checks ?? {}, 0)
  for (const user of batch.users) counted.add(user)
  const found = counted.conflicts().reduce((sum, { count }) => sum + count, change.details.conflicts ?? 0)
  const after = (conflicts: number): SchemaChange => ({ ...advanced(change, batch), details: { ...change.details, conflicts } })
  if (batch.next !== undefined) {
    return store(db, change, async (tx) => putSchemaChange(tx, after(found + (await storeNewNames(tx, change, batch)))))
  }
  return withPool(deps, change, async (tx, pool) => {
    const now = clock.now()
    const taken = await storeNewNames(tx, change, batch)
    // App clients may have been changed since the plan was made.
    const clients = clientConflicts(pool, change.details.changes, await findNamePlaces(tx, pool))
    const conflicts = clients.reduce((sum, { clientIds }) => sum + clientIds.length, found + taken)
    return conflicts === 0 ? switchSchema(tx, pool, after(0), now) : putSchemaChange(tx, failed(after(conflicts), now))
  })
}

/** Returns how many users of the batch conflict by their names. */
async function storeNewNames(tx: Tx, { poolId, rules }: SchemaChange, { users }: UserBatch): Promise<number> {
  const pool = rules?.names && (await findPool(tx, poolId))
  if (rules?.names === undefined || pool === undefined) return 0
  return buildNames(tx, pool, users, rules)
}

/** Deletes the next names of the set that is no longer valid. */
async function deleteNamesBatch(db: Db, change: SchemaChange): Promise<StepResult> {
  return store(db, change, async (tx) => {
    const { poolId, rules, state } = change
    const set = state === 'UNDOING' ? rules?.names?.after : rules?.names?.before
    const isOver = set === undefined || (await deleteNames(tx, { id: poolId, ...set }, namesPerStep)) < namesPerStep
    if (isOver) await putSchemaChange(tx, { ...change, cursor: { table: 'user', after: '' } })
  })
}

/** Converts the next users. At the end of the pass, the change has ended. */
async function convertBatch({ db, clock }: StepDeps, change: SchemaChange): Promise<StepResult> {
  if (change.cursor?.table === 'user_alias') return deleteNamesBatch(db, change)
  const batch = await readUserBatch(db, change.poolId, change.cursor, usersPerConversion)
  const after = advanced(change, batch)
  const state = change.state === 'FINISHING' ? 'FINISHED' : change.details.hasFailed ? 'FAILED' : 'UNDONE'
  return store(db, change, async (tx) => {
    const { rules } = change
    if (rules !== undefined) {
      await convertStored(tx, change.poolId, batch.users, (stored) => readStored(rules, stored))
      if (rules.names !== undefined) await renameKept(tx, change.poolId, batch)
    }
    await putSchemaChange(tx, batch.next === undefined ? { ...ended(after, clock.now()), state } : after)
  })
}

/** The names by which deleted users are listed are those of the settings that are valid now. */
async function renameKept(tx: Tx, poolId: string, { users }: UserBatch): Promise<void> {
  const kept = users.filter(({ isDeleted }) => isDeleted)
  const pool = kept.length === 0 ? undefined : await findPool(tx, poolId)
  if (pool !== undefined) for (const user of kept) await storeNameKey(tx, pool, user)
}

const advanced = (change: SchemaChange, { users, next }: UserBatch): SchemaChange => ({
  ...change,
  cursor: next,
  done: change.done + users.length,
})

async function store(db: Db, change: SchemaChange, use: (tx: Tx) => Promise<void>): Promise<StepResult> {
  await db.transaction().execute(async (tx) => {
    if ((await lockUnchanged(tx, change)) !== undefined) await use(tx)
  })
  return 'more'
}
