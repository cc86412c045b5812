import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createOutboxWorker } from '../../../src/messaging/outbox-worker.ts'
import { markPoolDeleted } from '../../../src/pools/pool-deletion-repository.ts'
import { insertPool } from '../../../src/pools/pool-repository.ts'
import { engines } from '../../support/engines.ts'
import { emailMessage, openMessagingSetup, queue, testPool } from './messaging-setup.ts'
import { recordingGateways } from './recording-gateway.ts'

for (const engine of engines) {
  describe(`The messages of a deleted pool on ${engine.name}`, () => {
    it('are deleted without being sent, even before the sweeper runs', async () => {
      await using setup = await openMessagingSetup(engine)
      const { db, secrets, clock, logger } = setup
      const { gateways, arrived } = recordingGateways()
      const worker = createOutboxWorker({ db, secrets, clock, logger, gateways, pollMs: 86_400_000, graceMs: 0 })
      const pool = testPool()
      await insertPool(db, pool)
      await queue(setup, emailMessage({ poolId: pool.id }))
      await queue(setup, emailMessage({ poolId: 'us-east-1_Another01', sub: 'another' }))
      await setup.commit((tx) => markPoolDeleted(tx, pool.id, clock.now()))
      await worker.drain()
      assert.deepEqual(
        arrived.map(({ message }) => message.poolId),
        ['us-east-1_Another01'],
      )
      assert.deepEqual(await db.selectFrom('outbox').select('pool_id').execute(), [{ pool_id: 'us-east-1_Another01' }])
      await worker.close()
    })
  })
}
