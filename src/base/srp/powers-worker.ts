/** The worker thread of powers.ts: takes A, v, u and b, packed by packSharedSecret, and answers S, or a text if it fails. */

import { parentPort } from 'node:worker_threads'
import { sharedSecret, unpackSharedSecret } from './shared-secret.ts'

const port = parentPort
if (port === null) throw new Error('powers-worker runs as a worker thread only.')

port.on('message', (message: Uint8Array) => {
  try {
    // A copy: posting a view of Buffer's shared memory would copy that memory completely.
    port.postMessage(Uint8Array.from(sharedSecret(unpackSharedSecret(message))))
  } catch (error) {
    port.postMessage(error instanceof Error ? error.message : String(error))
  }
})
