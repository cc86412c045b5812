import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { createSecrets } from '../../../src/base/secrets.ts'
import { DeliveryError, type Gateways } from '../../../src/messaging/gateways/gateway.ts'
import { createUnconfiguredGateway } from '../../../src/messaging/gateways/unconfigured-gateway.ts'
import { sweepMessageContents, sweepMessageRecords } from '../../../src/messaging/message-record-repository.ts'
import { queueMessage } from '../../../src/messaging/outbox.ts'
import { createOutboxWorker } from '../../../src/messaging/outbox-worker.ts'
import { deleteUserRows } from '../../../src/users/user-removal-repository.ts'
import { engines } from '../../support/engines.ts'
import { emailMessage, type MessagingSetup, openMessagingSetup, queue } from './messaging-setup.ts'
import { recordingGateways } from './recording-gateway.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

type Tuning = { timeoutMs?: number; concurrency?: number; graceMs?: number }

/** A worker that polls so rarely that only `wake` and `drain` start deliveries. */
function startWorker({ db, secrets, clock, logger }: MessagingSetup, gateways: Gateways, tuning: Tuning = {}) {
  const worker = createOutboxWorker({ db, secrets, clock, logger, gateways, pollMs: 24 * hourMs, graceMs: 0, ...tuning })
  return Object.assign(worker, { [Symbol.asyncDispose]: () => worker.close() })
}

/** The rows of all messages in another state than `sent`, such as `queued` or `failed`. */
const rows = (setup: MessagingSetup) => setup.db.selectFrom('outbox').selectAll().where('state', '!=', 'sent').execute()
const failing =
  (refused = false) =>
  async () =>
    Promise.reject(new DeliveryError('the far end is down', { refused }))

