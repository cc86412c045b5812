import { createHash, createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { type AwsAnswer, type AwsErrorAnswer, createBuckets, createDeliveryStream, createLogGroups } from './local-aws-stores.ts'

export const awsCredentials = { AWS_ACCESS_KEY_ID: 'AKIAOFTHELOGS0000000', AWS_SECRET_ACCESS_KEY: 'secret-of-the-logs' } as const

/** How a service fails: not at all, with an error and a status, or by no answer. */
type Failure = undefined | 'hang' | AwsErrorAnswer

type Call = { readonly name: string; readonly region: string; readonly headers: IncomingHttpHeaders }

export type LocalAwsLogs = AsyncDisposable & {
  readonly url: string
  /** The calls with a valid signature, in their order. */
  readonly calls: readonly Call[]
  /** What requests had a wrong signature, or no valid form. Empty in a good test. */
  readonly invalid: readonly string[]
  /** The messages in each log stream, as `group stream`. The groups exist, the streams do not at first. */
  readonly streams: ReadonlyMap<string, readonly { readonly timestamp: number; readonly message: string }[]>
  /** What the delivery streams took. */
  readonly delivered: readonly string[]
  /** The objects of all buckets by `bucket/key`, without their compression. */
  readonly objects: ReadonlyMap<string, string>
  fail(failure: Failure): void
  /** The next batch for Firehose: only records whose number is in the list fail. */
  failRecords(numbers: readonly number[]): void
  /** The next batch for CloudWatch Logs is accepted, but events before this number are too old. */
  rejectOld(count: number): void
}

/** Speaks the protocols of CloudWatch Logs, Data Firehose and S3 as far as log delivery needs them, and verifies each signature. */
export async function startLocalAwsLogs(groups: readonly string[] = []): Promise<LocalAwsLogs> {
  const calls: Call[] = []
  const invalid: string[] = []
  const stores = { ...createLogGroups(groups), ...createDeliveryStream(), ...createBuckets() }
  let failure: Failure
  const server = createServer(async (request, response) => {
    const body = await buffer(request)
    const signed = verifySignature(request, body)
    if (typeof signed === 'string') invalid.push(signed)
    else calls.push({ name: nameOf(request), region: signed.region, headers: request.headers })
    if (failure === 'hang') return
    const answer = failure ?? answerOf(stores, request, body)
    if ('error' in answer) {
      const text = JSON.stringify({ __type: answer.error, message: 'echo of what was sent' })
      return void response
        .writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': answer.error })
        .end(text)
    }
    const { invalidForm, json } = answer
    if (invalidForm !== undefined) invalid.push(invalidForm)
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(request.method === 'PUT' ? '' : JSON.stringify(json))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    ...stores,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    invalid,
    fail(next) {
      failure = next
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const nameOf = ({ method, url, headers }: IncomingMessage): string =>
  String(headers['x-amz-target'] ?? `${method} ${url?.split('?')[0]}`).replace(/^\w+\./, '')

type Stores = ReturnType<typeof createLogGroups> & ReturnType<typeof createDeliveryStream> & ReturnType<typeof createBuckets>

function answerOf(stores: Stores, request: IncomingMessage, body: Buffer): AwsAnswer {
  const target = request.headers['x-amz-target']
  if (target === 'Logs_20140328.PutLogEvents') return stores.putLogEvents(JSON.parse(body.toString()))
  if (target === 'Logs_20140328.CreateLogStream') return stores.createLogStream(JSON.parse(body.toString()))
  if (target === 'Firehose_20150804.PutRecordBatch') return stores.putRecordBatch(JSON.parse(body.toString()))
  if (request.method === 'PUT') return stores.putObject(request, body)
  return { status: 400, error: 'UnknownOperationException' }
}

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

/** The region of the request, by AWS Signature Version 4; or what is wrong with its signature. */
function verifySignature({ method, url = '/', headers }: IncomingMessage, body: Buffer): { readonly region: string } | string {
  const parts =
    /^AWS4-HMAC-SHA256 Credential=(?<key>[^/]+)\/(?<date>\d{8})\/(?<region>[^/]+)\/(?<service>[^/]+)\/aws4_request, SignedHeaders=(?<names>[^,]+), Signature=(?<signature>\w+)$/.exec(
      headers.authorization ?? '',
    )?.groups
  if (parts === undefined) return 'no signature'
  const { key, date = '', region = '', service = '', names = '', signature } = parts
  if (key !== awsCredentials.AWS_ACCESS_KEY_ID) return 'another access key'
  const payload = String(headers['x-amz-content-sha256'] ?? sha256(body))
  if (payload !== sha256(body)) return 'another hash of the body'
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  searchParams.sort()
  const signedHeaders = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`)
  const canonical = [method, pathname, searchParams.toString(), signedHeaders.join(''), names, payload].join('\n')
  const scope = `${date}/${region}/${service}/aws4_request`
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n')
  const signingKey = [region, service, 'aws4_request'].reduce<Buffer>(
    (derived, part) => hmac(derived, part),
    hmac(`AWS4${awsCredentials.AWS_SECRET_ACCESS_KEY}`, date),
  )
  return hmac(signingKey, text).toString('hex') === signature ? { region } : `a wrong signature of ${service}`
}
