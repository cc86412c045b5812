import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** How the server fails: it refuses every request, or those that read; or it keeps other bytes than it got. */
export type S3Failure = 'refuse' | 'refuse-reads' | 'damage' | undefined

export type LocalS3 = AsyncDisposable & {
  readonly url: string
  /** The objects of all buckets, by `bucket/key`. */
  readonly objects: ReadonlyMap<string, Buffer>
  /** How many parts the uploads had that are complete. */
  readonly partCounts: readonly number[]
  /** How many uploads are neither complete nor aborted. */
  openUploads(): number
  fail(failure: S3Failure): void
  /** Runs work before the next object is read. */
  beforeNextRead(work: () => Promise<void>): void
}

/** What the server holds. */
class Store {
  readonly objects = new Map<string, Buffer>()
  readonly uploads = new Map<string, Map<number, Buffer>>()
  readonly partCounts: number[] = []
  failure: S3Failure
  beforeRead: (() => Promise<void>) | undefined

  put(name: string, body: Buffer): void {
    this.objects.set(name, this.failure === 'damage' ? Buffer.concat([body.subarray(0, -1), Buffer.from('x')]) : body)
  }
}

async function answer(store: Store, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { objects, uploads, partCounts } = store
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  const name = decodeURIComponent(pathname.slice(1))
  const body = unchunked(await buffer(request), request)
  const uploadId = searchParams.get('uploadId')
  const parts = uploadId === null ? undefined : uploads.get(uploadId)
  if (store.failure === 'refuse') return sendError(response, 403, 'AccessDenied')
  if (request.method === 'POST' && searchParams.has('uploads')) {
    const id = randomUUID()
    uploads.set(id, new Map())
    return sendXml(response, `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`)
  }
  if (uploadId !== null && parts === undefined) return sendError(response, 404, 'NoSuchUpload')
  if (request.method === 'PUT' && parts !== undefined) {
    parts.set(Number(searchParams.get('partNumber')), body)
    return void response.writeHead(200, { etag: etagOf(body) }).end()
  }
  if (request.method === 'POST' && parts !== undefined) {
    uploads.delete(uploadId ?? '')
    partCounts.push(parts.size)
    store.put(name, Buffer.concat([...parts].sort(([a], [b]) => a - b).map(([, part]) => part)))
    return sendXml(response, '<CompleteMultipartUploadResult><ETag>"whole"</ETag></CompleteMultipartUploadResult>')
  }
  if (request.method === 'DELETE') {
    if (parts === undefined) objects.delete(name)
    else uploads.delete(uploadId ?? '')
    return void response.writeHead(204).end()
  }
  if (request.method === 'PUT') {
    store.put(name, body)
    return void response.writeHead(200, { etag: etagOf(body) }).end()
  }
  const { beforeRead } = store
  store.beforeRead = undefined
  await beforeRead?.()
  if (store.failure === 'refuse-reads') return sendError(response, 403, 'AccessDenied')
  const object = objects.get(name)
  if (object === undefined) return sendError(response, 404, 'NoSuchKey')
  response.writeHead(200, { 'content-length': object.length }).end(object)
}

/** A server with the part of S3's API that uploads need: objects by path, uploads in parts, ranges are not needed. */
export async function startLocalS3(): Promise<LocalS3> {
  const store = new Store()
  const server = createServer((request, response) => {
    answer(store, request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects: store.objects,
    partCounts: store.partCounts,
    openUploads: () => store.uploads.size,
    fail(next) {
      store.failure = next
    },
    beforeNextRead(work) {
      store.beforeRead = work
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The body without the framing of `aws-chunked`, in which the SDK sends checksums behind the bytes. */
function unchunked(body: Buffer, { headers }: IncomingMessage): Buffer {
  if (!String(headers['content-encoding'] ?? '').includes('aws-chunked')) return body
  const pieces: Buffer[] = []
  for (let at = 0; ; ) {
    const end = body.indexOf('\r\n', at)
    const length = Number.parseInt(body.subarray(at, end).toString('latin1'), 16)
    if (!(length > 0)) return Buffer.concat(pieces)
    pieces.push(body.subarray(end + 2, end + 2 + length))
    at = end + 2 + length + 2
  }
}

const etagOf = (body: Buffer) => `"${createHash('md5').update(body).digest('hex')}"`

function sendXml(response: ServerResponse, xml: string): void {
  response.writeHead(200, { 'content-type': 'application/xml' }).end(`<?xml version="1.0"?>${xml}`)
}

function sendError(response: ServerResponse, status: number, code: string): void {
  response
    .writeHead(status, { 'content-type': 'application/xml' })
    .end(`<Error><Code>${code}</Code><Message>echo of what was sent</Message></Error>`)
}
