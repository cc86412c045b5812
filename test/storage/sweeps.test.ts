import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sweepProviderSignIns } from '../../src/federation/pending/provider-sign-in-repository.ts'
import { sweepMessageCounts } from '../../src/messaging/message-count-repository.ts'
import { sweepInitialAccessTokens } from '../../src/oauth/client-registration/initial-access-tokens/initial-access-token-repository.ts'
import { sweepAuthorizationCodes } from '../../src/oauth/codes/authorization-code-repository.ts'
import { insertDeviceAuthorization, sweepDeviceAuthorizations } from '../../src/oauth/device-grant/device-authorization-repository.ts'
import { sweepPushedRequests } from '../../src/oauth/pushed-requests/pushed-request-repository.ts'
import { sweepAttempts } from '../../src/protection/attempt-repository.ts'
import { sweepDeviceSteps } from '../../src/signin/factors/device/device-step-repository.ts'
import { sweepSignInLinks } from '../../src/signin/factors/sign-in-link/sign-in-link-repository.ts'
import type { Db, Tx } from '../../src/storage/db.ts'
import { sweepRetiredKeys } from '../../src/tokens/signing-key-repository.ts'
import { insertInvocations, sweepInvocations } from '../../src/triggers/invocations/invocation-repository.ts'
import { saveLastAnswers } from '../../src/triggers/invocations/last-answer-repository.ts'
import { sweepEmailChanges } from '../../src/users/account-notices/email-change-repository.ts'
import { sweepSessionClients } from '../../src/users/session-clients/session-client-repository.ts'
import { sweepHiddenSignUps } from '../../src/users/sign-up/hidden-sign-up-repository.ts'
import type { User } from '../../src/users/user.ts'
import { deleteUserRows } from '../../src/users/user-removal-repository.ts'
import { insertUser } from '../../src/users/user-repository.ts'
import { testPool } from '../api/messaging/messaging-setup.ts'
import { chosenEngines } from '../support/engines.ts'
import { openTestStorage } from '../support/test-storage.ts'

const postgres = chosenEngines().find(({ name }) => name === 'postgres')
const skip = postgres === undefined && 'PostgreSQL was not chosen for this run'

const pool = testPool()

type Case = {
  readonly name: string
  store(db: Db, id: string): Promise<unknown>
  /** Locks the row that `store` stored under `id`, as a concurrent transaction would. */
  hold(tx: Tx, id: string): Promise<unknown>
  sweep(tx: Tx, before: number): Promise<number>
}

