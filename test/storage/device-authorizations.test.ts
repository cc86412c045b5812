import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  decideDeviceAuthorization,
  findDeviceAuthorization,
  insertDeviceAuthorization,
  recordPoll,
  redeemDeviceAuthorization,
} from '../../src/oauth/device-grant/device-authorization-repository.ts'
import { engines } from '../support/engines.ts'
import { openTestStorage } from '../support/test-storage.ts'

const asked = { clientId: 'c', details: { granted: { scopes: ['openid'], resource: undefined } }, expiresAt: 10, intervalSeconds: 5 }
const open = { polledAt: null, decision: null, approval: null, sessionId: null }
const waiting = { poolId: 'p', id: 'a', deviceCodeHash: 'd', ...asked, ...open }
const approval = { sub: 's', authTime: 1, methods: undefined, userSignedOutAt: null }

for (const engine of engines) {
  describe(`The stored device authorizations on ${engine.name}`, () => {
    it('change once for each decision, poll and redemption, also after a stale read', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      const inTransaction = <T>(work: (tx: Parameters<typeof redeemDeviceAuthorization>[0]) => Promise<T>) => db.transaction().execute(work)
      assert.equal(await insertDeviceAuthorization(db, waiting), true)
      assert.equal(await insertDeviceAuthorization(db, { ...waiting, deviceCodeHash: 'other' }), false)
      assert.equal(await insertDeviceAuthorization(db, { ...waiting, poolId: 'q' }), true)
      assert.equal(await recordPoll(db, waiting, { polledAt: 1, intervalSeconds: 5 }), true)
      assert.equal(await recordPoll(db, waiting, { polledAt: 2, intervalSeconds: 10 }), false)
      assert.equal(await inTransaction((tx) => redeemDeviceAuthorization(tx, waiting, 'too early')), false)
      assert.equal(await inTransaction((tx) => decideDeviceAuthorization(tx, waiting, { approval, now: 10 })), false)
      assert.equal(await inTransaction((tx) => decideDeviceAuthorization(tx, waiting, { approval, now: 9 })), true)
      assert.equal(await inTransaction((tx) => decideDeviceAuthorization(tx, waiting, { approval: null, now: 9 })), false)
      assert.equal(await inTransaction((tx) => redeemDeviceAuthorization(tx, waiting, 'first')), true)
      assert.equal(await inTransaction((tx) => redeemDeviceAuthorization(tx, waiting, 'second')), false)
      const found = await findDeviceAuthorization(db, { poolId: 'p', ids: ['unknown', 'a'] })
      const { methods: _none, ...kept } = approval
      assert.deepEqual(found?.approval, kept)
      assert.deepEqual([found?.decision, found?.sessionId, found?.polledAt, found?.intervalSeconds], ['approved', 'first', 1, 5])
      const elsewhere = await findDeviceAuthorization(db, { poolId: 'q', ids: ['a'] })
      assert.deepEqual([elsewhere?.decision, elsewhere?.polledAt], [null, null])
    })

    it('let one of many simultaneous decisions and redemptions win', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      await insertDeviceAuthorization(db, waiting)
      const decide = () => db.transaction().execute((tx) => decideDeviceAuthorization(tx, waiting, { approval, now: 1 }))
      const redeem = (id: string) => db.transaction().execute((tx) => redeemDeviceAuthorization(tx, waiting, id))
      const decided = await Promise.all([1, 2, 3].map(decide))
      const redeemed = await Promise.all(['x', 'y', 'z'].map(redeem))
      assert.deepEqual(
        [decided, redeemed].map((all) => all.filter(Boolean).length),
        [1, 1],
      )
    })
  })
}
