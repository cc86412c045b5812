import { createSecrets } from '../../src/base/secrets.ts'
import { queueMessage } from '../../src/messaging/outbox.ts'
import { createOutboxWorker } from '../../src/messaging/outbox-worker.ts'
import { openStorage } from '../../src/storage/open-storage.ts'
import { emailMessage } from '../api/messaging/messaging-setup.ts'

// A process that queues a message, prints a line at the given stage, and waits to be killed.
const [, , url = '', masterKey = '', stage] = process.argv
const { db } = await openStorage({ url })
const secrets = createSecrets(Buffer.from(masterKey, 'hex'))
const now = Date.now()

if (stage === 'in-transaction') {
  await db.transaction().execute(async (tx) => {
    await queueMessage(tx, secrets, { message: emailMessage(), now })
    console.log('queued')
    await new Promise((resolve) => setTimeout(resolve, 60_000))
  })
}
await db.transaction().execute((tx) => queueMessage(tx, secrets, { message: emailMessage(), now }))
if (stage === 'committed') console.log('queued')
else {
  const gateway = {
    deliver: () => {
      console.log('queued')
      return new Promise<void>(() => undefined)
    },
  }
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }
  createOutboxWorker({ db, secrets, clock: { now: () => Date.now() }, logger, gateways: { email: gateway, sms: gateway } }).wake()
}
setTimeout(() => undefined, 60_000)
