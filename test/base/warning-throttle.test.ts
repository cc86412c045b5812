import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createWarningThrottle } from '../../src/base/warning-throttle.ts'

describe('The throttle of warnings', () => {
  it('reports a problem once a minute, with the number of its occurrences', () => {
    const throttle = createWarningThrottle()
    assert.deepEqual(
      [0, 1, 2, 60_000].map((now) => throttle.countToReport('full disk', now)),
      [1, undefined, undefined, 3],
    )
  })

  it('reports about a hundred problems a minute at most, however many differ', () => {
    const throttle = createWarningThrottle()
    const reported = Array.from({ length: 5000 }, (_, at) => throttle.countToReport(`problem ${at}`, Math.floor(at / 5))).filter(Boolean)
    assert.equal(reported.length, 101)
    assert.equal(throttle.countToReport('a new problem', 62_000), 1)
  })
})
