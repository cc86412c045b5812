import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hourMs } from '../../../src/base/durations.ts'
import { uuidv7 } from '../../../src/base/ids.ts'
import { issueCode } from '../../../src/messaging/codes.ts'
import { noExtensions } from '../../../src/pools/extensions/pool-extensions.ts'
import type { Pool } from '../../../src/pools/pool.ts'
import { insertPool } from '../../../src/pools/pool-repository.ts'
import { sweepsOf } from '../../../src/sweeps.ts'
import type { User } from '../../../src/users/user.ts'
import { findUserByName, insertUser } from '../../../src/users/user-repository.ts'
import { engines } from '../../support/engines.ts'
import { type MessagingSetup, openMessagingSetup, testPool } from '../messaging/messaging-setup.ts'

const now = 1_780_000_000_000
const kept = { messageRecordsHours: 1, triggerRecordsHours: 1, auditDays: 1, auditStream: undefined, authEventDays: 1 }
const { run } = sweepsOf(kept).find(({ name }) => name === 'expired sign-ups') ?? assert.fail('the sweep is in the list')

function poolWithLifetime(id: string, unconfirmedLifetimeHours: number | undefined): Pool {
  return testPool({ id, extensions: { ...noExtensions, signUp: { contactCorrection: false, unconfirmedLifetimeHours } } })
}

const pool = poolWithLifetime('us-east-1_Forgetful', 2)
const patient = poolWithLifetime('us-east-1_Patient11', undefined)

function user(username: string, ageHours: number, more: Partial<User> = {}): User {
  const createdAt = now - ageHours * hourMs
  return {
    poolId: pool.id,
    sub: uuidv7(createdAt),
    username,
    status: 'UNCONFIRMED',
    enabled: true,
    attributes: { email: `${username}@example.test` },
    password: 'sealed',
    passwordExpiresAt: null,
    signedOutAt: null,
    createdAt,
    updatedAt: createdAt,
    mfa: null,
    ...more,
  }
}

for (const engine of engines) {
  describe(`The sweep of expired sign-ups on ${engine.name}`, () => {
    async function given({ db, secrets, commit }: MessagingSetup, users: readonly User[]): Promise<void> {
      await insertPool(db, pool)
      await insertPool(db, patient)
      await commit(async (tx) => {
        for (const each of users) {
          assert.equal(await insertUser(tx, each.poolId === pool.id ? pool : patient, each), undefined)
          await issueCode(tx, secrets, { poolId: each.poolId, sub: each.sub, purpose: 'sign-up', now, lifetimeMs: hourMs })
        }
      })
    }

    const isThere = async ({ db }: MessagingSetup, { poolId, username }: User) =>
      (await findUserByName(db, poolId === pool.id ? pool : patient, username)) !== undefined

    it('deletes the expired sign-ups with all their rows, and no other users', async () => {
      await using setup = await openMessagingSetup(engine)
      const gone = [user('old', 50), user('just', 2)]
      const kept = [
        user('young', 1.99),
        user('confirmed', 50, { status: 'CONFIRMED' }),
        user('invited', 50, { status: 'FORCE_CHANGE_PASSWORD' }),
        user('reset', 50, { status: 'RESET_REQUIRED' }),
        user('banned', 50, { enabled: false }),
        user('elsewhere', 50, { poolId: patient.id }),
      ]
      await given(setup, [...gone, ...kept])
      assert.equal(await setup.commit((tx) => run(tx, now, 100)), gone.length)
      assert.deepEqual(await Promise.all(gone.map((each) => isThere(setup, each))), [false, false])
      assert.deepEqual(await Promise.all(kept.map((each) => isThere(setup, each))), Array(kept.length).fill(true))
      for (const table of ['user', 'user_alias', 'code'] as const) {
        const rows = await setup.db.selectFrom(table).select('sub').execute()
        assert.deepEqual(rows.map(({ sub }) => sub).sort(), kept.map(({ sub }) => sub).sort(), table)
      }
      assert.equal(await setup.commit((tx) => run(tx, now, 100)), 0)
    })

    it('deletes at most as many sign-ups in one run as its limit says, the oldest first', async () => {
      await using setup = await openMessagingSetup(engine)
      const users = [9, 8, 7, 6, 5].map((age) => user(`age-${age}`, age))
      await given(setup, users)
      assert.equal(await setup.commit((tx) => run(tx, now, 2)), 2)
      assert.deepEqual(await Promise.all(users.map((each) => isThere(setup, each))), [false, false, true, true, true])
      assert.equal(await setup.commit((tx) => run(tx, now, 2)), 2)
      assert.equal(await setup.commit((tx) => run(tx, now, 2)), 1)
    })
  })
}