const cases: readonly Case[] = [
  {
    name: 'counts of messages',
    store: (db, key) => db.insertInto('message_count').values({ pool_id: 'p', key, count: 1, window_ends_at: 5 }).execute(),
    hold: (tx, key) => tx.updateTable('message_count').set({ count: 2 }).where('pool_id', '=', 'p').where('key', '=', key).execute(),
    sweep: (tx, before) => sweepMessageCounts(tx, before, 10),
  },
  {
    name: 'expired hidden sign-ups',
    store: (db, name_hash) =>
      db.insertInto('hidden_sign_up').values({ pool_id: 'p', name_hash, attribute: null, destination: null, expires_at: 4 }).execute(),
    hold: (tx, name_hash) =>
      tx.updateTable('hidden_sign_up').set({ destination: 'held' }).where('pool_id', '=', 'p').where('name_hash', '=', name_hash).execute(),
    sweep: (tx, before) => sweepHiddenSignUps(tx, before, 10),
  },
  {
    name: 'attempts',
    store: (db, subject) =>
      db
        .insertInto('attempt')
        .values({ pool_id: 'p', subject, action: 'a', window_started_at: 0, count: 1, locked_until: 0, updated_at: 5 })
        .execute(),
    hold: (tx, subject) => tx.updateTable('attempt').set({ count: 2 }).where('pool_id', '=', 'p').where('subject', '=', subject).execute(),
    sweep: (tx, before) => sweepAttempts(tx, before, 10),
  },
  {
    name: 'challenges to devices',
    store: (db, sub) =>
      db.insertInto('device_step').values({ pool_id: 'p', sub, client_id: 'c', device_key: 'd', state: '', expires_at: 5 }).execute(),
    hold: (tx, sub) => tx.updateTable('device_step').set({ state: 'held' }).where('pool_id', '=', 'p').where('sub', '=', sub).execute(),
    sweep: (tx, before) => sweepDeviceSteps(tx, before, 10),
  },
  {
    name: 'authorization codes',
    store: (db, id) => {
      const fixed = { pool_id: 'p', sub: 's', client_id: 'c', details: '{}', redeemed_at: null, session_id: null }
      return db
        .insertInto('authorization_code')
        .values({ ...fixed, id, expires_at: 5 })
        .execute()
    },
    hold: (tx, id) =>
      tx.updateTable('authorization_code').set({ redeemed_at: 6 }).where('pool_id', '=', 'p').where('id', '=', id).execute(),
    sweep: (tx, before) => sweepAuthorizationCodes(tx, before, 10),
  },
  {
    name: 'device authorizations',
    store: (db, id) => {
      const asked = { clientId: 'c', details: { granted: { scopes: [], resource: undefined } }, expiresAt: 5, intervalSeconds: 5 }
      const open = { polledAt: null, decision: null, approval: null, sessionId: null }
      return insertDeviceAuthorization(db, { poolId: 'p', id, deviceCodeHash: id, ...asked, ...open })
    },
    hold: (tx, id) =>
      tx.updateTable('device_authorization').set({ polled_at: 6 }).where('pool_id', '=', 'p').where('id', '=', id).execute(),
    sweep: (tx, before) => sweepDeviceAuthorizations(tx, before, 10),
  },
  {
    name: 'pushed authorization requests',
    store: (db, id) =>
      db.insertInto('pushed_request').values({ pool_id: 'p', id, client_id: 'c', form: '', opened_at: null, expires_at: 5 }).execute(),
    hold: (tx, id) => tx.updateTable('pushed_request').set({ opened_at: 6 }).where('pool_id', '=', 'p').where('id', '=', id).execute(),
    sweep: (tx, before) => sweepPushedRequests(tx, before, 10),
  },
  {
    name: 'sign-ins at identity providers',
    store: (db, id) =>
      db.insertInto('provider_sign_in').values({ pool_id: 'p', id, client_id: 'c', details: '', answer: null, expires_at: 5 }).execute(),
    hold: (tx, id) => tx.updateTable('provider_sign_in').set({ answer: '' }).where('pool_id', '=', 'p').where('id', '=', id).execute(),
    sweep: (tx, before) => sweepProviderSignIns(tx, before, 10),
  },
  {
    name: 'links to sign in with',
    store: (db, sub) =>
      db
        .insertInto('sign_in_link')
        .values({ pool_id: 'p', sub, id: 'i', token_hash: '', client_id: 'c', details: '', expires_at: 5 })
        .execute(),
    hold: (tx, sub) => tx.updateTable('sign_in_link').set({ details: 'held' }).where('pool_id', '=', 'p').where('sub', '=', sub).execute(),
    sweep: (tx, before) => sweepSignInLinks(tx, before, 10),
  },
  {
    name: 'changes of e-mail addresses',
    store: (db, sub) =>
      db
        .insertInto('email_change')
        .values({ pool_id: 'p', sub, position: 1, token_hash: '', details: '', changed_at: 1, expires_at: 5 })
        .execute(),
    hold: (tx, sub) => tx.updateTable('email_change').set({ details: 'held' }).where('pool_id', '=', 'p').where('sub', '=', sub).execute(),
    sweep: (tx, before) => sweepEmailChanges(tx, before, 10),
  },
  {
    name: 'clients of domain sessions',
    store: (db, sid) => {
      const fixed = { pool_id: 'p', sub: 's', client_id: 'c', notify_at: null, attempts: 0 }
      return db
        .insertInto('session_client')
        .values({ ...fixed, sid, expires_at: 5 })
        .execute()
    },
    hold: (tx, sid) => tx.updateTable('session_client').set({ attempts: 1 }).where('pool_id', '=', 'p').where('sid', '=', sid).execute(),
    sweep: (tx, before) => sweepSessionClients(tx, before, 10),
  },
  {
    name: 'initial access tokens',
    store: (db, id) => {
      const fixed = { pool_id: 'p', token_hash: '', description: '', remaining_uses: 1, created_at: 1, expires_at: 5 }
      return db
        .insertInto('initial_access_token')
        .values({ ...fixed, id })
        .execute()
    },
    hold: (tx, id) =>
      tx.updateTable('initial_access_token').set({ remaining_uses: 0 }).where('pool_id', '=', 'p').where('id', '=', id).execute(),
    sweep: (tx, before) => sweepInitialAccessTokens(tx, before, 10),
  },
  {
    name: 'records of triggers',
    store: (db, id) => {
      const fixed = { pool_id: 'p', sub: 's', trigger: 'PreSignUp', outcome: 'FAILED', username_key: 'u', started_at: 5, details: '' }
      return db
        .insertInto('trigger_invocation')
        .values({ ...fixed, id })
        .execute()
    },
    hold: (tx, id) => tx.deleteFrom('trigger_invocation').where('pool_id', '=', 'p').where('sub', '=', 's').where('id', '=', id).execute(),
    sweep: (tx, before) => sweepInvocations(tx, before, 10),
  },
  {
    name: 'retired signing keys',
    store: (db, kid) => {
      const fixed = { pool_id: 'p', use: 'id' as const, public_jwk: '{}', sealed_private_key: '', created_at: 1, retired_at: 5 }
      return db
        .insertInto('signing_key')
        .values({ ...fixed, kid })
        .execute()
    },
    hold: (tx, kid) => tx.deleteFrom('signing_key').where('pool_id', '=', 'p').where('kid', '=', kid).execute(),
    sweep: (tx, before) => sweepRetiredKeys(tx, before, 10),
  },
]

