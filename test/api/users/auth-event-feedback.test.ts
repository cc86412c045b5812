import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminUpdateAuthEventFeedbackCommand,
  type AuthEventType,
  UpdateAuthEventFeedbackCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { createSecrets } from '../../../src/base/secrets.ts'
import type { AuthEvent } from '../../../src/protection/auth-event.ts'
import {
  type AuthEventKey,
  insertAuthEvent,
  insertOrSimulateAuthEvent,
  listAuthEvents,
  setFeedback,
  sweepAuthEvents,
} from '../../../src/protection/auth-event-repository.ts'
import { writeFeedbackToken } from '../../../src/protection/feedback-token.ts'
import { eventsOf } from '../../support/auth-events.ts'
import { engines } from '../../support/engines.ts'
import { givenTokens, givenUser } from '../../support/sign-in.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'
import { openTestStorage } from '../../support/test-storage.ts'

const withThreatProtection = { pool: { UserPoolAddOns: { AdvancedSecurityMode: 'ENFORCED' } } } as const
const masterKey = Buffer.alloc(32, 5)
const secrets = createSecrets(masterKey)
const notFound = { name: 'ResourceNotFoundException' }
const day = 24 * 60 * 60_000
const notAuthorized = { name: 'NotAuthorizedException' }

type EventKey = { readonly poolId: string; readonly username: string; readonly eventId: string }

const tokenFor = (event: AuthEventKey, now: number, sealing = secrets) => writeFeedbackToken(sealing, { event, isVerified: true }, now)

async function findLatestEvent(server: TestServer, poolId: string, username: string): Promise<AuthEventType & { EventId: string }> {
  const [event] = await eventsOf(server, poolId, username)
  return { ...event, EventId: event?.EventId ?? '' }
}

function giveAdminFeedback(server: TestServer, { poolId, username, eventId }: EventKey, value: 'Valid' | 'Invalid' = 'Valid') {
  const event = { UserPoolId: poolId, Username: username, EventId: eventId }
  return server.send(new AdminUpdateAuthEventFeedbackCommand({ ...event, FeedbackValue: value }))
}

function giveUserFeedback(server: TestServer, { poolId, username, eventId }: EventKey, token: string) {
  const event = { UserPoolId: poolId, Username: username, EventId: eventId }
  return server.send(new UpdateAuthEventFeedbackCommand({ ...event, FeedbackToken: token, FeedbackValue: 'Invalid' }))
}

