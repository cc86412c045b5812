import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { insertPool } from '../../../src/pools/pool-repository.ts'
import { insertSession, revokeSession } from '../../../src/tokens/session-repository.ts'
import { deleteDevice, findDevice, insertDevice, recordDeviceUse } from '../../../src/users/devices/device-repository.ts'
import { engines } from '../../support/engines.ts'
import { openTestStorage } from '../../support/test-storage.ts'
import { testPool } from '../messaging/messaging-setup.ts'

const user = {
  pool_id: 'here',
  sub: 'ana',
  username: 'ana',
  status: 'CONFIRMED',
  enabled: 1,
  attributes: '{}',
  created_at: 0,
  updated_at: 0,
}
const owner = { poolId: 'here', sub: 'ana' }
const times = { createdAt: 0, expiresAt: 1000, revokedAt: null, generation: 0, rotatedAt: null, userSignedOutAt: null }
const device = {
  ...owner,
  key: 'key',
  name: null,
  verifier: null,
  remembered: true,
  lastIp: null,
  createdAt: 0,
  updatedAt: 0,
  lastAuthenticatedAt: 0,
}

for (const engine of engines) {
  describe(`the table of devices on ${engine.name}`, () => {
    async function open() {
      const storage = await openTestStorage(engine)
      const { db } = storage
      await insertPool(db, testPool({ id: owner.poolId }))
      const nothing = { password: null, password_expires_at: null, signed_out_at: null, mfa: null }
      await db
        .insertInto('user')
        .values({ ...user, ...nothing })
        .execute()
      const begin = (id: string, deviceKey: string | null) =>
        insertSession(db, { ...owner, ...times, id, clientId: 'client', activity: null, deviceKey })
      const insert = (sessionId: string, changes: Partial<typeof device> = {}) =>
        db.transaction().execute((tx) => insertDevice(tx, { ...device, ...changes }, sessionId))
      const remove = () => db.transaction().execute((tx) => deleteDevice(tx, device, 1))
      return { db, begin, insert, remove, [Symbol.asyncDispose]: storage[Symbol.asyncDispose] }
    }

    it('takes a device once, from a session that has its key and goes on', async () => {
      await using table = await open()
      await table.begin('with', 'key')
      await table.begin('other', 'other key')
      await table.begin('without', null)
      await table.begin('revoked', 'key')
      await revokeSession(table.db, { ...owner, id: 'revoked' }, 1)
      for (const sessionId of ['other', 'without', 'revoked', 'none']) assert.equal(await table.insert(sessionId), false, sessionId)
      assert.equal(await table.insert('with', { poolId: 'there' }), false)
      assert.equal(await table.insert('with', { sub: 'bob' }), false)
      assert.equal(await findDevice(table.db, device), undefined)
      assert.equal(await table.insert('with'), true)
      assert.equal(await table.insert('with'), false)
      assert.deepEqual(await findDevice(table.db, device), device)
    })

    it('takes none back that was deleted, be it from a session that was on its way', async () => {
      await using table = await open()
      await table.begin('before', 'key')
      await table.insert('before')
      assert.equal(await table.remove(), true)
      assert.equal(await table.remove(), false)
      assert.equal(await table.insert('before'), false)
      await table.begin('late', 'key')
      await recordDeviceUse(table.db, device, { ip: null, now: 1 })
      assert.equal(await table.insert('late'), false)
    })
  })
}
