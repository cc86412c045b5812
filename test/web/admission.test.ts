import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createAdmission, intervalMs, targetMs } from '../../src/web/overload/admission.ts'

/** Waits for a condition in real time, because real timers check the queue. Everything else in these tests uses a clock of the test. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1))
}

function givenAdmission({ limit = 1, burst = 4 } = {}) {
  let now = 0
  const admission = createAdmission({ limit: () => limit, burst, now: () => now })
  const outcomes: string[] = []
  return {
    admission,
    outcomes,
    advance: (ms: number) => {
      now += ms
    },
    enter(name: string) {
      void Promise.resolve(admission.enter()).then((admitted) => outcomes.push(`${name} ${admitted ? 'admitted' : 'refused'}`))
    },
  }
}

/** One request that is processed, and another that waited until the server counted as overloaded, and was then refused. */
async function givenOverload() {
  const given = givenAdmission()
  given.enter('first')
  given.enter('old')
  given.advance(targetMs + 1)
  // The first check finds that the queue is slow. A later check, after `intervalMs`, finds that it is still slow.
  await new Promise((resolve) => setTimeout(resolve, targetMs))
  given.advance(intervalMs)
  await until(() => given.outcomes.includes('old refused'))
  return given
}

describe('Admission', () => {
  it('admits as many requests at once as the limit allows, and the others in order of arrival as slots become free', async () => {
    const { admission, enter, outcomes } = givenAdmission({ limit: 2 })
    for (const name of ['a', 'b', 'c', 'd']) enter(name)
    await nextTurn()
    assert.deepEqual(outcomes, ['a admitted', 'b admitted'])
    admission.leave()
    admission.leave()
    await nextTurn()
    assert.deepEqual(outcomes, ['a admitted', 'b admitted', 'c admitted', 'd admitted'])
  })

  it('refuses a request while as many requests wait as the size of a burst allows', async () => {
    const { admission, enter, outcomes } = givenAdmission({ limit: 1, burst: 2 })
    enter('a')
    enter('b')
    assert.equal(admission.isFull(), false)
    enter('c')
    assert.equal(admission.isFull(), true)
    enter('d')
    await nextTurn()
    assert.deepEqual(outcomes, ['a admitted', 'd refused'])
    admission.leave()
    assert.equal(admission.isFull(), false)
  })

  it('does not count a request while it waits without its slot', async () => {
    const { admission, enter, outcomes } = givenAdmission()
    enter('a')
    const { promise, resolve } = Promise.withResolvers<string>()
    const waited = admission.withoutSlot(() => promise)
    enter('b')
    await nextTurn()
    assert.deepEqual(outcomes, ['a admitted', 'b admitted'])
    resolve('done')
    assert.equal(await waited, 'done')
    enter('c')
    admission.leave()
    await nextTurn()
    assert.deepEqual(outcomes, ['a admitted', 'b admitted'], 'a and b both count again')
    admission.leave()
    await nextTurn()
    assert.deepEqual(outcomes, ['a admitted', 'b admitted', 'c admitted'])
  })

  it('admits the newest request first during an overload, and lets only a few requests wait', async () => {
    const { admission, enter, outcomes } = await givenOverload()
    enter('c')
    enter('d')
    assert.equal(admission.isFull(), true, 'only a few may wait during an overload')
    admission.leave()
    await nextTurn()
    assert.deepEqual(outcomes, ['first admitted', 'old refused', 'd admitted'])
  })

  it('admits requests in order of arrival again after a while without refusals', async () => {
    const { admission, enter, outcomes, advance } = await givenOverload()
    admission.leave()
    advance(intervalMs + 1)
    await new Promise((resolve) => setTimeout(resolve, 2 * targetMs))
    enter('a')
    for (const name of ['b', 'c', 'd']) enter(name)
    assert.equal(admission.isFull(), false)
    admission.leave()
    await nextTurn()
    assert.deepEqual(outcomes, ['first admitted', 'old refused', 'a admitted', 'b admitted'])
  })
})
