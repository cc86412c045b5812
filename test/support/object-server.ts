import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { Credentials, ProductionServer } from './production-server.ts'
import { signedCall } from './signed-call.ts'

/** The answer of AuthorizeRequest as JSON. */
export type Decision = {
  readonly Allowed: boolean
  readonly Reason: string
  readonly Explanation: string
  readonly Principal?: Readonly<Record<string, unknown>>
  readonly PayloadSigned?: boolean
}

/** A small server of objects with the part of S3's protocol that the tests need. It asks Lifeguard about each request. */
export type ObjectServer = {
  readonly url: string
  /** What it asked, and the answers, latest last. */
  readonly decisions: Decision[]
  readonly objects: Map<string, string>
  close(): Promise<void>
}

const actions: Readonly<Record<string, string>> = {
  GET: 's3:GetObject',
  HEAD: 's3:GetObject',
  PUT: 's3:PutObject',
  DELETE: 's3:DeleteObject',
}

/** `key` is the access key of the object server itself. */
export async function startObjectServer(lifeguard: ProductionServer, key: Credentials): Promise<ObjectServer> {
  const objects = new Map<string, string>()
  const decisions: Decision[] = []
  const server = createServer((request, response) => {
    handle(request).then(
      ({ status, body }) => response.writeHead(status, { 'content-type': 'application/xml' }).end(request.method === 'HEAD' ? '' : body),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })

  async function handle(request: IncomingMessage): Promise<{ status: number; body: string }> {
    const body = await buffer(request)
    const { method = '', url = '' } = request
    const { pathname, searchParams } = new URL(url, 'http://localhost')
    const [, bucket = '', ...names] = pathname.split('/').map(decodeURIComponent)
    const name = names.join('/')
    const isList = name === '' && method === 'GET'
    const decision: Decision = await signedCall(lifeguard, key, 'AuthorizeRequest', {
      Method: method,
      Path: url,
      Headers: Object.fromEntries(Object.entries(request.headersDistinct).map(([header, values]) => [header, values?.join(',') ?? ''])),
      PayloadHash: createHash('sha256').update(body).digest('hex'),
      Action: isList ? 's3:ListBucket' : actions[method],
      Resource: isList ? `arn:aws:s3:::${bucket}` : `arn:aws:s3:::${bucket}/${name}`,
      ...(isList && { Context: { 's3:prefix': [searchParams.get('prefix') ?? ''] } }),
    })
    decisions.push(decision)
    if (!decision.Allowed) return { status: 403, body: errorXml(decision.Reason === 'NOT_ALLOWED' ? 'AccessDenied' : decision.Reason) }
    if (isList) return { status: 200, body: listXml(bucket, [...objects.keys()], searchParams.get('prefix') ?? '') }
    if (method === 'PUT') objects.set(`${bucket}/${name}`, body.toString())
    if (method === 'DELETE') objects.delete(`${bucket}/${name}`)
    const found = objects.get(`${bucket}/${name}`)
    if (method === 'GET' && found === undefined) return { status: 404, body: errorXml('NoSuchKey') }
    return { status: 200, body: method === 'GET' ? (found ?? '') : '' }
  }

  await listen(server)
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    decisions,
    objects,
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  }
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => void server.listen(0, '127.0.0.1', resolve))
}

const errorXml = (code: string) => `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`

function listXml(bucket: string, paths: readonly string[], prefix: string): string {
  const names = paths.map((path) => path.slice(bucket.length + 1)).filter((name) => name.startsWith(prefix))
  const contents = names.map((name) => `<Contents><Key>${name.replace(/&/g, '&amp;').replace(/</g, '&lt;')}</Key><Size>1</Size></Contents>`)
  return `<?xml version="1.0"?><ListBucketResult><Name>${bucket}</Name><KeyCount>${names.length}</KeyCount>${contents.join('')}</ListBucketResult>`
}
