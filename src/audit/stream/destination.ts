import { open } from 'node:fs/promises'
import { requestOutbound } from '../../base/outbound-http.ts'
import { webhookHeaders } from '../../base/webhook-signature.ts'

/** Lines of JSON, each ended by a newline. `id` is the same whenever the same lines are delivered again. */
export type StreamBatch = { readonly id: string; readonly lines: string }

/** Where the stream goes. */
export type StreamDestination = {
  /** Resolves when the destination has the lines for good. Rejects when it may not have them; they are delivered again then. */
  deliver(batch: StreamBatch): Promise<void>
}

type Options = {
  /** `stdout`, an `http:` or `https:` URL, or the path of a file. */
  readonly target: string
  /** Signs the requests to a URL. */
  readonly secret: Buffer | undefined
}

export function createStreamDestination({ target, secret }: Options): StreamDestination {
  if (target === 'stdout') return { deliver: ({ lines }) => writeToStdout(lines) }
  if (isUrl(target)) return { deliver: (batch) => post(target, batch, secret) }
  return { deliver: ({ lines }) => appendToFile(target, lines) }
}

const isUrl = (target: string): boolean => /^https?:/i.test(target)

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
async function appendToFile(path: string, lines: string): Promise<void> {
  const file = await open(path, 'a', 0o600)
  try {
    await file.appendFile(lines)
    await file.sync()
  } finally {
    await file.close()
  }
}

const timeoutMs = 10_000

/** The operator set the URL, so its host may be in a private network. */
async function post(url: string, { id, lines }: StreamBatch, secret: Buffer | undefined): Promise<void> {
  const signature = webhookHeaders({ id, body: lines }, secret)
  const headers = { 'content-type': 'application/x-ndjson', 'user-agent': 'lifeguard', 'idempotency-key': id, ...signature }
  const request = { url, method: 'POST', headers, body: lines, timeoutMs, maxResponseBytes: 64 * 1024, allowPrivate: true } as const
  const { status } = await requestOutbound(request)
  if (status < 200 || status > 299) throw new Error(`The endpoint answered with status ${status}.`)
}
