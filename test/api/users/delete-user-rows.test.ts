import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { issueCode } from '../../../src/messaging/codes.ts'
import { queueInvitation } from '../../../src/messaging/send-code.ts'
import { insertPool } from '../../../src/pools/pool-repository.ts'
import { countAttempt } from '../../../src/protection/attempt-repository.ts'
import type { Db } from '../../../src/storage/db.ts'
import { type UserTable, userColumnOf, userTables } from '../../../src/storage/user-rows.ts'
import { insertSession } from '../../../src/tokens/session-repository.ts'
import { insertFormerPassword } from '../../../src/users/passwords/password-history-repository.ts'
import type { User } from '../../../src/users/user.ts'
import { deleteUserRows } from '../../../src/users/user-removal-repository.ts'
import { insertUser } from '../../../src/users/user-repository.ts'
import { engines } from '../../support/engines.ts'
import { sweepDeletions } from '../../support/sweep-deletions.ts'
import { type MessagingSetup, openMessagingSetup, plainContent, testPool } from '../messaging/messaging-setup.ts'

const pool = testPool({ aliasAttributes: ['email'] })
const now = 1_780_000_000_000

function testUser(sub: string, poolId = pool.id): User {
  return {
    poolId,
    sub,
    username: `name-${sub}`,
    status: 'CONFIRMED',
    enabled: true,
    attributes: { email: `${sub}@example.test`, email_verified: 'true' },
    password: 'sealed',
    passwordExpiresAt: null,
    signedOutAt: null,
    createdAt: now,
    updatedAt: now,
    mfa: null,
  }
}

/** Stores the user, and a row about the user in every table that can have one. */
async function givenRowsOf({ db, secrets, commit }: MessagingSetup, user: User): Promise<void> {
  const { poolId, sub } = user
  const ownPool = { ...pool, id: poolId }
  await commit(async (tx) => {
    assert.equal(await insertUser(tx, ownPool, user), undefined)
    await insertFormerPassword(tx, { poolId, sub, password: 'sealed', at: now }, 3)
    await issueCode(tx, secrets, { poolId, sub, purpose: 'forgot-password', now, lifetimeMs: 1000 })
    await queueInvitation(tx, secrets, {
      pool: ownPool,
      user,
      mediums: ['EMAIL'],
      temporaryPassword: 'x',
      messageContent: plainContent,
      now,
    })
  })
  await db.insertInto('group_member').values({ pool_id: poolId, sub, group_name: 'group' }).execute()
  await db.insertInto('former_member').values({ pool_id: poolId, sub, group_name: 'group', seen_in: 'run' }).execute()
  await countAttempt(db, { poolId, subject: sub, action: 'password' }, { now, forgetAfterMs: 1000, since: 'first' })
  await givenDevice(db, user)
  const passkey = {
    public_key: '',
    counter: 0,
    relying_party_id: 'localhost',
    transports: '[]',
    attachment: null,
    name: '',
    created_at: now,
  }
  await db
    .insertInto('passkey')
    .values({ pool_id: poolId, sub, id: 'passkey', ...passkey, last_used_at: null })
    .execute()
  const app = { secret: null, pending_secret: null, device_name: null, last_step: 0, updated_at: now }
  await db
    .insertInto('software_token')
    .values({ pool_id: poolId, sub, ...app })
    .execute()
  await db.insertInto('recovery_code_set').values({ pool_id: poolId, sub, hash_key: '', hashes: '', created_at: now }).execute()
  const event = { id: 'event', type: 'SignIn', response: 'Pass', created_at: now, details: '{}', feedback: null }
  await db
    .insertInto('auth_event')
    .values({ pool_id: poolId, sub, ...event })
    .execute()
  await givenTriggerRecords(db, user)
  await givenSession(db, user)
}

async function givenDevice(db: Db, { poolId, sub }: User): Promise<void> {
  const device = { name: null, verifier: null, remembered: 0, last_ip: null, created_at: now, updated_at: now, last_authenticated_at: now }
  await db
    .insertInto('device')
    .values({ pool_id: poolId, sub, device_key: 'device', ...device })
    .execute()
  await db
    .insertInto('device_step')
    .values({ pool_id: poolId, sub, client_id: 'client', device_key: 'device', state: '', expires_at: now })
    .execute()
}

