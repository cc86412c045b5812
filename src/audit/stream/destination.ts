import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { requestOutbound } from '../../base/outbound-http.ts'
import { webhookHeaders } from '../../base/webhook-signature.ts'

/** Lines of JSON, each ended by a newline. `id` is the same whenever the same lines are delivered again. */
export type StreamBatch = { readonly id: string; readonly lines: string }

/** Where the stream goes. */
export type StreamDestination = {
  /** Resolves when the destination has the lines for good. Rejects when it may not have them; they are delivered again then. */
  deliver(batch: StreamBatch, signal: AbortSignal): Promise<void>
}

type Options = {
  /** `stdout`, an `http:` or `https:` URL, or the path of a file. */
  readonly target: string
  /** Signs the requests to a URL. */
  readonly secret: Buffer | undefined
}

export function createStreamDestination({ target, secret }: Options): StreamDestination {
  if (target === 'stdout') return createWriter(writeToStdout)
  if (isUrl(target)) return { deliver: (batch, signal) => post(target, batch, secret, signal) }
  return createWriter((lines, isLate) => appendToFile(target, lines, isLate))
}

const isUrl = (target: string): boolean => /^https?:/i.test(target)

/** How long a delivery may take. Shorter than the lease of the stream. */
const timeoutMs = 10_000

/** How long a write that has begun may still take when the server stops. */
const closingMs = 1000

/**
 * A destination whose writes cannot be aborted, such as a file on a network disk that hangs. A delivery fails after its deadline, but its
 * write goes on. No other write begins before that one has ended: so at most one batch waits in memory, and one thread.
 */
function createWriter(write: (lines: string, isLate: () => boolean) => Promise<void>): StreamDestination {
  let running: Promise<void> | undefined
  return {
    async deliver({ lines }, signal) {
      await endsInTime(running?.catch(() => undefined) ?? Promise.resolve(), signal)
      let isLate = false
      const writing = write(lines, () => isLate).finally(() => {
        running = undefined
      })
      running = writing
      await endsInTime(writing, signal).catch((error) => {
        isLate = true
        throw error
      })
    },
  }
}

/** @throws Error when the write takes longer than its deadline, or than `closingMs` once `signal` is aborted */
async function endsInTime(write: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>()
  const failAfter = (ms: number) => setTimeout(() => reject(new Error('The write has not ended in time.')), ms)
  const timers = [failAfter(timeoutMs)]
  const hurry = () => timers.push(failAfter(closingMs))
  if (signal.aborted) hurry()
  signal.addEventListener('abort', hurry)
  try {
    await Promise.race([write, tooLate])
  } finally {
    signal.removeEventListener('abort', hurry)
    for (const timer of timers) clearTimeout(timer)
  }
}

/** Another program may read standard output slowly, so this waits until the lines are written. */
function writeToStdout(lines: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(lines, (error) => (error ? reject(error) : resolve()))
  })
}

/**
 * Opens the file for each batch, so that it may be rotated at any moment. Only the owner may read a new file: the records name people.
 * `sync` puts the lines on the disk before the database counts them as delivered. `isLate` says whether the delivery has failed meanwhile:
 * then another process may have written to the file.
 */
async function appendToFile(path: string, lines: string, isLate: () => boolean): Promise<void> {
  const file = await open(path, appendFlags, 0o600)
  try {
    const { size, isRegular } = await statOf(file)
    try {
      await file.appendFile((await endsInsideLine(file, size)) ? `\n${lines}` : lines)
      // A pipe cannot be synchronized.
      if (isRegular) await file.sync()
    } catch (error) {
      // The lines are delivered again, so a part of them must not stay: it would run into the first line of the next attempt.
      if (isRegular && !isLate()) await file.truncate(size).catch(() => undefined)
      throw error
    }
  } finally {
    await file.close()
  }
}

/** The opening of a pipe without a reader blocks a thread for ever. O_NONBLOCK prevents that. O_RDWR is for reading the last byte. */
const appendFlags = constants.O_APPEND | constants.O_CREAT | constants.O_RDWR | constants.O_NONBLOCK

async function statOf(file: FileHandle): Promise<{ size: number; isRegular: boolean }> {
  const stat = await file.stat()
  return { size: stat.size, isRegular: stat.isFile() }
}

/** Whether a process died in the middle of a line. */
async function endsInsideLine(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return false
  const { buffer, bytesRead } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return bytesRead === 1 && buffer[0] !== 0x0a
}

/** The operator set the URL, so its host may be in a private network. */
async function post(url: string, { id, lines }: StreamBatch, secret: Buffer | undefined, signal: AbortSignal): Promise<void> {
  const signature = webhookHeaders({ id, body: lines }, secret)
  const headers = { 'content-type': 'application/x-ndjson', 'user-agent': 'lifeguard', 'idempotency-key': id, ...signature }
  const request = { url, method: 'POST', headers, body: lines, timeoutMs, maxResponseBytes: 64 * 1024, allowPrivate: true, signal } as const
  const { status } = await requestOutbound(request)
  if (status < 200 || status > 299) throw new Error(`The endpoint answered with status ${status}.`)
}