for (const engine of engines) {
  describe(`The outbox on ${engine.name}`, () => {
    it('delivers a committed message with all its members unchanged', async () => {
      await using setup = await openMessagingSetup(engine)
      const { gateways, arrived } = recordingGateways()
      await using worker = startWorker(setup, gateways)
      const message = emailMessage({ subject: 'Für Ana ✓', replyTo: 'help@example.test' })
      await queue(setup, message)
      await worker.drain()
      assert.deepEqual(
        arrived.map((outgoing) => outgoing.message),
        [JSON.parse(JSON.stringify(message))],
      )
      assert.deepEqual(await rows(setup), [])
    })

    it('delivers a message after a call of `wake`; no call of `drain` is needed', async () => {
      await using setup = await openMessagingSetup(engine)
      const delivered = Promise.withResolvers<void>()
      await using worker = startWorker(setup, recordingGateways(async () => delivered.resolve()).gateways)
      await queue(setup, emailMessage())
      worker.wake()
      await delivered.promise
    })

    it('delivers no message of a transaction that was rolled back', async () => {
      await using setup = await openMessagingSetup(engine)
      const { gateways, arrived } = recordingGateways()
      await using worker = startWorker(setup, gateways)
      const rolledBack = setup.commit(async (tx) => {
        await queueMessage(tx, setup.secrets, { message: emailMessage(), now: setup.clock.now() })
        throw new Error('changed my mind')
      })
      await assert.rejects(rolledBack)
      await worker.drain()
      assert.equal(arrived.length, 0)
    })

    it('does not store code or recipient in readable form', async () => {
      await using setup = await openMessagingSetup(engine)
      await queue(setup, emailMessage())
      const stored = JSON.stringify(await setup.db.selectFrom('outbox').selectAll().execute())
      for (const secret of ['123456', 'ana@example.test']) assert.equal(stored.includes(secret), false)
    })

    it('tries again later, with growing delays, until it succeeds', async () => {
      await using setup = await openMessagingSetup(engine)
      let failures = 3
      const { gateways, arrived } = recordingGateways(async () => {
        if (failures-- > 0) throw new DeliveryError('the far end is down')
      })
      await using worker = startWorker(setup, gateways)
      await queue(setup, emailMessage())
      const delays: number[] = []
      for (let attempt = 1; attempt <= 3; attempt++) {
        const tried = setup.clock.now()
        await worker.drain()
        const [row] = await rows(setup)
        assert.equal(row?.attempts, attempt)
        assert.equal(row.last_error, 'the far end is down')
        delays.push((row.next_attempt_at ?? 0) - tried)
        await worker.drain()
        assert.equal((await rows(setup))[0]?.attempts, attempt, 'is not tried again before it is due')
        setup.clock.advance(2 ** attempt * 1000)
      }
      for (const [at, delay] of delays.entries())
        assert.ok(delay >= 500 * 2 ** at && delay < 1000 * 2 ** at + 1000, `delay ${at} was ${delay}`)
      await worker.drain()
      assert.equal(arrived.length, 1)
      assert.deepEqual(await rows(setup), [])
    })

    it('gives up an expired message, and keeps its text only as long as the message is valid', async () => {
      await using setup = await openMessagingSetup(engine)
      await using worker = startWorker(setup, recordingGateways(failing()).gateways)
      await queue(setup, emailMessage({ expiresAt: setup.clock.now() + hourMs }))
      let attempts = 0
      while ((await rows(setup))[0]?.next_attempt_at !== null) {
        await worker.drain()
        setup.clock.advance(16 * minuteMs)
        assert.ok(++attempts < 20)
      }
      const [row] = await rows(setup)
      assert.ok(attempts >= 3)
      assert.deepEqual([row?.state, row?.last_error, setup.log.at(-1)?.level], ['failed', 'the far end is down', 'error'])
      const expiresAt = row?.content_until ?? assert.fail()
      assert.equal(await sweepMessageContents(setup.db, expiresAt - 1, 10), 0)
      assert.equal(await sweepMessageContents(setup.db, expiresAt, 10), 1)
      assert.equal((await rows(setup))[0]?.payload, '')
      const endedAt = row?.ended_at ?? assert.fail()
      assert.equal(await sweepMessageRecords(setup.db, endedAt - 1, 10), 0)
      assert.equal(await sweepMessageRecords(setup.db, endedAt, 10), 1)
      assert.deepEqual(await rows(setup), [])
    })

    it('gives up after five attempts when the receiver refuses the message', async () => {
      await using setup = await openMessagingSetup(engine)
      await using worker = startWorker(setup, recordingGateways(failing(true)).gateways)
      await queue(setup, emailMessage())
      for (let attempt = 0; attempt < 5; attempt++) {
        await worker.drain()
        setup.clock.advance(minuteMs)
      }
      const [row] = await rows(setup)
      assert.deepEqual([row?.attempts, row?.next_attempt_at], [5, null])
    })

    it('keeps messages while no gateway is set, and logs the missing setting without any secret', async () => {
      await using setup = await openMessagingSetup(engine)
      const unconfigured = createUnconfiguredGateway('--smtp-url')
      await using worker = startWorker(setup, { email: unconfigured, sms: unconfigured })
      await queue(setup, emailMessage())
      await worker.drain()
      assert.equal((await rows(setup)).length, 1)
      const [line] = setup.log
      assert.equal(line?.level, 'info')
      assert.match(JSON.stringify(setup.log), /no gateway: set --smtp-url/)
      assert.doesNotMatch(JSON.stringify(setup.log), /123456|ana@example\.test/)
    })

    it('does not log the text of an error, which may quote the message', async () => {
      await using setup = await openMessagingSetup(engine)
      const quoting = async () => Promise.reject(new TypeError('cannot send 123456 to ana@example.test'))
      await using worker = startWorker(setup, recordingGateways(quoting).gateways)
      await queue(setup, emailMessage())
      await worker.drain()
      const kept = JSON.stringify([setup.log, (await rows(setup))[0]?.last_error])
      assert.match(kept, /TypeError/)
      assert.doesNotMatch(kept, /123456|ana@example\.test/)
    })

    it('does not let many messages to one user delay the messages to other users', async () => {
      await using setup = await openMessagingSetup(engine)
      const hold = Promise.withResolvers<void>()
      const bob = Promise.withResolvers<void>()
      const { gateways, arrived } = recordingGateways(async ({ message }) => {
        if (message.sub === 'sub-of-ana') await hold.promise
        if (message.sub === 'sub-of-bob') bob.resolve()
      })
      await using worker = startWorker(setup, gateways, { concurrency: 2 })
      for (let i = 0; i < 40; i++) await queue(setup, emailMessage({ username: String(i) }))
      await queue(setup, emailMessage({ sub: 'sub-of-bob' }))
      worker.wake()
      await bob.promise
      hold.resolve()
      await worker.drain()
      assert.equal(arrived.length, 41)
      const toAna = arrived.filter(({ message }) => message.sub === 'sub-of-ana').map(({ message }) => Number(message.username))
      assert.deepEqual(
        toAna,
        toAna.toSorted((a, b) => a - b),
        'the messages of one user keep their order',
      )
    })

    it('ends an attempt that hangs, even if the gateway ignores the abort signal', async () => {
      await using setup = await openMessagingSetup(engine)
      const signals: AbortSignal[] = []
      const hanging = recordingGateways((_outgoing, signal) => new Promise(() => signals.push(signal)))
      await using worker = startWorker(setup, hanging.gateways, { timeoutMs: 50 })
      await queue(setup, emailMessage())
      await worker.drain()
      assert.equal(signals[0]?.aborted, true)
      const [row] = await rows(setup)
      assert.deepEqual([row?.attempts, row?.last_error], [1, 'no answer within 50 ms'])
    })

    it('delivers each message once when several workers share the outbox', async () => {
      await using setup = await openMessagingSetup(engine)
      const { gateways, arrived } = recordingGateways()
      const workers = Array.from({ length: 4 }, () => startWorker(setup, gateways, { concurrency: 3 }))
      for (let i = 0; i < 30; i++) await queue(setup, emailMessage({ sub: `sub-${i}` }))
      await Promise.all(workers.map((worker) => worker.drain()))
      await Promise.all(workers.map((worker) => worker.close()))
      assert.equal(new Set(arrived.map(({ id }) => id)).size, 30)
      assert.equal(arrived.length, 30)
    })

    it('delivers a message again, with the same id, once the lease of a worker that hung during the delivery has ended', async () => {
      await using setup = await openMessagingSetup(engine)
      const begun = Promise.withResolvers<string>()
      const dead = recordingGateways(({ id }) => new Promise(() => begun.resolve(id)))
      await using first = startWorker(setup, dead.gateways, { timeoutMs: 5 * minuteMs })
      await queue(setup, emailMessage())
      first.wake()
      const id = await begun.promise
      const { gateways, arrived } = recordingGateways()
      await using second = startWorker(setup, gateways)
      await second.drain()
      assert.equal(arrived.length, 0)
      setup.clock.advance(6 * minuteMs)
      await second.drain()
      assert.deepEqual(
        arrived.map((outgoing) => outgoing.id),
        [id],
      )
    })

    it('releases the messages that a stopping process could not finish', async () => {
      await using setup = await openMessagingSetup(engine)
      const begun = Promise.withResolvers<void>()
      const hanging = recordingGateways(() => new Promise(() => begun.resolve()))
      const worker = startWorker(setup, hanging.gateways)
      await queue(setup, emailMessage())
      worker.wake()
      await begun.promise
      await worker.close()
      const [row] = await rows(setup)
      assert.equal(row?.last_error, 'the server is stopping')
      assert.ok((row.next_attempt_at ?? 0) <= setup.clock.now() + 1000)
      await queue(setup, emailMessage())
      await worker.drain()
      assert.equal((await rows(setup)).length, 2, 'a closed worker starts no delivery')
    })

    it('does not send a message that was sealed under another master key, and records that reason', async () => {
      await using setup = await openMessagingSetup(engine)
      const { gateways, arrived } = recordingGateways()
      await using worker = startWorker({ ...setup, secrets: createSecrets(randomBytes(32)) }, gateways)
      await queue(setup, emailMessage())
      await worker.drain()
      assert.equal(arrived.length, 0)
      assert.match((await rows(setup))[0]?.last_error ?? '', /another master key/)
    })

    it('rejects a payload that was copied to another row', async () => {
      await using setup = await openMessagingSetup(engine)
      const { gateways, arrived } = recordingGateways()
      await using worker = startWorker(setup, gateways)
      await queue(setup, emailMessage())
      await queue(setup, emailMessage({ sub: 'sub-of-eve', recipient: 'eve@example.test' }))
      const [ana, eve] = await setup.db.selectFrom('outbox').selectAll().orderBy('id').execute()
      await setup.db
        .updateTable('outbox')
        .set({ payload: ana?.payload ?? '' })
        .where('id', '=', eve?.id ?? '')
        .execute()
      await worker.drain()
      assert.deepEqual(
        arrived.map(({ id }) => id),
        [ana?.id],
      )
    })

    it('deletes the messages of a deleted user, and keeps those of other users', async () => {
      await using setup = await openMessagingSetup(engine)
      for (const changes of [{}, { sub: 'sub-of-bob' }, { poolId: 'us-east-1_OtherPool' }]) await queue(setup, emailMessage(changes))
      await setup.commit((tx) => deleteUserRows(tx, 'us-east-1_Messages1', 'sub-of-ana', setup.clock.now()))
      assert.deepEqual((await rows(setup)).map(({ pool_id, sub }) => [pool_id, sub]).toSorted(), [
        ['us-east-1_Messages1', 'sub-of-bob'],
        ['us-east-1_OtherPool', 'sub-of-ana'],
      ])
    })
  })
}
