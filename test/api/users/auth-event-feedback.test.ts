import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminListUserAuthEventsCommand,
  AdminUpdateAuthEventFeedbackCommand,
  type AuthEventType,
  UpdateAuthEventFeedbackCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { createSecrets } from '../../../src/base/secrets.ts'
import {
  insertAuthEvent,
  insertOrSimulateAuthEvent,
  listAuthEvents,
  setFeedback,
  sweepAuthEvents,
} from '../../../src/protection/auth-event-repository.ts'
import { writeFeedbackToken } from '../../../src/protection/feedback-token.ts'
import { engines } from '../../support/engines.ts'
import { givenTokens, givenUser } from '../../support/sign-in.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'
import { openTestStorage } from '../../support/test-storage.ts'

const watched = { pool: { UserPoolAddOns: { AdvancedSecurityMode: 'ENFORCED' } } } as const
const masterKey = Buffer.alloc(32, 5)
const secrets = createSecrets(masterKey)
const notFound = { name: 'ResourceNotFoundException' }
const notAuthorized = { name: 'NotAuthorizedException' }

type Opinion = 'Valid' | 'Invalid'

async function latest(server: TestServer, poolId: string, username: string): Promise<AuthEventType & { EventId: string }> {
  const { AuthEvents = [] } = await server.send(new AdminListUserAuthEventsCommand({ UserPoolId: poolId, Username: username }))
  return { ...AuthEvents[0], EventId: AuthEvents[0]?.EventId ?? '' }
}

function adminSays(server: TestServer, UserPoolId: string, Username: string, EventId: string, FeedbackValue: Opinion) {
  return server.send(new AdminUpdateAuthEventFeedbackCommand({ UserPoolId, Username, EventId, FeedbackValue }))
}

function userSays(
  server: TestServer,
  UserPoolId: string,
  Username: string,
  EventId: string,
  FeedbackToken: string,
  FeedbackValue: Opinion = 'Invalid',
) {
  return server.send(new UpdateAuthEventFeedbackCommand({ UserPoolId, Username, EventId, FeedbackToken, FeedbackValue }))
}

