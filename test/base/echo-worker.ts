import { parentPort } from 'node:worker_threads'

/** Answers each message with the same message, except: 255 ends the thread, 254 throws, 253 answers with a text. */
parentPort?.on('message', (message: Uint8Array) => {
  if (message[0] === 255) process.exit(3)
  if (message[0] === 254) throw new Error('broken on request')
  parentPort?.postMessage(message[0] === 253 ? 'refused on request' : message)
})
