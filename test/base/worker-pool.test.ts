import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createWorkerPool } from '../../src/base/worker-pool.ts'

const entry = new URL('./echo-worker.ts', import.meta.url)
const [ends, breaks, refuses] = [255, 254, 253]

function openPool(options: { workers: number; queueLimit: number }) {
  const pool = createWorkerPool({ entry, ...options })
  const ask = async (byte: number, group?: string) => (await pool.run(Uint8Array.of(byte), group))?.[0]
  return { pool, ask, [Symbol.asyncDispose]: () => pool.close() }
}

describe('A worker pool', () => {
  it('returns the answer of each message', async () => {
    await using threads = openPool({ workers: 2, queueLimit: 100 })
    const bytes = Array.from({ length: 60 }, (_, i) => i)
    assert.deepEqual(await Promise.all(bytes.map((byte) => threads.ask(byte))), bytes)
  })

  it('does not accept a job while its threads are busy and the queue is full', async () => {
    await using threads = openPool({ workers: 1, queueLimit: 2 })
    const taken = [1, 2, 3, 4].map((byte) => threads.ask(byte))
    assert.equal(threads.pool.run(Uint8Array.of(5)), undefined)
    assert.deepEqual(await Promise.all(taken), [1, 2, 3, 4])
    assert.equal(await threads.ask(6), 6)
  })

  it('makes room for a group with few jobs: the newest job of the longest group is displaced', async () => {
    await using threads = openPool({ workers: 1, queueLimit: 2 })
    const crowd = Promise.allSettled([1, 2, 3, 4].map((byte) => threads.ask(byte, 'crowd')))
    const other = threads.ask(5, 'other')
    assert.equal(threads.pool.run(Uint8Array.of(6), 'crowd'), undefined)
    assert.equal(threads.pool.waiting(), 2)
    assert.equal(await other, 5)
    const outcomes = (await crowd).map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : String(outcome.reason)))
    assert.deepEqual(outcomes, [1, 2, 3, 'DisplacedError: The job had to make room for the job of another group.'])
  })

  it('rejects a job that the thread answers with a text, and keeps the thread', async () => {
    await using threads = openPool({ workers: 1, queueLimit: 10 })
    await assert.rejects(threads.ask(refuses), /^Error: refused on request$/)
    assert.equal(await threads.ask(7), 7)
  })

  it('rejects the jobs that were sent to a thread that ended, and runs the queued jobs in a new thread', async () => {
    await using threads = openPool({ workers: 1, queueLimit: 10 })
    const outcomes = await Promise.allSettled([1, ends, 2, 3, 4].map((byte) => threads.ask(byte)))
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : 'lost')),
      [1, 'lost', 'lost', 3, 4],
    )
  })

  it('replaces a thread that failed, and reports the cause', async () => {
    await using threads = openPool({ workers: 1, queueLimit: 10 })
    for (let i = 0; i < 3; i++) {
      const lost = threads.ask(breaks)
      await assert.rejects(lost, (error: Error) => (error.cause as Error).message === 'broken on request')
    }
    assert.equal(await threads.ask(8), 8)
  })

  it('rejects unfinished and later jobs after `close`', async () => {
    const threads = openPool({ workers: 1, queueLimit: 10 })
    const outcomes = Promise.allSettled([1, 2, 3].map((byte) => threads.ask(byte)))
    await threads.pool.close()
    assert.deepEqual(
      (await outcomes).map(({ status }) => status),
      ['rejected', 'rejected', 'rejected'],
    )
    await assert.rejects(threads.ask(4), /closed/)
  })
})
