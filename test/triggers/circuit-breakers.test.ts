import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createCircuitBreakers } from '../../src/triggers/circuit-breakers.ts'
import { InvocationError } from '../../src/triggers/trigger-errors.ts'

const opened = 'A circuit breaker opened'
const closed = 'A circuit breaker closed'

function givenBreakers() {
  let now = 0
  const lines: string[] = []
  const note = (_fields: object, message: string) => void lines.push(message)
  const breakers = createCircuitBreakers({ clock: { now: () => now }, logger: { info: note, warn: note } as never })
  type Policy = Parameters<typeof breakers.guard>[1]
  const call = (policy: Policy, work: () => Promise<unknown>, poolId = 'pool') =>
    breakers.guard({ poolId, functionName: 'f' }, policy, work).then(
      () => 'answered',
      (error: InvocationError) => error.reason,
    )
  return {
    lines,
    countOpen: breakers.countOpen,
    advance(seconds: number) {
      now += seconds * 1000
    },
    call,
    fail: (policy: Policy, poolId?: string) => call(policy, () => Promise.reject(new InvocationError('ServiceException')), poolId),
    succeed: (policy: Policy, poolId?: string) => call(policy, () => Promise.resolve(), poolId),
  }
}

describe('The circuit breakers', () => {
  it('stay open until a test call succeeds when the policy then allows more failures, and say so once', async () => {
    const { fail, succeed, advance, lines, countOpen } = givenBreakers()
    const [strict, mild] = [2, 5].map((failures) => ({ failures, openSeconds: 10 }))
    for (let round = 0; round < 2; round++) await fail(strict)
    advance(11)
    assert.equal(await fail(mild), 'ServiceException')
    assert.equal(await succeed(mild), 'CircuitBreakerOpen')
    assert.equal(countOpen(), 1)
    advance(11)
    assert.equal(await succeed(mild), 'answered')
    for (let round = 0; round < 4; round++) assert.equal(await fail(mild), 'ServiceException')
    assert.deepEqual(lines, [opened, closed])
  })

  it('refuse no call before they open when the policy then allows fewer failures', async () => {
    const { call, fail, lines } = givenBreakers()
    const [strict, mild] = [2, 5].map((failures) => ({ failures, openSeconds: 10 }))
    for (let round = 0; round < 3; round++) await fail(mild)
    const both = await Promise.all([call(strict, async () => 1), call(strict, async () => 1)])
    assert.deepEqual([both, lines], [['answered', 'answered'], []])
  })

  it('close when the policy is removed', async () => {
    const { fail, succeed, lines, countOpen } = givenBreakers()
    await fail({ failures: 1, openSeconds: 10 })
    assert.equal(await succeed(undefined), 'answered')
    assert.deepEqual([lines, countOpen()], [[opened, closed], 0])
  })

  it('count from the start after another call has succeeded', async () => {
    const { call, succeed, fail, lines } = givenBreakers()
    const policy = { failures: 2, openSeconds: 10 }
    await fail(policy)
    const late = Promise.withResolvers<never>()
    const slow = call(policy, () => late.promise)
    await succeed(policy)
    late.reject(new InvocationError('ServiceException'))
    assert.equal(await slow, 'ServiceException')
    assert.deepEqual(lines, [])
  })

  it('remember ten thousand functions at most', async () => {
    const { fail, succeed, lines, countOpen } = givenBreakers()
    const policy = { failures: 1, openSeconds: 10 }
    for (let pool = 0; pool <= 10_000; pool++) await fail(policy, `pool-${pool}`)
    assert.equal(countOpen(), 10_000)
    assert.deepEqual(
      [lines.filter((line) => line === closed).length, await succeed(policy, 'pool-0'), await succeed(policy, 'pool-1')],
      [1, 'answered', 'CircuitBreakerOpen'],
    )
  })
})