async function givenTriggerRecords(db: Db, { poolId, sub }: User): Promise<void> {
  const invocation = { trigger: 'PreAuthentication', outcome: 'SUCCEEDED', username_key: 'name', started_at: now, details: '' }
  await db
    .insertInto('trigger_invocation')
    .values({ pool_id: poolId, sub, id: 'invocation', ...invocation })
    .execute()
  const answer = { client_id: 'client', trigger: 'PreTokenGeneration', response: '', answered_at: now }
  await db
    .insertInto('trigger_answer')
    .values({ pool_id: poolId, sub, ...answer })
    .execute()
}

async function givenSession(db: Db, { poolId, sub }: User): Promise<void> {
  const times = {
    createdAt: now,
    expiresAt: now + 1000,
    revokedAt: null,
    generation: 0,
    rotatedAt: null,
    userSignedOutAt: null,
    activity: null,
    deviceKey: null,
  }
  await insertSession(db, { poolId, sub, id: 'session', clientId: 'client', ...times })
  const code = { client_id: 'client', expires_at: now + 1000, details: '', redeemed_at: null, session_id: null }
  await db
    .insertInto('authorization_code')
    .values({ pool_id: poolId, id: `code of ${sub}`, sub, ...code })
    .execute()
  const device = { device_code_hash: `device of ${sub}`, client_id: 'client', details: '{}', expires_at: now + 1000, interval_seconds: 5 }
  const decision = { decision: 'approved', approval: '{}', polled_at: null, session_id: null }
  await db
    .insertInto('device_authorization')
    .values({ pool_id: poolId, sub, id: `user code of ${sub}`, ...device, ...decision })
    .execute()
  const link = { id: 'link', token_hash: '', client_id: 'client', details: '', expires_at: now + 1000 }
  await db
    .insertInto('sign_in_link')
    .values({ pool_id: poolId, sub, ...link })
    .execute()
  const change = { position: 1, token_hash: '', details: '', changed_at: now, expires_at: now + 1000 }
  await db
    .insertInto('email_change')
    .values({ pool_id: poolId, sub, ...change })
    .execute()
}

async function givenManyRows(db: Db, sub: string, count: number): Promise<void> {
  const ids = Array.from({ length: count }, (_, at) => `many ${at}`)
  const event = { pool_id: pool.id, sub, type: 'SignIn', response: 'Pass', created_at: now, details: '{}', feedback: null }
  const session = { pool_id: pool.id, sub, client_id: 'client', created_at: now, expires_at: now + 1000, generation: 0 }
  await db
    .insertInto('auth_event')
    .values(ids.map((id) => ({ ...event, id })))
    .execute()
  await db
    .insertInto('session')
    .values(ids.map((id) => ({ ...session, id })) as never)
    .execute()
}

/** Stores the record of a trigger's invocation at a sign-up. There is no user of that name yet, so the record has no `sub`. */
async function givenSignUpRecord(db: Db, poolId: string, username: string): Promise<void> {
  const invocation = { trigger: 'PreSignUp', outcome: 'SUCCEEDED', username_key: username, started_at: now, details: '' }
  await db
    .insertInto('trigger_invocation')
    .values({ pool_id: poolId, sub: '', id: username, ...invocation })
    .execute()
}

/** The tables of the database that have rows about users, each with the column for the user's `sub`. */
async function listUserTables(db: Db): Promise<readonly { name: string; column: string }[]> {
  const tables = await db.introspection.getTables()
  return tables.flatMap(({ name, columns }) => {
    const names = columns.map((column) => column.name)
    const column = names.find((one) => one === 'sub' || one === 'subject')
    return column !== undefined && names.includes('pool_id') ? [{ name, column }] : []
  })
}