for (const engine of engines) {
  describe(`Feedback on an auth event on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: ['--master-key', masterKey.toString('base64')] })

    async function givenEvent() {
      const { poolId, clientId } = await server().givenPool(withThreatProtection)
      const { sub } = await givenUser(server(), poolId, 'ana')
      await givenTokens(server(), clientId, 'ana')
      const { EventId: eventId } = await findLatestEvent(server(), poolId, 'ana')
      const event: EventKey = { poolId, username: 'ana', eventId }
      return { poolId, sub, eventId, event, token: tokenFor({ poolId, sub, id: eventId }, server().clock.now()) }
    }

    it('from an administrator is shown with the event, and replaces earlier feedback', async () => {
      const { poolId, event } = await givenEvent()
      assert.equal((await findLatestEvent(server(), poolId, 'ana')).EventFeedback, undefined)
      await giveAdminFeedback(server(), event, 'Valid')
      const { EventFeedback } = await findLatestEvent(server(), poolId, 'ana')
      assert.ok(EventFeedback?.FeedbackDate instanceof Date)
      assert.deepEqual({ ...EventFeedback, FeedbackDate: 0 }, { FeedbackValue: 'Valid', Provider: 'Admin', FeedbackDate: 0 })
      await giveAdminFeedback(server(), event, 'Invalid')
      assert.equal((await findLatestEvent(server(), poolId, 'ana')).EventFeedback?.FeedbackValue, 'Invalid')
    })

    it('from the user needs the token in the notice of threat protection, but no signature of an access key', async () => {
      const { poolId, event, token } = await givenEvent()
      await giveUserFeedback(server(), event, token)
      const { EventFeedback } = await findLatestEvent(server(), poolId, 'ana')
      assert.deepEqual([EventFeedback?.FeedbackValue, EventFeedback?.Provider], ['Invalid', 'User'])
    })

    it('is rejected with a wrong token; the error is the same for a user who does not exist', async () => {
      const { poolId, sub, eventId, event, token } = await givenEvent()
      const { sub: other } = await givenUser(server(), poolId, 'bob')
      const [key, now] = [{ poolId, sub, id: eventId }, server().clock.now()]
      const altered = `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`
      const tokens = [
        'x',
        altered,
        tokenFor({ ...key, sub: other }, now),
        tokenFor({ ...key, id: 'another-event' }, now),
        tokenFor({ ...key, poolId: 'us-east-1_elsewhere' }, now),
        tokenFor(key, now - 30 * day),
        tokenFor(key, now, createSecrets(Buffer.alloc(32, 6))),
        secrets.seal('pagination', JSON.stringify({ ...key, isVerified: true, expiresAt: now + day }), poolId),
      ]
      const refusal = { ...notAuthorized, message: 'Invalid feedback token.' }
      for (const bad of tokens) await assert.rejects(giveUserFeedback(server(), event, bad), refusal)
      await assert.rejects(giveUserFeedback(server(), { ...event, username: 'bob' }, token), refusal)
      await assert.rejects(giveUserFeedback(server(), { ...event, username: 'nobody' }, token), refusal)
      assert.equal((await findLatestEvent(server(), poolId, 'ana')).EventFeedback, undefined)
    })

    it('is rejected for an event that the user does not have in the pool', async () => {
      const { poolId, sub, event, token } = await givenEvent()
      const other = await givenEvent()
      await givenUser(server(), poolId, 'bob')
      await assert.rejects(giveAdminFeedback(server(), { ...event, username: 'bob' }), notFound)
      await assert.rejects(giveAdminFeedback(server(), { ...event, poolId: other.poolId }), notFound)
      await assert.rejects(giveAdminFeedback(server(), { ...event, eventId: 'no-event' }), notFound)
      await assert.rejects(giveAdminFeedback(server(), { ...event, username: 'nobody' }), { name: 'UserNotFoundException' })
      await assert.rejects(giveAdminFeedback(server(), { ...event, poolId: 'us-east-1_nowhere' }), notFound)
      await assert.rejects(giveUserFeedback(server(), { ...event, poolId: other.poolId }, token), notAuthorized)
      const unknown = tokenFor({ poolId, sub, id: 'no-event' }, server().clock.now())
      await assert.rejects(giveUserFeedback(server(), { ...event, eventId: 'no-event' }, unknown), notFound)
    })

    it('is rejected in a pool without threat protection', async () => {
      const { poolId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana')
      const event: EventKey = { poolId, username: 'ana', eventId: 'event' }
      const notEnabled = { name: 'UserPoolAddOnNotEnabledException' }
      await assert.rejects(giveAdminFeedback(server(), event), notEnabled)
      await assert.rejects(giveUserFeedback(server(), event, 'token'), notEnabled)
    })
  })

  describe(`The auth event repository on ${engine.name}`, () => {
    const details = { clientId: undefined, challenges: [], ip: undefined, device: 'unknown' }
    const event = (poolId: string, id: string, createdAt = 0) =>
      ({ poolId, sub: 'sub', id, type: 'SignIn', response: 'Pass', createdAt, details, feedback: undefined }) as const

    /** One user in each of two pools, with the same `sub`. */
    async function openWithUsers() {
      const storage = await openTestStorage(engine)
      const unset = { attributes: '{}', password: null, password_expires_at: null, signed_out_at: null, mfa: null }
      const user = { sub: 'sub', username: 'ana', status: 'CONFIRMED', enabled: 1, created_at: 0, updated_at: 0, ...unset }
      const users = ['here', 'there'].map((poolId) => ({ pool_id: poolId, ...user }))
      await storage.db.insertInto('user').values(users).execute()
      return storage
    }

    it('keeps the events of two pools apart, even if they have the same sub and id', async () => {
      await using storage = await openWithUsers()
      const { db } = storage
      for (const id of ['1', '2', '3']) await insertAuthEvent(db, event('here', id))
      await insertAuthEvent(db, event('there', '2'))
      assert.equal(await setFeedback(db, { poolId: 'there', sub: 'sub', id: '3' }, { value: 'Valid', provider: 'User', at: 1 }), false)
      assert.equal(await setFeedback(db, { poolId: 'there', sub: 'sub', id: '2' }, { value: 'Valid', provider: 'User', at: 1 }), true)
      const here = await listAuthEvents(db, 'here', 'sub', { after: undefined, limit: 10 })
      assert.deepEqual(
        here.map(({ id, feedback }) => [id, feedback]),
        [
          ['3', undefined],
          ['2', undefined],
          ['1', undefined],
        ],
      )
    })

    it('stores no event of a decoy or of a deleted user', async () => {
      await using storage = await openWithUsers()
      const { db } = storage
      const simulating = (isUser: boolean, one: AuthEvent) => db.transaction().execute((tx) => insertOrSimulateAuthEvent(tx, isUser, one))
      const ofDeletedUser = { ...event('here', '1'), sub: 'deleted' }
      await insertAuthEvent(db, ofDeletedUser)
      await simulating(true, ofDeletedUser)
      await simulating(false, ofDeletedUser)
      await simulating(false, event('here', '2'))
      await simulating(true, event('here', '3'))
      const stored = await db.selectFrom('auth_event').select(['sub', 'id']).execute()
      assert.deepEqual(stored, [{ sub: 'sub', id: '3' }])
    })

    it('sweeps old events, up to a limit at a time', async () => {
      await using storage = await openWithUsers()
      const { db } = storage
      for (const [id, at] of [
        ['1', 10],
        ['2', 20],
        ['3', 30],
      ] as const)
        await insertAuthEvent(db, event('here', id, at))
      assert.equal(await sweepAuthEvents(db, 30, 1), 1)
      assert.equal(await sweepAuthEvents(db, 30, 10), 1)
      assert.equal(await sweepAuthEvents(db, 30, 10), 0)
      assert.deepEqual(
        (await listAuthEvents(db, 'here', 'sub', { after: undefined, limit: 10 })).map(({ id }) => id),
        ['3'],
      )
    })
  })
}
