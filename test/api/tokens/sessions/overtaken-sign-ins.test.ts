import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminDisableUserCommand, AdminEnableUserCommand, AdminUserGlobalSignOutCommand } from '@aws-sdk/client-cognito-identity-provider'
import { insertPool } from '../../../../src/pools/pool-repository.ts'
import type { Db, Tx } from '../../../../src/storage/db.ts'
import { isRevoked, type Session } from '../../../../src/tokens/session.ts'
import { findSession, insertSession } from '../../../../src/tokens/session-repository.ts'
import { beginSession } from '../../../../src/tokens/sessions/begin-session.ts'
import { nextSignOut, type User } from '../../../../src/users/user.ts'
import { deleteUserRows } from '../../../../src/users/user-removal-repository.ts'
import { findUser, insertUser, lockUser, signOutUser, updateUser } from '../../../../src/users/user-repository.ts'
import { engines, type TestEngine } from '../../../support/engines.ts'
import { givenTokens, signInBySrp } from '../../../support/sign-in.ts'
import { useTestServer } from '../../../support/test-server.ts'
import { openTestStorage } from '../../../support/test-storage.ts'
import { refresh, useAccessToken } from '../../../support/tokens.ts'
import { testPool } from '../../messaging/messaging-setup.ts'
import { givenTrackingPool, track } from './session-calls.ts'
import { testUser } from './test-user.ts'

const pool = testPool()
const key = { poolId: pool.id, sub: 'ana', id: 'session' }
const now = 1_780_000_000_000

const ana = testUser({ poolId: pool.id, sub: 'ana' })

/** The session that a sign-in stores at its end. `user` is the user as the sign-in has read it, before the user is changed. */
function sessionOf(user: User, id = key.id): Session {
  const times = { createdAt: now, expiresAt: now + 60_000, revokedAt: null, generation: 0, rotatedAt: null }
  return { ...key, id, clientId: 'client', ...times, userSignedOutAt: user.signedOutAt, activity: null, deviceKey: null }
}

async function openWithUser(engine: TestEngine) {
  const storage = await openTestStorage(engine)
  await insertPool(storage.db, pool)
  await storage.db.transaction().execute((tx) => insertUser(tx, pool, ana))
  return storage
}

/** What AdminDisableUser does in its transaction. */
async function disable(tx: Tx): Promise<void> {
  const before = await lockUser(tx, pool.id, ana.sub)
  assert.ok(before)
  await updateUser(tx, pool, before, { ...before, enabled: false, signedOutAt: nextSignOut(before, now) })
}

/** Whether the session is stored and valid. */
async function isAlive(db: Db, id = key.id): Promise<boolean> {
  const [session, user] = await Promise.all([findSession(db, { ...key, id }), findUser(db, pool.id, ana.sub)])
  return session !== undefined && user?.enabled === true && !isRevoked(session, user)
}

const overtakers: Readonly<Record<string, (tx: Tx) => Promise<void>>> = {
  'a sign-out': (tx) => signOutUser(tx, pool, ana.sub, now),
  'a disabling': disable,
  'a deletion': (tx) => deleteUserRows(tx, pool.id, ana.sub, now),
}

