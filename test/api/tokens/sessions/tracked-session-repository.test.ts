import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { insertPool } from '../../../../src/pools/pool-repository.ts'
import type { Session } from '../../../../src/tokens/session.ts'
import { findSession, insertSession } from '../../../../src/tokens/session-repository.ts'
import { listTrackedSessions, recordActivity, revokeTrackedSession } from '../../../../src/tokens/sessions/tracked-session-repository.ts'
import { insertUser } from '../../../../src/users/user-repository.ts'
import { engines, type TestEngine } from '../../../support/engines.ts'
import { openTestStorage } from '../../../support/test-storage.ts'
import { testPool } from '../../messaging/messaging-setup.ts'
import { testUser } from './test-user.ts'

const pool = testPool()
const other = 'us-east-1_Another01'
const now = 1_780_000_000_000
const activity = { lastActiveAt: now, device: 'Firefox 126 / Linux', ip: '192.0.2.1' }
const later = { lastActiveAt: now + 1000, device: 'unknown', ip: null }

function session(id: string, changes: Partial<Session> = {}): Session {
  const times = { createdAt: now, expiresAt: now + 60_000, revokedAt: null, generation: 0, rotatedAt: null, userSignedOutAt: null }
  return { poolId: pool.id, sub: 'ana', id, clientId: 'client', ...times, deviceKey: null, activity, ...changes }
}

/** One user in each of two pools, both with the same `sub`. */
async function openTwoPools(engine: TestEngine) {
  const storage = await openTestStorage(engine)
  for (const poolId of [pool.id, other]) {
    await insertPool(storage.db, { ...pool, id: poolId })
    await storage.db.transaction().execute((tx) => insertUser(tx, pool, testUser({ poolId, sub: 'ana' })))
    assert.equal(await insertSession(storage.db, session('same', { poolId })), true)
  }
  return storage
}

for (const engine of engines) {
  describe(`tracked sessions on ${engine.name}`, () => {
    it('are listed unless they are over, untracked, or of another user or pool', async () => {
      await using storage = await openTwoPools(engine)
      const { db } = storage
      await db.transaction().execute((tx) => insertUser(tx, pool, testUser({ poolId: pool.id, sub: 'ben' })))
      const others = [
        session('expired', { expiresAt: now }),
        session('revoked', { revokedAt: now }),
        session('untracked', { activity: null }),
        session('of ben', { sub: 'ben' }),
        session('here only'),
      ]
      for (const one of others) assert.equal(await insertSession(db, one), true)
      const ids = async (poolId: string) => (await listTrackedSessions(db, poolId, 'ana', now)).map(({ id }) => id).sort()
      assert.deepEqual([await ids(pool.id), await ids(other)], [['here only', 'same'], ['same']])
      assert.deepEqual(await listTrackedSessions(db, other, 'ana', now), [session('same', { poolId: other })])
    })

    it('record their own use if they are tracked and not over', async () => {
      await using storage = await openTwoPools(engine)
      const { db } = storage
      for (const one of [session('revoked', { revokedAt: now }), session('untracked', { activity: null })]) await insertSession(db, one)
      for (const id of ['same', 'revoked', 'untracked']) await recordActivity(db, session(id), later)
      const noted = async (id: string, poolId = pool.id) => (await findSession(db, { poolId, sub: 'ana', id }))?.activity
      assert.deepEqual(
        [await noted('same'), await noted('same', other), await noted('revoked'), await noted('untracked')],
        [later, activity, activity, null],
      )
    })

    it('are revoked only once and only while they are not over; the session with the same id in another pool stays', async () => {
      await using storage = await openTwoPools(engine)
      const { db } = storage
      await insertSession(db, session('untracked', { activity: null }))
      const ana = testUser({ poolId: pool.id, sub: 'ana' })
      for (const id of ['none', 'untracked']) assert.equal(await revokeTrackedSession(db, ana, id, now), false)
      assert.equal(await revokeTrackedSession(db, { ...ana, signedOutAt: now }, 'same', now), false)
      assert.equal(await revokeTrackedSession(db, ana, 'same', now + 60_000), false)
      assert.equal(await revokeTrackedSession(db, ana, 'same', now + 1), true)
      assert.equal(await revokeTrackedSession(db, ana, 'same', now + 2), false)
      assert.equal((await findSession(db, session('same')))?.revokedAt, now + 1)
      assert.equal((await findSession(db, session('same', { poolId: other })))?.revokedAt, null)
    })
  })
}
