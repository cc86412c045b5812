import { constants } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
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
  return createWriter((lines, attempt) => appendToFile(target, lines, attempt))
}

const isUrl = (target: string): boolean => /^https?:/i.test(target)

/** How long a delivery may take. Shorter than the lease of the stream. */
const timeoutMs = 10_000

/** How long a write that has begun may still take when the server stops. */
const closingMs = 1000

/** What a write knows about its delivery. */
type Attempt = {
  /** Whether the delivery has failed meanwhile. Its lines are delivered again, perhaps by another process. */
  isLate: boolean
  /** Aborted when the server stops. */
  readonly signal: AbortSignal
}

/**
 * A destination whose writes cannot be aborted, such as a file on a network disk that hangs. A delivery fails after its deadline, but its
 * write goes on. No other write begins before that one has ended: so at most one batch waits in memory, and one thread.
 */
function createWriter(write: (lines: string, attempt: Attempt) => Promise<void>): StreamDestination {
  let running: Promise<void> | undefined
  return {
    async deliver({ lines }, signal) {
      await endsInTime(running?.catch(() => undefined) ?? Promise.resolve(), signal)
      const attempt: Attempt = { isLate: false, signal }
      const writing = write(lines, attempt).finally(() => {
        running = undefined
      })
      running = writing
      await endsInTime(writing, signal).catch((error) => {
        attempt.isLate = true
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
 * `sync` puts the lines on the disk before the database counts them as delivered.
 */
async function appendToFile(path: string, lines: string, attempt: Attempt): Promise<void> {
  const isPipe = await stat(path).then(
    (found) => found.isFIFO(),
    () => false,
  )
  const file = await open(path, isPipe ? pipeFlags : fileFlags, 0o600)
  try {
    if (isPipe) return await writeToPipe(file, lines, attempt)
    const { size, isRegular } = await statOf(file)
    try {
      await file.appendFile((await endsInsideLine(file, size)) ? `\n${lines}` : lines)
      // A device cannot be synchronized.
      if (isRegular) await file.sync()
    } catch (error) {
      // The lines are delivered again, so a part of them must not stay: it would run into the first line of the next attempt.
      if (isRegular && !attempt.isLate) await file.truncate(size).catch(() => undefined)
      throw error
    }
  } finally {
    await file.close()
  }
}

/** O_RDWR is for reading the last byte. O_NONBLOCK keeps a device from blocking a thread for ever. */
const fileFlags = constants.O_APPEND | constants.O_CREAT | constants.O_RDWR | constants.O_NONBLOCK

/** With these flags the opening of a pipe without a reader fails. O_RDWR would make this process the reader, and lose what it wrote. */
const pipeFlags = constants.O_WRONLY | constants.O_NONBLOCK

/** How soon a pipe that was full is tried again. */
const fullPipePauseMs = 50

/**
 * Writes line by line, because a pipe takes up to 4,096 bytes (PIPE_BUF) as a whole or not at all: so it never ends inside a shorter line.
 * Waits while the pipe is full, until its reader reads or closes it, or the server stops.
 */
async function writeToPipe(file: FileHandle, lines: string, attempt: Attempt): Promise<void> {
  for (const line of lines.split(/(?<=\n)/)) {
    let rest = Buffer.from(line)
    while (rest.length > 0) {
      const written = await file.write(rest).then(({ bytesWritten }) => bytesWritten, zeroIfFull)
      rest = rest.subarray(written)
      if (written > 0) continue
      if (attempt.isLate && attempt.signal.aborted) throw new Error('The pipe is full.')
      await delay(fullPipePauseMs)
    }
  }
}

function zeroIfFull(error: NodeJS.ErrnoException): number {
  if (error.code === 'EAGAIN') return 0
  throw error
}

async function statOf(file: FileHandle): Promise<{ size: number; isRegular: boolean }> {
  const found = await file.stat()
  return { size: found.size, isRegular: found.isFile() }
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