for (const engine of engines) {
  describe(`a sign-in while its user is changed on ${engine.name}`, () => {
    /** Whether neither the change `what` nor the sign-in waits for the commit of the other. */
    const isConcurrent = (what: string) => engine.name === 'postgres' && what !== 'a deletion'

    for (const [what, overtake] of Object.entries(overtakers)) {
      it(`stores no session when ${what} was committed after the sign-in read the user`, async () => {
        await using storage = await openWithUser(engine)
        const { db } = storage
        const session = sessionOf(ana)
        await db.transaction().execute(overtake)
        assert.equal(await insertSession(db, session), false)
        assert.equal(await findSession(db, key), undefined)
        const message = what === 'a disabling' ? 'User is disabled.' : 'The user was signed out during the sign-in.'
        await assert.rejects(beginSession(db, session), { code: 'NotAuthorizedException', message })
      })

      it(`has no valid session when it stores the session while ${what} is not committed yet`, async () => {
        await using storage = await openWithUser(engine)
        const { db } = storage
        let storing: Promise<boolean> | undefined
        await db.transaction().execute(async (tx) => {
          await overtake(tx)
          storing = insertSession(db, sessionOf(ana))
          // On PostgreSQL the insert finishes before a sign-out or a disabling is committed, and sees the user as before. It waits until a
          // deletion is committed. On SQLite the insert waits until any of the three changes is committed.
          if (isConcurrent(what)) assert.equal(await storing, true)
        })
        await storing
        if (what === 'a deletion') assert.equal(await findSession(db, key), undefined)
        assert.equal(await isAlive(db), false)
      })

      it(`has no valid session when ${what} begins while the stored session is not committed yet`, async () => {
        await using storage = await openWithUser(engine)
        const { db } = storage
        let overtaking: Promise<void> | undefined
        await db.transaction().execute(async (tx) => {
          assert.equal(await insertSession(tx, sessionOf(ana)), true)
          overtaking = db.transaction().execute(overtake)
          if (isConcurrent(what)) await overtaking
        })
        await overtaking
        if (what === 'a deletion') assert.equal(await findSession(db, key), undefined)
        assert.equal(await isAlive(db), false)
      })
    }

    it('has a valid session when it begins after a sign-out, even in the same millisecond or if the clock is behind', async () => {
      await using storage = await openWithUser(engine)
      const { db } = storage
      const seen = async () => (await findUser(db, pool.id, ana.sub)) ?? ana
      for (const at of [now, now, now - 60_000, now + 60_000]) {
        const before = `before ${await storage.db
          .selectFrom('session')
          .select('id')
          .execute()
          .then((rows) => rows.length)}`
        assert.equal(await insertSession(db, sessionOf(await seen(), before)), true)
        assert.equal(await isAlive(db, before), true)
        await db.transaction().execute((tx) => signOutUser(tx, pool, ana.sub, at))
        assert.equal(await isAlive(db, before), false)
      }
      await db.transaction().execute(disable)
      await db.transaction().execute(async (tx) => {
        const before = await lockUser(tx, pool.id, ana.sub)
        assert.ok(before)
        await updateUser(tx, pool, before, { ...before, enabled: true })
      })
      assert.equal(await insertSession(db, sessionOf(await seen())), true)
      assert.equal(await isAlive(db), true)
    })

    it('stores no session for a disabled user who was never signed out', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      await db.transaction().execute((tx) => insertUser(tx, pool, { ...ana, enabled: false }))
      assert.equal(await insertSession(db, sessionOf(ana)), false)
    })

    it('is not affected by a change of another user', async () => {
      await using storage = await openWithUser(engine)
      const { db } = storage
      const [ben, elsewhere] = [
        { ...ana, sub: 'ben', username: 'ben' },
        { ...ana, poolId: 'us-east-1_Another01' },
      ]
      await insertPool(db, { ...pool, id: elsewhere.poolId })
      for (const user of [ben, elsewhere]) await db.transaction().execute((tx) => insertUser(tx, pool, user))
      await db.transaction().execute(disable)
      assert.equal(await insertSession(db, { ...sessionOf(ben), sub: ben.sub }), true)
      assert.equal(await insertSession(db, { ...sessionOf(elsewhere), poolId: elsewhere.poolId }), true)
    })
  })

  describe(`sign-ins while the user is disabled, on ${engine.name}`, () => {
    const server = useTestServer(engine)

    for (const tracking of ['DISABLED', 'ENABLED'] as const) {
      it(`leave no valid token, with session tracking ${tracking}`, async () => {
        const ids = await givenTrackingPool(server())
        await track(server(), ids.poolId, tracking)
        const ana = { UserPoolId: ids.poolId, Username: 'ana' }
        const texts = new Set<string>()
        for (let round = 0; round < 6; round++) {
          const signIns = Array.from({ length: 6 }, async (_, at) => {
            if (at % 2 === 0) return givenTokens(server(), ids.clientId, 'ana')
            const { AuthenticationResult: tokens } = await signInBySrp(server(), ids, 'ana')
            return { accessToken: tokens?.AccessToken ?? '', refreshToken: tokens?.RefreshToken ?? '' }
          })
          // Each round disables the user a little later during the sign-ins. In the last round, the fastest sign-ins end before the user is
          // disabled.
          const [outcomes] = await Promise.all([
            Promise.allSettled(signIns),
            (async () => {
              for (let ahead = 0; ahead < round; ahead++) await server().send(new AdminEnableUserCommand(ana))
              await server().send(new AdminDisableUserCommand(ana))
            })(),
          ])
          await server().send(new AdminEnableUserCommand(ana))
          for (const outcome of outcomes) {
            if (outcome.status === 'rejected') texts.add(`${outcome.reason.name}: ${outcome.reason.message}`)
            else {
              await assert.rejects(useAccessToken(server(), outcome.value.accessToken), { name: 'NotAuthorizedException' })
              await assert.rejects(refresh(server(), ids.clientId, outcome.value.refreshToken), { name: 'NotAuthorizedException' })
            }
          }
        }
        for (const text of texts) assert.equal(text, 'NotAuthorizedException: User is disabled.')
        await useAccessToken(server(), (await givenTokens(server(), ids.clientId, 'ana')).accessToken)
        await server().send(new AdminUserGlobalSignOutCommand(ana))
      })
    }
  })
}
