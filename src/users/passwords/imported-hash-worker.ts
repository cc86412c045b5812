/**
 * The worker thread of imported-hashes.ts: takes a HashCheck as JSON, and answers with one byte, or with a text if the check fails with an
 * error.
 */

import { parentPort } from 'node:worker_threads'
import { checkImportedHash, type HashCheck } from './check-imported-hash.ts'

const port = parentPort
if (port === null) throw new Error('imported-hash-worker runs as a worker thread only.')

port.on('message', (message: Uint8Array) => {
  try {
    const check = JSON.parse(Buffer.from(message).toString()) as HashCheck
    port.postMessage(Uint8Array.of(checkImportedHash(check) ? 1 : 0))
  } catch (error) {
    port.postMessage(error instanceof Error ? error.message : String(error))
  }
})
