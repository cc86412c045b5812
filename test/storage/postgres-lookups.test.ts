import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import type { Db, Tx } from '../../src/storage/db.ts'
import { prepareLookup } from '../../src/storage/prepared-query.ts'
import { chosenEngines } from '../support/engines.ts'
import { openTestStorage } from '../support/test-storage.ts'

const postgres = chosenEngines().find(({ name }) => name === 'postgres')
const skip = postgres === undefined && 'PostgreSQL was not chosen for this run'

const selectFact = prepareLookup((db, { name }: { name: string }) =>
  db
    .selectFrom('installation')
    .select(['name', 'value', sql<number>`pg_backend_pid()`.as('backend')])
    .where('name', '=', name),
)

async function find(db: Db | Tx, name: string) {
  const { rows } = await selectFact(db, { name })
  return rows[0]
}

async function openWithFacts(count: number) {
  assert.ok(postgres)
  const storage = await openTestStorage(postgres)
  const values = Array.from({ length: count }, (_, i) => ({ name: `fact ${i}`, value: `value ${i}` }))
  await storage.db.insertInto('installation').values(values).execute()
  return { storage, values, [Symbol.asyncDispose]: storage[Symbol.asyncDispose] }
}

describe('Look-ups on PostgreSQL', { skip }, () => {
  it('share one connection, and each gets its own answer', async () => {
    await using facts = await openWithFacts(50)
    const found = await Promise.all(facts.values.map(({ name }) => find(facts.storage.db, name)))
    assert.deepEqual(
      found.map((fact) => fact?.value),
      facts.values.map(({ value }) => value),
    )
    assert.equal(new Set(found.map((fact) => fact?.backend)).size, 1)
  })

  it('see the uncommitted rows of a transaction when they run inside it, and only committed rows outside', async () => {
    await using facts = await openWithFacts(1)
    const { db } = facts.storage
    await db.transaction().execute(async (tx) => {
      await tx.updateTable('installation').set({ value: 'changed' }).execute()
      assert.equal((await find(tx, 'fact 0'))?.value, 'changed')
      assert.equal((await find(db, 'fact 0'))?.value, 'value 0')
    })
    assert.equal((await find(db, 'fact 0'))?.value, 'changed')
  })

  it('are answered even if another look-up at the same time fails', async () => {
    await using facts = await openWithFacts(2)
    const { db } = facts.storage
    const [before, bad, after] = await Promise.allSettled([find(db, 'fact 0'), find(db, 'nul \0'), find(db, 'fact 1')])
    assert.equal(before.status, 'fulfilled')
    assert.equal(bad.status, 'rejected')
    assert.equal(after.status === 'fulfilled' && after.value?.value, 'value 1')
  })

  it('connect again after the server has terminated the connection', async () => {
    await using facts = await openWithFacts(1)
    const { db } = facts.storage
    const first = await find(db, 'fact 0')
    await sql`select pg_terminate_backend(${first?.backend})`.execute(db)

    // A look-up fails if it is in progress when the connection breaks. No event announces that moment, so the test repeats the look-up.
    const again = async (): Promise<Awaited<ReturnType<typeof find>>> => find(db, 'fact 0').catch(again)
    const second = await again()
    assert.equal(second?.value, 'value 0')
    assert.notEqual(second?.backend, first?.backend)
  })
})
