import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../../base/clock.ts'
import type { Pool } from '../../pools/pool.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { lockPool } from '../../pools/pool-repository.ts'
import { findNamePlaces } from '../../pools/schema-changes/name-place-repository.ts'
import type { SchemaChange } from '../../pools/schema-changes/schema-change.ts'
import { findSchemaChange, lockSchemaChange, putSchemaChange } from '../../pools/schema-changes/schema-change-repository.ts'
import { readStored } from '../../pools/schema-changes/schema-rules.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { Engine } from '../../storage/dialect/backend.ts'
import { barrierState, markTransaction } from '../../storage/dialect/transaction-barrier.ts'
import { countConflicts } from './count-conflicts.ts'
import { clientConflicts } from './plan-schema-change.ts'
import { beginFinishing, ended, endOldNames, switchSchema } from './transitions.ts'
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
const usersPerConversion = 100

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
  const batch = await readUserBatch(db, change.poolId, change.cursor, usersPerCheck)
  const counted = countConflicts(change.rules?.checks ?? {}, 0)
  for (const user of batch.users) counted.add(user)
  const found = counted.conflicts().reduce((sum, { count }) => sum + count, change.details.conflicts ?? 0)
  const after: SchemaChange = { ...advanced(change, batch), details: { ...change.details, conflicts: found } }
  if (batch.next !== undefined) return store(db, change, (tx) => putSchemaChange(tx, after))
  return withPool(deps, change, async (tx, pool) => {
    const now = clock.now()
    // App clients may have been changed since the plan was made.
    const clients = clientConflicts(pool, change.details.changes, await findNamePlaces(tx, pool))
    const conflicts = clients.reduce((sum, { clientIds }) => sum + clientIds.length, found)
    if (conflicts === 0) return switchSchema(tx, pool, after, now)
    return putSchemaChange(tx, { ...ended(after, now), state: 'FAILED', details: { ...after.details, endedAt: now, conflicts } })
  })
}

/** Converts the next users. At the end of the pass, the change has ended. */
async function convertBatch({ db, clock }: StepDeps, change: SchemaChange): Promise<StepResult> {
  const batch = await readUserBatch(db, change.poolId, change.cursor, usersPerConversion)
  const after = advanced(change, batch)
  const state = change.state === 'UNDOING' ? 'UNDONE' : 'FINISHED'
  return store(db, change, async (tx) => {
    const { rules } = change
    if (rules !== undefined) {
      for (const user of batch.users) await convertStored(tx, change.poolId, user, (stored) => readStored(rules, stored))
    }
    await putSchemaChange(tx, batch.next === undefined ? { ...ended(after, clock.now()), state } : after)
  })
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
