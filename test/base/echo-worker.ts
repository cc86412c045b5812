import { parentPort } from 'node:worker_threads'

/**
 * Sends each message back unchanged. The first byte can ask for something else: 255 ends the thread, 254 makes it throw, and 253 makes it
 * answer with a text.
 */
parentPort?.on('message', (message: Uint8Array) => {
  if (message[0] === 255) process.exit(3)
  if (message[0] === 254) throw new Error('broken on request')
  parentPort?.postMessage(message[0] === 253 ? 'refused on request' : message)
})