for (const engine of engines) {
  describe(`Feedback on an event on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: ['--master-key', masterKey.toString('base64')] })

    async function givenEvent(username = 'ana') {
      const { poolId, clientId } = await server().givenPool(watched)
      const { sub } = await givenUser(server(), poolId, username)
      await givenTokens(server(), clientId, username)
      const { EventId } = await latest(server(), poolId, username)
      return { poolId, clientId, sub, eventId: EventId, token: writeFeedbackToken(secrets, { poolId, sub }, EventId) }
    }

    it('by an administrator is kept with the event, the latest in place of those before', async () => {
      const { poolId, eventId } = await givenEvent()
      assert.equal((await latest(server(), poolId, 'ana')).EventFeedback, undefined)
      await adminSays(server(), poolId, 'ana', eventId, 'Valid')
      const { EventFeedback } = await latest(server(), poolId, 'ana')
      assert.ok(EventFeedback?.FeedbackDate instanceof Date)
      assert.deepEqual({ ...EventFeedback, FeedbackDate: 0 }, { FeedbackValue: 'Valid', Provider: 'Admin', FeedbackDate: 0 })
      await adminSays(server(), poolId, 'ana', eventId, 'Invalid')
      assert.equal((await latest(server(), poolId, 'ana')).EventFeedback?.FeedbackValue, 'Invalid')
    })

    it('by the user takes the token from the notice, and nobody’s signature', async () => {
      const { poolId, eventId, token } = await givenEvent()
      await userSays(server(), poolId, 'ana', eventId, token)
      const { EventFeedback } = await latest(server(), poolId, 'ana')
      assert.deepEqual([EventFeedback?.FeedbackValue, EventFeedback?.Provider], ['Invalid', 'User'])
    })

    it('is refused with another token, in the same words for users who do not exist', async () => {
      const { poolId, sub, eventId, token } = await givenEvent()
      const { sub: other } = await givenUser(server(), poolId, 'bob')
      const altered = `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`
      const tokens = [
        'x',
        altered,
        writeFeedbackToken(secrets, { poolId, sub: other }, eventId),
        writeFeedbackToken(secrets, { poolId, sub }, 'another-event'),
        writeFeedbackToken(secrets, { poolId: 'us-east-1_elsewhere', sub }, eventId),
        writeFeedbackToken(createSecrets(Buffer.alloc(32, 6)), { poolId, sub }, eventId),
        secrets.seal('pagination', eventId, `${poolId}/${sub}`),
      ]
      const refusal = { ...notAuthorized, message: 'Invalid feedback token.' }
      for (const bad of tokens) await assert.rejects(userSays(server(), poolId, 'ana', eventId, bad), refusal)
      await assert.rejects(userSays(server(), poolId, 'bob', eventId, token), refusal)
      await assert.rejects(userSays(server(), poolId, 'nobody', eventId, token), refusal)
      assert.equal((await latest(server(), poolId, 'ana')).EventFeedback, undefined)
    })

    it('is about an event of that user in that pool', async () => {
      const { poolId, sub, eventId, token } = await givenEvent()
      const other = await givenEvent()
      await givenUser(server(), poolId, 'bob')
      await assert.rejects(adminSays(server(), poolId, 'bob', eventId, 'Valid'), notFound)
      await assert.rejects(adminSays(server(), other.poolId, 'ana', eventId, 'Valid'), notFound)
      await assert.rejects(adminSays(server(), poolId, 'ana', 'no-event', 'Valid'), notFound)
      await assert.rejects(adminSays(server(), poolId, 'nobody', eventId, 'Valid'), { name: 'UserNotFoundException' })
      await assert.rejects(adminSays(server(), 'us-east-1_nowhere', 'ana', eventId, 'Valid'), notFound)
      await assert.rejects(userSays(server(), other.poolId, 'ana', eventId, token), notAuthorized)
      const unknown = writeFeedbackToken(secrets, { poolId, sub }, 'no-event')
      await assert.rejects(userSays(server(), poolId, 'ana', 'no-event', unknown), notFound)
    })

    it('needs threat protection to be on', async () => {
      const { poolId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana')
      const off = { name: 'UserPoolAddOnNotEnabledException' }
      await assert.rejects(adminSays(server(), poolId, 'ana', 'event', 'Valid'), off)
      await assert.rejects(userSays(server(), poolId, 'ana', 'event', 'token'), off)
    })
  })

  describe(`The table of events on ${engine.name}`, () => {
    const details = { clientId: undefined, challenges: [], ip: undefined, device: 'unknown' }
    const event = (poolId: string, id: string, createdAt = 0) =>
      ({ poolId, sub: 'sub', id, type: 'SignIn', response: 'Pass', createdAt, details, feedback: undefined }) as const

    /** One user of that `sub` in each pool. */
    async function openWithUsers() {
      const storage = await openTestStorage(engine)
      const nothing = { attributes: '{}', password: null, password_expires_at: null, signed_out_at: null, mfa: null }
      const user = { sub: 'sub', username: 'ana', status: 'CONFIRMED', enabled: 1, created_at: 0, updated_at: 0, ...nothing }
      const users = ['here', 'there'].map((poolId) => ({ pool_id: poolId, ...user }))
      await storage.db.insertInto('user').values(users).execute()
      return storage
    }

    it('keeps pools apart', async () => {
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

    it('keeps nothing of what is noted for nobody, or for somebody who is gone by then', async () => {
      await using storage = await openWithUsers()
      const { db } = storage
      const gone = { ...event('here', '1'), sub: 'gone' }
      await insertAuthEvent(db, gone)
      await insertOrSimulateAuthEvent(db, true, gone)
      await insertOrSimulateAuthEvent(db, false, gone)
      await insertOrSimulateAuthEvent(db, false, event('here', '2'))
      await insertOrSimulateAuthEvent(db, true, event('here', '3'))
      const kept = await db.selectFrom('auth_event').select(['sub', 'id']).execute()
      assert.deepEqual(kept, [{ sub: 'sub', id: '3' }])
    })

    it('is swept of what is old, a few at a time', async () => {
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
