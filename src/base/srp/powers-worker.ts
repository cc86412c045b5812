/** The thread side of powers.ts: takes A, v, u and b packed by packSharedSecret, answers S or what went wrong. */

import { parentPort } from 'node:worker_threads'
import { sharedSecret, unpackSharedSecret } from './shared-secret.ts'

const port = parentPort
if (port === null) throw new Error('powers-worker runs as a worker thread only.')

port.on('message', (message: Uint8Array) => {
  try {
    // A copy: a Buffer may lie in a pool, and a posted view takes its whole pool along.
    port.postMessage(Uint8Array.from(sharedSecret(unpackSharedSecret(message))))
  } catch (error) {
    port.postMessage(error instanceof Error ? error.message : String(error))
  }
})
