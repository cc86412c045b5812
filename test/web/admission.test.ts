import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createAdmission, intervalMs, targetMs } from '../../src/web/overload/admission.ts'

/** Looks at the queue come by timers; everything else here goes by a clock of the test's own. */
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
      void Promise.resolve(admission.enter()).then((admitted) => outcomes.push(`${name} ${admitted ? 'in' : 'away'}`))
    },
  }
}

/** One in work, and three that have waited for so long that the server is overloaded: the oldest was turned away. */
async function givenOverload() {
  const given = givenAdmission()
  given.enter('first')
  given.enter('old')
  given.advance(targetMs + 1)
  // The first look finds a slow queue, a later one that it still is.
  await new Promise((resolve) => setTimeout(resolve, targetMs))
  given.advance(intervalMs)
  await until(() => given.outcomes.includes('old away'))
  return given
}

describe('Admission', () => {
  it('lets as many work at once as the limit says, and the others wait in order', async () => {
    const { admission, enter, outcomes } = givenAdmission({ limit: 2 })
    for (const name of ['a', 'b', 'c', 'd']) enter(name)
    await nextTurn()
    assert.deepEqual(outcomes, ['a in', 'b in'])
    admission.leave()
    admission.leave()
    await nextTurn()
    assert.deepEqual(outcomes, ['a in', 'b in', 'c in', 'd in'])
  })

  it('turns away what a burst is not expected to hold', async () => {
    const { admission, enter, outcomes } = givenAdmission({ limit: 1, burst: 2 })
    enter('a')
    enter('b')
    assert.equal(admission.isFull(), false)
    enter('c')
    assert.equal(admission.isFull(), true)
    enter('d')
    await nextTurn()
    assert.deepEqual(outcomes, ['a in', 'd away'])
    admission.leave()
    assert.equal(admission.isFull(), false)
  })

  it('does not count what waits for somebody else', async () => {
    const { admission, enter, outcomes } = givenAdmission()
    enter('a')
    const { promise, resolve } = Promise.withResolvers<string>()
    const waited = admission.withoutSlot(() => promise)
    enter('b')
    await nextTurn()
    assert.deepEqual(outcomes, ['a in', 'b in'])
    resolve('done')
    assert.equal(await waited, 'done')
    enter('c')
    admission.leave()
    await nextTurn()
    assert.deepEqual(outcomes, ['a in', 'b in'], 'both are back')
    admission.leave()
    await nextTurn()
    assert.deepEqual(outcomes, ['a in', 'b in', 'c in'])
  })

  it('serves the newest first, and turns the others away, once the wait stays long', async () => {
    const { admission, enter, outcomes } = await givenOverload()
    enter('c')
    enter('d')
    assert.equal(admission.isFull(), true, 'only a few may wait now')
    admission.leave()
    await nextTurn()
    assert.deepEqual(outcomes, ['first in', 'old away', 'd in'])
  })

  it('is as before when nobody had to be turned away for a while', async () => {
    const { admission, enter, outcomes, advance } = await givenOverload()
    admission.leave()
    advance(intervalMs + 1)
    await new Promise((resolve) => setTimeout(resolve, 2 * targetMs))
    enter('a')
    for (const name of ['b', 'c', 'd']) enter(name)
    assert.equal(admission.isFull(), false)
    admission.leave()
    await nextTurn()
    assert.deepEqual(outcomes, ['first in', 'old away', 'a in', 'b in'])
  })
})
