import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createSecrets } from '../../src/base/secrets.ts'
import { createOutboxWorker } from '../../src/messaging/outbox-worker.ts'
import { type MessagingSetup, openMessagingSetup } from '../api/messaging/messaging-setup.ts'
import { recordingGateways } from '../api/messaging/recording-gateway.ts'
import { engines } from '../support/engines.ts'
import { moduleCache } from '../support/run-cache.ts'

const minuteMs = 60_000
const masterKey = randomBytes(32)

/** Runs a process up to `stage`, then kills it with `kill -9`. */
async function killAt(stage: 'in-transaction' | 'committed' | 'delivering', { url, clock }: MessagingSetup): Promise<void> {
  const args = [...moduleCache, join(import.meta.dirname, 'queue-and-wait.ts'), url, masterKey.toString('hex'), stage]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [output] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
  assert.equal(String(output).trim(), 'queued')
  // The child process used the real clock. The clock of the test catches up, so that the message is due by this clock, too.
  clock.catchUp()
  child.kill('SIGKILL')
  await once(child, 'close')
}

/** The recipients of the messages that the next process delivers. */
async function deliveredBy(setup: MessagingSetup): Promise<string[]> {
  const { gateways, arrived } = recordingGateways()
  const worker = createOutboxWorker({ ...setup, secrets: createSecrets(masterKey), gateways })
  await worker.drain()
  await worker.close()
  return arrived.map(({ message }) => message.recipient)
}

for (const engine of engines) {
  describe(`A process killed with messages on ${engine.name}`, () => {
    it('loses no message when the kill comes after the commit and before the delivery', async () => {
      await using setup = await openMessagingSetup(engine)
      await killAt('committed', setup)
      assert.deepEqual(await deliveredBy(setup), ['ana@example.test'])
      assert.deepEqual(await deliveredBy(setup), [])
    })

    it('leaves a running delivery to another process once its lease has ended', async () => {
      await using setup = await openMessagingSetup(engine)
      await killAt('delivering', setup)
      assert.deepEqual(await deliveredBy(setup), [])
      setup.clock.advance(2 * minuteMs)
      assert.deepEqual(await deliveredBy(setup), ['ana@example.test'])
    })

    it('sends no message when the kill comes before the commit', async () => {
      await using setup = await openMessagingSetup(engine)
      await killAt('in-transaction', setup)
      assert.deepEqual(await deliveredBy(setup), [])
    })
  })
}
