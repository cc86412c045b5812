import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createCodeLockout } from '../../src/protection/lockouts.ts'
import { createAdmission } from '../../src/web/overload/admission.ts'
import { engines } from '../support/engines.ts'
import { openTestStorage } from '../support/test-storage.ts'

for (const engine of engines) {
  describe(`A proof that waits for another proof of the same user, on ${engine.name}`, () => {
    it('gives its slot to other requests', async () => {
      await using storage = await openTestStorage(engine)
      const admission = createAdmission({ limit: () => 4, burst: 0 })
      const lockout = createCodeLockout({ db: storage.db, withoutSlot: admission.withoutSlot })
      const slow = Promise.withResolvers<void>()
      const order: number[] = []
      const requests = [0, 1, 2, 3].map(async (request) => {
        assert.equal(admission.enter(), true)
        const outcome = await lockout.guard('us-east-1_pool', 'sub-of-ana', 0, async () => {
          await slow.promise
          order.push(request)
          return { proven: true, value: request }
        })
        admission.leave()
        return outcome
      })
      const others = [1, 2, 3].map(() => admission.enter())
      assert.deepEqual(others, [true, true, true])
      // The request whose answer is being checked has kept its slot.
      assert.equal(admission.enter(), false)
      slow.resolve()
      for (const outcome of await Promise.all(requests)) assert.equal(outcome.proven, true)
      assert.deepEqual(order, [0, 1, 2, 3])
    })
  })
}
