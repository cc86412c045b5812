import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Db } from '../../src/storage/db.ts'
import {
  claimLogoutNotices,
  deleteLogoutNotice,
  endSessionClients,
  extendSessionClients,
  insertSessionClient,
  postponeLogoutNotice,
} from '../../src/users/session-clients/session-client-repository.ts'
import { deleteUserRows } from '../../src/users/user-removal-repository.ts'
import { engines } from '../support/engines.ts'
import { openTestStorage } from '../support/test-storage.ts'

const now = 1_800_000_000_000
const ana = { poolId: 'pool', sub: 'ana' }
const session = { ...ana, sid: 'session', clientId: 'shop', expiresAt: now + 1000 }
const claim = { now, leaseUntil: now + 500, limit: 10, exceptClients: [] }

for (const engine of engines) {
  describe(`The clients of domain sessions on ${engine.name}`, () => {
    const insert = (db: Db, changes: Partial<typeof session> = {}) =>
      db.transaction().execute((tx) => insertSessionClient(tx, { ...session, ...changes }))
    const end = (db: Db, sid?: string) => db.transaction().execute((tx) => endSessionClients(tx, { ...ana, sid }, now))

    it('are told by one process, although several look at the same time', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      await insert(db)
      assert.deepEqual(await claimLogoutNotices(db, claim), [])
      assert.deepEqual(await end(db, 'session'), ['shop'])
      const claims = await Promise.all(Array.from({ length: 5 }, () => claimLogoutNotices(db, claim)))
      assert.deepEqual(
        claims.flat().map(({ sid, clientId, attempts }) => [sid, clientId, attempts]),
        [['session', 'shop', 1]],
      )
      const later = { ...claim, now: now + 500, leaseUntil: now + 1000 }
      const [again] = await claimLogoutNotices(db, later)
      assert.equal(again?.attempts, 2)
    })

    it('are told one by one, and a client with many notices does not hide another', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      for (let at = 0; at < 30; at++) await insert(db, { sid: `session ${at}` })
      await end(db)
      await insert(db, { clientId: 'other' })
      await db.transaction().execute((tx) => endSessionClients(tx, { ...ana, sid: 'session' }, now + 1))
      const first = await claimLogoutNotices(db, { ...claim, now: now + 1, limit: 2 })
      assert.deepEqual(
        first.map(({ clientId }) => clientId),
        ['shop'],
      )
      const second = await claimLogoutNotices(db, { ...claim, now: now + 1, limit: 2, exceptClients: ['shop'] })
      assert.deepEqual(
        second.map(({ clientId }) => clientId),
        ['other'],
      )
    })

    it('are not told any more when they got new tokens in the meantime', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      await insert(db)
      await end(db)
      const [notice] = await claimLogoutNotices(db, claim)
      assert.ok(notice)
      await insert(db)
      await postponeLogoutNotice(db, notice, now)
      await deleteLogoutNotice(db, notice)
      assert.deepEqual(await claimLogoutNotices(db, claim), [])
      assert.deepEqual(await end(db), ['shop'])
    })

    it('are remembered for the newest hundred sessions of a user, for each client', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      await insert(db, { clientId: 'other', expiresAt: now })
      for (let at = 0; at < 103; at++) await insert(db, { sid: `session ${at}`, expiresAt: now + at })
      const ended = await db.transaction().execute((tx) => endSessionClients(tx, { ...ana, sid: undefined }, now))
      assert.equal(ended.filter((clientId) => clientId === 'shop').length, 100)
      assert.equal(ended.length, 101)
      const sids = await db.selectFrom('session_client').select('sid').where('client_id', '=', 'shop').execute()
      assert.ok(!sids.some(({ sid }) => ['session 0', 'session 1', 'session 2'].includes(sid)))
    })

    it('last as long as their session, and are kept with what is to be told when the user is deleted', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      await insert(db)
      await insert(db, { sub: 'ben' })
      await extendSessionClients(db, session, now + 5000)
      const [extended] = await db.selectFrom('session_client').select('expires_at').where('sub', '=', 'ana').execute()
      assert.equal(extended?.expires_at, now + 5000)
      await db.transaction().execute((tx) => deleteUserRows(tx, 'pool', 'ana', now))
      const told = await claimLogoutNotices(db, claim)
      assert.deepEqual(
        told.map(({ sub }) => sub),
        ['ana'],
      )
    })
  })
}
