/** The worker thread of argon2-keys.ts: takes the salt and the password, and answers with the key, or with a text if the computation fails. */

import { argon2Sync } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import { argon2Cost, argon2KeyBytes, argon2SaltBytes } from './argon2-hash.ts'

const port = parentPort
if (port === null) throw new Error('argon2-worker runs as a worker thread only.')

port.on('message', (message: Uint8Array) => {
  try {
    const [nonce, password] = [message.subarray(0, argon2SaltBytes), message.subarray(argon2SaltBytes)]
    port.postMessage(argon2Sync('argon2id', { message: password, nonce, ...argon2Cost, tagLength: argon2KeyBytes }))
  } catch (error) {
    port.postMessage(error instanceof Error ? error.message : String(error))
  }
})
