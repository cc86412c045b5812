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
const ana = { poolId: 'here', sub: 'ana' }
const times = { createdAt: 0, expiresAt: 1000, revokedAt: null, generation: 0, rotatedAt: null, userSignedOutAt: null }
const device = {
  ...ana,
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
  describe(`The device repository on ${engine.name}`, () => {
    async function open() {
      const storage = await openTestStorage(engine)
      const { db } = storage
      await insertPool(db, testPool({ id: ana.poolId }))
      const unset = { password: null, password_expires_at: null, signed_out_at: null, mfa: null }
      await db
        .insertInto('user')
        .values({ ...user, ...unset })
        .execute()
      const beginSession = (id: string, deviceKey: string | null) =>
        insertSession(db, { ...ana, ...times, id, clientId: 'client', activity: null, deviceKey })
      const insert = (sessionId: string, changes: Partial<typeof device> = {}) =>
        db.transaction().execute((tx) => insertDevice(tx, { ...device, ...changes }, sessionId))
      const remove = () => db.transaction().execute((tx) => deleteDevice(tx, device, 1))
      return { db, beginSession, insert, remove, [Symbol.asyncDispose]: storage[Symbol.asyncDispose] }
    }

    it('stores a device once, and only for a session that has the device’s key and is not revoked', async () => {
      await using devices = await open()
      await devices.beginSession('with', 'key')
      await devices.beginSession('other', 'other key')
      await devices.beginSession('without', null)
      await devices.beginSession('revoked', 'key')
      await revokeSession(devices.db, { ...ana, id: 'revoked' }, 1)
      for (const sessionId of ['other', 'without', 'revoked', 'none']) assert.equal(await devices.insert(sessionId), false, sessionId)
      assert.equal(await devices.insert('with', { poolId: 'there' }), false)
      assert.equal(await devices.insert('with', { sub: 'bob' }), false)
      assert.equal(await findDevice(devices.db, device), undefined)
      assert.equal(await devices.insert('with'), true)
      assert.equal(await devices.insert('with'), false)
      assert.deepEqual(await findDevice(devices.db, device), device)
    })

    it('does not store a deleted device again, even for a sign-in that overlapped the deletion', async () => {
      await using devices = await open()
      await devices.beginSession('before', 'key')
      await devices.insert('before')
      assert.equal(await devices.remove(), true)
      assert.equal(await devices.remove(), false)
      assert.equal(await devices.insert('before'), false)
      await devices.beginSession('late', 'key')
      await recordDeviceUse(devices.db, device, { ip: null, now: 1 })
      assert.equal(await devices.insert('late'), false)
    })
  })
}
