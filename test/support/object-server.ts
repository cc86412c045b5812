import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { Credentials, ProductionServer } from './production-server.ts'
import { signedCall } from './signed-call.ts'

/** The answer of AuthorizeRequest. */
export type Decision = {
  readonly Allowed: boolean
  readonly Reason: string
  readonly Message: string
  readonly PayloadSigned: boolean
  readonly Principal?: Readonly<Record<string, unknown>>
  readonly ExpiresAt?: number
}

export type ObjectServer = AsyncDisposable & {
  readonly url: string
  /** The answers of AuthorizeRequest, the latest one last. */
  readonly decisions: readonly Decision[]
  /** Changes requests before Lifeguard is asked, as an attacker on the way would. */
  tamper: ((request: AskedRequest) => AskedRequest) | undefined
}

type AskedRequest = { readonly Method: string; readonly Path: string; readonly Headers: Record<string, string[]>; readonly body: Buffer }

type Target = { readonly action: string; readonly resource: string; readonly key: string; readonly prefix: string | undefined }

/**
 * A small object server that speaks S3's protocol with path-style addresses: it puts, gets, deletes and lists the objects of any bucket, which
 * it holds in memory. It asks Lifeguard about each request, with an access key of its own.
 */
export async function startObjectServer(lifeguard: ProductionServer, ownKey: Credentials): Promise<ObjectServer> {
  const objects = new Map<string, Buffer>()
  const decisions: Decision[] = []
  const state: { tamper: ObjectServer['tamper'] } = { tamper: undefined }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const received = {
      Method: request.method ?? '',
      Path: request.url ?? '',
      Headers: request.headersDistinct as Record<string, string[]>,
      body: await buffer(request),
    }
    const { body, ...asked } = state.tamper?.(received) ?? received
    const target = targetOf(asked.Method, asked.Path)
    const decision: Decision = await signedCall(lifeguard, ownKey, 'AuthorizeRequest', {
      ...asked,
      PayloadHash: createHash('sha256').update(body).digest('hex'),
      Service: 's3',
      Action: target.action,
      Resource: target.resource,
      Context: { 'aws:SourceIp': ['192.0.2.1'], ...(target.prefix !== undefined && { 's3:prefix': [target.prefix] }) },
    })
    decisions.push(decision)
    if (!decision.Allowed) return refuse(response, decision)
    serve(objects, asked.Method, target, body, response)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    decisions,
    get tamper() {
      return state.tamper
    },
    set tamper(change) {
      state.tamper = change
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function targetOf(method: string, url: string): Target {
  const [path = '', query = ''] = url.split(/\?(.*)/s)
  const [, bucket = '', ...rest] = path.split('/')
  const key = decodeURIComponent(rest.join('/'))
  const arn = `arn:aws:s3:::${bucket}`
  if (key === '') {
    return { action: 's3:ListBucket', resource: arn, key: `${bucket}/`, prefix: new URLSearchParams(query).get('prefix') ?? '' }
  }
  const action = { PUT: 's3:PutObject', DELETE: 's3:DeleteObject' }[method] ?? 's3:GetObject'
  return { action, resource: `${arn}/${key}`, key: `${bucket}/${key}`, prefix: undefined }
}

function serve(
  objects: Map<string, Buffer>,
  method: string,
  { action, key, prefix }: Target,
  body: Buffer,
  response: ServerResponse,
): void {
  if (action === 's3:ListBucket') {
    const found = [...objects.keys()].filter((name) => name.startsWith(`${key}${prefix}`)).map((name) => name.slice(key.length))
    const contents = found.map((name) => `<Contents><Key>${escapeXml(name)}</Key></Contents>`).join('')
    response.writeHead(200, { 'content-type': 'application/xml' }).end(`<ListBucketResult>${contents}</ListBucketResult>`)
  } else if (method === 'PUT') {
    objects.set(key, body)
    response.writeHead(200).end()
  } else if (method === 'DELETE') {
    objects.delete(key)
    response.writeHead(204).end()
  } else {
    const object = objects.get(key)
    if (object === undefined) writeError(response, 404, 'NoSuchKey', 'The specified key does not exist.')
    else response.writeHead(200, { 'content-length': object.length }).end(object)
  }
}

function refuse(response: ServerResponse, { Reason, Message }: Decision): void {
  const isDenied = Reason === 'not-allowed' || Reason === 'explicit-deny'
  writeError(response, 403, isDenied ? 'AccessDenied' : Reason, Message)
}

function writeError(response: ServerResponse, status: number, code: string, message: string): void {
  const xml = `<Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>`
  response.writeHead(status, { 'content-type': 'application/xml' }).end(xml)
}

const escapeXml = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
