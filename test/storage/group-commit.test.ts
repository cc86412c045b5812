import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { SqliteGroupWriter } from '../../src/storage/dialect/sqlite-group-writer.ts'
import { SqliteHandle } from '../../src/storage/dialect/sqlite-handle.ts'
import { scratchFolder } from '../support/scratch.ts'

const folder = mkdtempSync(join(scratchFolder(), 'lifeguard-group-'))
after(() => rmSync(folder, { recursive: true }))

type Options = { busyTimeoutMs?: number; lockTimeoutMs?: number }

let files = 0

/** An SQLite file with one table, a group writer for it, and `seen`, which reads the table through another handle. */
function open({ busyTimeoutMs = 5000, lockTimeoutMs = 5000 }: Options = {}) {
  const path = join(folder, `${files++}.db`)
  const handle = new SqliteHandle(path, 0)
  handle.exec('pragma journal_mode = wal')
  handle.exec('create table t (id integer primary key)')
  const other = new SqliteHandle(path, 0)
  return {
    handle,
    other,
    groups: new SqliteGroupWriter(handle, { busyTimeoutMs, lockTimeoutMs }),
    seen: () => other.run<{ id: number }>('select id from t order by id', []).rows.map(({ id }) => id),
    commits: () => commitsIn(`${path}-wal`),
    [Symbol.dispose]() {
      handle.close()
      other.close()
    },
  }
}

/** Counts the frames that end a transaction: they contain the size of the database; see "WAL File Format" in SQLite's documentation. */
function commitsIn(wal: string): number {
  const bytes = readFileSync(wal)
  const frame = 24 + bytes.readUInt32BE(8)
  let commits = 0
  for (let at = 32; at + frame <= bytes.length; at += frame) if (bytes.readUInt32BE(at + 4) !== 0) commits++
  return commits
}

const insert = 'insert into t values (?)'

async function inTransaction(groups: SqliteGroupWriter, ids: readonly number[], pause: () => Promise<unknown> = async () => undefined) {
  const transaction = await groups.begin()
  for (const id of ids) {
    transaction.run(insert, [id])
    await pause()
  }
  await transaction.commit()
}

