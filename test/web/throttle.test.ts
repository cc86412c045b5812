import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { factsOf, operationNames } from '../../src/contract/model.ts'
import type { OperationName } from '../../src/contract/operation.ts'
import { requestCategories } from '../../src/pools/provisioned-limits/request-categories.ts'
import { categoryOf } from '../../src/web/rpc/operation-categories.ts'
import { createThrottle } from '../../src/web/rpc/throttle.ts'

function givenThrottle(limitOf = (category: keyof typeof requestCategories): number => requestCategories[category]) {
  let now = 1_780_000_000_000
  const throttle = createThrottle({ clock: { now: () => now }, limitOf })
  return {
    throttle,
    advance: (ms: number) => {
      now += ms
    },
    /** How many of so many requests at once go through. */
    passed(operation: OperationName, of: number): number {
      let passed = 0
      for (let i = 0; i < of; i++) {
        try {
          throttle(operation)
          passed++
        } catch {}
      }
      return passed
    },
  }
}

describe('The throttle', () => {
  it('has a category for every operation on user pools', () => {
    const withoutOne = operationNames.filter((name) => factsOf(name).service === 'user-pools' && !categoryOf.has(name))
    assert.deepEqual(withoutOne, [])
  })

  it('lets through a second’s requests at once, then as many as time brings', () => {
    const { passed, advance } = givenThrottle()
    assert.equal(passed('ListUsers', 100), 30)
    advance(100)
    assert.equal(passed('ListUsers', 100), 3)
    advance(60_000)
    assert.equal(passed('ListUsers', 100), 30)
  })

  it('counts the operations of one category together, and those of another apart', () => {
    const { passed } = givenThrottle()
    assert.equal(passed('ListUsers', 20), 20)
    assert.equal(passed('ListUsersInGroup', 20), 10)
    assert.equal(passed('GetUser', 20), 20)
  })

  it('lets through three answers for each sign-in that may start', () => {
    const { passed } = givenThrottle()
    assert.equal(passed('InitiateAuth', 200), 120)
    assert.equal(passed('RespondToAuthChallenge', 300), 300)
    assert.equal(passed('AdminRespondToAuthChallenge', 300), 60)
  })

  it('goes by the limit as it is now', () => {
    let limit = 5
    const { passed, advance } = givenThrottle(() => limit)
    assert.equal(passed('SignUp', 10), 5)
    limit = 8
    advance(1000)
    assert.equal(passed('SignUp', 10), 8)
  })

  it('does not mind a clock that goes back', () => {
    const { passed, advance } = givenThrottle()
    assert.equal(passed('ListUsers', 30), 30)
    advance(-5000)
    assert.equal(passed('ListUsers', 30), 0)
    advance(1000)
    assert.equal(passed('ListUsers', 40), 30)
  })

  it('says no with an error that the operation’s model lists, or with the one that every service has', () => {
    const { throttle, passed } = givenThrottle(() => 1)
    const refusal = (name: OperationName) => {
      passed(name, 10)
      assert.throws(() => throttle(name), {
        code: factsOf(name).errors.includes('TooManyRequestsException') ? 'TooManyRequestsException' : 'ThrottlingException',
      })
    }
    for (const name of operationNames) if (categoryOf.has(name)) refusal(name)
  })
})