describe('A sweep on PostgreSQL', { skip }, () => {
  for (const { name, store, hold, sweep } of cases) {
    it(`skips rows that another transaction holds, so that no deadlock can occur: ${name}`, { timeout: 20_000 }, async () => {
      assert.ok(postgres)
      await using storage = await openTestStorage(postgres)
      const { db } = storage
      for (const id of ['free', 'held']) await store(db, id)
      const found = await db.transaction().execute(async (other) => {
        await hold(other, 'held')
        return db.transaction().execute((tx) => sweep(tx, 10))
      })
      assert.equal(found, 1)
    })
  }
})

describe('A batch of invocation records on PostgreSQL', { skip }, () => {
  it('skips users who are being deleted instead of waiting for the deletion', { timeout: 20_000 }, async () => {
    assert.ok(postgres)
    await using storage = await openTestStorage(postgres)
    const { db } = storage
    const subs = ['deleted', 'left']
    for (const sub of subs) await db.transaction().execute((tx) => insertUser(tx, pool, userOf(sub)))
    const record = { pool_id: pool.id, trigger: 'PreAuthentication', outcome: 'FAILED', username_key: 'u', started_at: 5, details: '' }
    const answer = { poolId: pool.id, clientId: 'c', trigger: 'PreTokenGeneration', response: '', answeredAt: 5 }
    await db.transaction().execute(async (other) => {
      await deleteUserRows(other, pool.id, 'deleted', 5)
      await db.transaction().execute(async (tx) => {
        await insertInvocations(
          tx,
          subs.map((sub) => ({ ...record, sub, id: sub })),
        )
        await saveLastAnswers(
          tx,
          subs.map((sub) => ({ ...answer, sub })),
        )
      })
    })
    for (const table of ['trigger_invocation', 'trigger_answer'] as const) {
      assert.deepEqual(await db.selectFrom(table).select('sub').execute(), [{ sub: 'left' }])
    }
  })
})

function userOf(sub: string): User {
  const times = { passwordExpiresAt: null, signedOutAt: null, createdAt: 1, updatedAt: 1 }
  return { poolId: pool.id, sub, username: sub, status: 'CONFIRMED', enabled: true, attributes: {}, password: null, mfa: null, ...times }
}