describe('group commit', () => {
  it('commits all writes of one turn of the event loop by one COMMIT, and resolves no write before that COMMIT', async () => {
    using file = open()
    const before = file.commits()
    const resolved: number[] = []
    const writes = [1, 2, 3, 4].map((id) => file.groups.write(insert, [id]).then(() => resolved.push(id)))
    const transactions = [5, 6].map((id) => inTransaction(file.groups, [id]).then(() => resolved.push(id)))
    for (let i = 0; i < 100; i++) await undefined
    assert.deepEqual([file.seen(), resolved], [[], []])

    await Promise.all([...writes, ...transactions])
    assert.deepEqual(file.seen(), [1, 2, 3, 4, 5, 6])
    assert.equal(file.commits() - before, 1)
  })

  it('splits 1000 writes of one turn of the event loop into four groups', async () => {
    using file = open()
    const before = file.commits()
    await Promise.all(Array.from({ length: 1000 }, (_, i) => file.groups.write(insert, [i])))
    assert.equal(file.commits() - before, 4)
  })

  it('never commits a part of a transaction that takes several turns of the event loop', async () => {
    using file = open()
    const turn = () => new Promise((resolve) => setImmediate(resolve))
    const early = file.groups.write(insert, [1])
    const slow = inTransaction(file.groups, [2, 3, 4], async () => {
      await turn()
      await turn()
      assert.deepEqual(file.seen(), [])
    })
    const late = file.groups.write(insert, [5])
    await early
    assert.deepEqual(file.seen(), [1, 2, 3, 4])
    await slow
    await late
    assert.deepEqual(file.seen(), [1, 2, 3, 4, 5])
  })

  it('runs waiting transactions in the order of their arrival', async () => {
    using file = open()
    const order: number[] = []
    await Promise.all(
      [1, 2, 3, 4, 5].map(async (id) => {
        const transaction = await file.groups.begin()
        order.push(id)
        transaction.run(insert, [id])
        await transaction.commit()
      }),
    )
    assert.deepEqual(order, [1, 2, 3, 4, 5])
  })

  it('commits the rest of a group when one transaction is rolled back', async () => {
    using file = open()
    const first = file.groups.write(insert, [1])
    const transaction = await file.groups.begin()
    transaction.run(insert, [2])
    transaction.rollback()
    transaction.rollback()
    await Promise.all([first, file.groups.write(insert, [3])])
    assert.deepEqual(file.seen(), [1, 3])
  })

  it('undoes a failing statement that had already written rows', async () => {
    using file = open()
    const first = file.groups.write(insert, [1])
    await assert.rejects(file.groups.write('insert into t values (2), (3), (1)', []), /UNIQUE/)
    await first
    assert.deepEqual(file.seen(), [1])
  })

  it('rejects the whole group when its COMMIT fails, and commits the next group', async () => {
    using file = open()
    // A deferred constraint is checked by the outer COMMIT only, so the COMMIT fails.
    file.handle.exec('pragma foreign_keys = on')
    await file.groups.write('create table child (t integer references t (id) deferrable initially deferred)', [])
    const orphan = inTransaction(file.groups, [1]).then(() => 'committed')
    const outcomes = await Promise.allSettled([
      file.groups.write('insert into child values (99)', []),
      orphan,
      file.groups.write(insert, [2]),
    ])
    for (const outcome of outcomes) {
      assert.equal(outcome.status, 'rejected')
      assert.match(String(outcome.reason), /FOREIGN KEY/)
    }
    assert.deepEqual(file.seen(), [])
    await file.groups.write(insert, [3])
    assert.deepEqual(file.seen(), [3])
  })

  it('stores exactly the writes that it did not reject when the file is full, and commits the next group', async () => {
    using file = open()
    file.handle.exec('create table big (body text)')
    const { rows } = file.handle.run<{ page_count: number }>('pragma page_count', [])
    file.handle.run(`pragma max_page_count = ${(rows[0]?.page_count ?? 0) + 4}`, [])
    const outcomes = await Promise.allSettled([
      file.groups.write(insert, [1]),
      file.groups.write('insert into big values (?)', ['x'.repeat(100_000)]),
      inTransaction(file.groups, [2]),
    ])
    const kept = outcomes.flatMap(({ status }, i) => (status === 'fulfilled' ? [[1, 0, 2][i]] : []))
    assert.equal(outcomes[1]?.status, 'rejected')
    assert.deepEqual(file.seen(), kept)
    await file.groups.write(insert, [3])
    assert.deepEqual(file.seen(), [...kept, 3])
  })

  it('rejects further statements of a transaction whose group was rolled back', async () => {
    using file = open()
    const first = file.groups.write(insert, [1])
    const transaction = await file.groups.begin()
    transaction.run(insert, [2])
    // Rolls back the outer transaction, as SQLite does when the disk is full.
    assert.throws(() => transaction.run('insert or rollback into t values (2)', []), /UNIQUE/)
    assert.throws(() => transaction.run(insert, [3]), /can only be rolled back/)
    transaction.rollback()
    await assert.rejects(first, /UNIQUE/)
    await file.groups.write(insert, [4])
    assert.deepEqual(file.seen(), [4])
  })

  it('waits without blocking the thread while another connection writes', async () => {
    using file = open()
    file.other.exec('begin immediate')
    file.other.run(insert, [1])
    const writing = file.groups.write(insert, [2])
    await new Promise((resolve) => setImmediate(resolve))
    file.other.exec('commit')
    await writing
    assert.deepEqual(file.seen(), [1, 2])
  })

  it('rejects a write when another connection does not release the lock in time', async () => {
    using file = open({ busyTimeoutMs: 20 })
    file.other.exec('begin immediate')
    await assert.rejects(file.groups.write(insert, [1]), /locked/)
    file.other.exec('rollback')
    await file.groups.write(insert, [2])
    assert.deepEqual(file.seen(), [2])
  })

  it('rejects a write that waits for the transaction of its own caller, with an explanation', async () => {
    using file = open({ lockTimeoutMs: 20 })
    const transaction = await file.groups.begin()
    await assert.rejects(file.groups.write(insert, [1]), /outer database/)
    transaction.run(insert, [2])
    await transaction.commit()
    assert.deepEqual(file.seen(), [2])
  })
})
