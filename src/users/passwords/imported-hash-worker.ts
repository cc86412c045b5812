/** The thread side of imported-hashes.ts: takes a question as JSON, answers one byte, or what went wrong. */

import { parentPort } from 'node:worker_threads'
import { checkImportedHash, type HashQuestion } from './check-imported-hash.ts'

const port = parentPort
if (port === null) throw new Error('imported-hash-worker runs as a worker thread only.')

port.on('message', (message: Uint8Array) => {
  try {
    const question = JSON.parse(Buffer.from(message).toString()) as HashQuestion
    port.postMessage(Uint8Array.of(checkImportedHash(question) ? 1 : 0))
  } catch (error) {
    port.postMessage(error instanceof Error ? error.message : String(error))
  }
})