/** How many rows each table has about the user. Leaves out what is kept after the user is deleted: audit records, and apps to be told. */
async function countRowsOf(db: Db, poolId: string, sub: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { name, column } of await listUserTables(db)) {
    if (name === 'audit_record' || name === 'session_client') continue
    const { rows } = await sql`
      select * from ${sql.table(name)} where pool_id = ${poolId} and ${sql.ref(column)} = ${sub}
    `.execute(db)
    counts[name] = rows.length
  }
  return counts
}

for (const engine of engines) {
  describe(`deleteUserRows on ${engine.name}`, () => {
    it('knows every table of the database that has rows about users', async () => {
      await using setup = await openMessagingSetup(engine)
      const found = await listUserTables(setup.db)
      const known = Object.keys(userTables) as UserTable[]
      assert.deepEqual(
        Object.fromEntries(found.map(({ name, column }) => [name, column])),
        Object.fromEntries(known.map((name) => [name, userColumnOf(name)])),
      )
    })

    it('deletes every row of the user and no row of other users', async () => {
      await using setup = await openMessagingSetup(engine)
      const { db, commit } = setup
      const other = 'us-east-1_Another01'
      for (const id of [pool.id, other]) await insertPool(db, { ...pool, id })
      for (const one of [testUser('ana'), testUser('bob'), testUser('ana', other)]) await givenRowsOf(setup, one)
      const before = await countRowsOf(db, pool.id, 'ana')
      assert.ok(Object.keys(before).length >= 8, Object.keys(before).join())
      // `deleted_user` has a row only if the deletion leaves rows to the sweeper: see the next test.
      // `kept_user` has a row only of a deleted user, and `former_user` outlives its user.
      const { deleted_user, kept_user, former_user, ...others } = before
      for (const [table, count] of Object.entries(others)) assert.ok(count > 0, `givenRowsOf stores no row in ${table}`)

      await commit((tx) => deleteUserRows(tx, pool.id, 'ana', now))

      assert.deepEqual(new Set(Object.values(await countRowsOf(db, pool.id, 'ana'))), new Set([0]))
      assert.deepEqual(await countRowsOf(db, pool.id, 'bob'), before)
      assert.deepEqual(await countRowsOf(db, other, 'ana'), before)
    })

    it('leaves some of very many sessions and auth events to the sweeper, which deletes them', async () => {
      await using setup = await openMessagingSetup(engine)
      const { db, commit } = setup
      for (const one of [testUser('ana'), testUser('bob')]) await givenRowsOf(setup, one)
      await givenManyRows(db, 'ana', 1200)
      const others = await countRowsOf(db, pool.id, 'bob')

      // Two deletions at the same time, as when a client repeats a request. The second deletion finds no user.
      await Promise.all([0, 1].map(() => commit((tx) => deleteUserRows(tx, pool.id, 'ana', now))))
      const { session = 0, auth_event = 0, deleted_user, ...rest } = await countRowsOf(db, pool.id, 'ana')
      assert.ok(session > 0 && auth_event > 0)
      assert.equal(deleted_user, 1)
      assert.deepEqual(new Set(Object.values(rest)), new Set([0]))

      assert.ok((await sweepDeletions(db, now)) > 0)
      assert.deepEqual(new Set(Object.values(await countRowsOf(db, pool.id, 'ana'))), new Set([0]))
      assert.deepEqual(await countRowsOf(db, pool.id, 'bob'), others)
    })

    it('deletes the trigger records of the sign-up, which have no sub', async () => {
      await using setup = await openMessagingSetup(engine)
      const { db, commit } = setup
      const other = 'us-east-1_Another01'
      for (const one of [testUser('ana'), testUser('bob'), testUser('ana', other)]) {
        await commit((tx) => insertUser(tx, { ...pool, id: one.poolId }, one))
        await givenSignUpRecord(db, one.poolId, one.username)
      }
      await commit((tx) => deleteUserRows(tx, pool.id, 'ana', now))
      const left = await db.selectFrom('trigger_invocation').select(['pool_id', 'username_key']).orderBy('pool_id', 'desc').execute()
      assert.deepEqual(left, [
        { pool_id: pool.id, username_key: 'name-bob' },
        { pool_id: other, username_key: 'name-ana' },
      ])
    })
  })
}
