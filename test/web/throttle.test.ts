import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { definitionOf, operationNames } from '../../src/contract/model.ts'
import type { OperationName } from '../../src/contract/operation.ts'
import { requestCategories } from '../../src/pools/provisioned-limits/request-categories.ts'
import { categoryOf } from '../../src/web/rpc/operation-categories.ts'
import { createThrottle, type RequestSource } from '../../src/web/rpc/throttle.ts'

function givenThrottle(limitOf = (category: keyof typeof requestCategories): number => requestCategories[category]) {
  let now = 1_780_000_000_000
  const throttle = createThrottle({ clock: { now: () => now }, limitOf, countThrottled: () => undefined })
  return {
    throttle,
    advance: (ms: number) => {
      now += ms
    },
    /** Sends `of` requests at once. Returns how many of them were let through. */
    passed(operation: OperationName, of: number, source: RequestSource = 'signed'): number {
      let passed = 0
      for (let i = 0; i < of; i++) {
        try {
          throttle(operation, source)
          passed++
        } catch {}
      }
      return passed
    },
  }
}

describe('The throttle', () => {
  it('has a category for every operation on user pools', () => {
    const uncategorized = operationNames.filter((name) => definitionOf(name).service === 'user-pools' && !categoryOf.has(name))
    assert.deepEqual(uncategorized, [])
  })

  it('lets through the requests of one second at once, and then as many as the time since then allows', () => {
    const { passed, advance } = givenThrottle()
    assert.equal(passed('ListUsers', 100), 30)
    advance(100)
    assert.equal(passed('ListUsers', 100), 3)
    advance(60_000)
    assert.equal(passed('ListUsers', 100), 30)
  })

  it('counts the operations of a category together, and each category separately', () => {
    const { passed } = givenThrottle()
    assert.equal(passed('ListUsers', 20), 20)
    assert.equal(passed('ListUsersInGroup', 20), 10)
    assert.equal(passed('GetUser', 20), 20)
  })

  it('allows a rate of challenge answers that is three times the rate of sign-in starts', () => {
    const { passed } = givenThrottle()
    assert.equal(passed('InitiateAuth', 200), 120)
    assert.equal(passed('RespondToAuthChallenge', 300), 300)
    assert.equal(passed('AdminRespondToAuthChallenge', 300), 60)
  })

  it('applies a changed limit at once', () => {
    let limit = 5
    const { passed, advance } = givenThrottle(() => limit)
    assert.equal(passed('SignUp', 10), 5)
    limit = 8
    advance(1000)
    assert.equal(passed('SignUp', 10), 8)
  })

  it('lets no further request through when the clock is set back, and lets requests through again as time passes', () => {
    const { passed, advance } = givenThrottle()
    assert.equal(passed('ListUsers', 30), 30)
    advance(-5000)
    assert.equal(passed('ListUsers', 30), 0)
    advance(1000)
    assert.equal(passed('ListUsers', 40), 30)
  })

  it('throws TooManyRequestsException where the model of the operation has it, and ThrottlingException elsewhere', () => {
    const { throttle, passed } = givenThrottle(() => 1)
    const refusal = (name: OperationName) => {
      passed(name, 10)
      assert.throws(() => throttle(name, 'signed'), {
        code: definitionOf(name).errors.includes('TooManyRequestsException') ? 'TooManyRequestsException' : 'ThrottlingException',
      })
    }
    for (const name of operationNames) if (categoryOf.has(name)) refusal(name)
  })

  it('counts signed and unsigned requests separately', () => {
    const { passed } = givenThrottle(() => 50)
    assert.equal(passed('SignUp', 200, { address: '192.0.2.1' }), 50)
    assert.equal(passed('AdminCreateUser', 200), 50)
  })

  it('serves an address with few requests while another address uses up the limit', () => {
    const { passed, advance } = givenThrottle(() => 50)
    const greedy = { address: '192.0.2.1' }
    assert.equal(passed('SignUp', 200, greedy), 50)
    assert.equal(passed('SignUp', 10, { address: '198.51.100.7' }), 5, 'its share, a tenth of the limit')
    assert.equal(passed('SignUp', 10, { address: '203.0.113.9' }), 5)
    advance(200)
    assert.equal(passed('SignUp', 10, greedy), 1, 'only what refilled of its own share: the others borrowed the rest')
    advance(1000)
    assert.ok(passed('SignUp', 200, greedy) <= 50)
    assert.equal(passed('SignUp', 1, { address: '198.51.100.7' }), 1)
  })

  it('lets many addresses together borrow at most the requests of half a second', () => {
    const { passed } = givenThrottle(() => 50)
    let total = 0
    for (let host = 0; host < 200; host++) total += passed('SignUp', 5, { address: `192.0.2.${host}` })
    assert.equal(total, 75)
  })

  it('counts all addresses of one IPv6 network as one', () => {
    const { passed } = givenThrottle(() => 50)
    assert.equal(passed('SignUp', 200, { address: '2001:db8:0:1::1' }), 50)
    assert.equal(passed('SignUp', 5, { address: '2001:db8:0:1:ffff::2' }), 0)
    assert.equal(passed('SignUp', 5, { address: '2001:0db8::2:0:0:0:2' }), 5)
  })
})
