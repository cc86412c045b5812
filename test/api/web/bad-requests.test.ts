import assert from 'node:assert/strict'
import { Agent, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { operationNames } from '../../../src/contract/model.ts'
import { serviceOperations } from '../../../src/contract/services.ts'
import { operations } from '../../../src/operations.ts'
import { engines } from '../../support/engines.ts'
import { jsonContentType, type RawAnswer, rawCall, rawRequest } from '../../support/raw-call.ts'
import { useTestServer } from '../../support/test-server.ts'

const target = 'AWSCognitoIdentityProviderService.ListUserPools'
const good = JSON.stringify({ MaxResults: 1 })
const requestId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Asserts that every place in which a client may look for the error names `code`. Returns the message of the error. */
function requireError({ status, headers, body }: RawAnswer, code: string, wantedStatus = 400): string {
  assert.deepEqual([status, body['__type'], headers.get('x-amzn-errortype')], [wantedStatus, code, code])
  assert.deepEqual(Object.keys(body), ['__type', 'message'])
  assert.match(headers.get('x-amzn-requestid') ?? '', requestId)
  assert.equal(headers.get('content-type'), jsonContentType)
  const message = body['message']
  assert.ok(typeof message === 'string' && message.length > 0)
  return message
}

// These requests are rejected before the database is used, so one engine is enough.
for (const engine of engines.slice(0, 1)) {
  describe('an invalid request', () => {
    const server = useTestServer(engine)
    const call = (body: string | Uint8Array) => rawCall(server(), 'ListUserPools', body)

    it('is answered with an error in the format of AWS and a unique request id', async () => {
      const answers = await Promise.all([call(good), call(good), call('{'), call('{')])
      for (const { headers } of answers) assert.match(headers.get('x-amzn-requestid') ?? '', requestId)
      assert.equal(new Set(answers.map(({ headers }) => headers.get('x-amzn-requestid'))).size, 4)
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 400, 400],
      )
      assert.equal(answers[0]?.headers.get('x-amzn-errortype'), null)
    })

    it('is rejected when its body is not JSON', async () => {
      const bodies = [
        '{',
        '}',
        '[1,',
        '{},{}',
        'nonsense',
        `${good}x`,
        "{'MaxResults':1}",
        '{"MaxResults":1,}',
        '{"MaxResults":01}',
        '{MaxResults:1}',
      ]
      for (const body of bodies) assert.match(requireError(await call(body), 'SerializationException'), /not valid JSON/, body)
      const latin1 = Buffer.from('{"MaxResults":1,"NextToken":"\xff\xfe"}', 'latin1')
      assert.match(requireError(await call(latin1), 'SerializationException'), /UTF-8/)
      requireError(await call(Buffer.from([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00])), 'SerializationException')
      requireError(await call(Buffer.from([0x1f, 0x8b, 0x08, 0x00])), 'SerializationException')
    })

    it('is rejected when its body is not a JSON object', async () => {
      for (const body of ['null', '[]', '[{}]', '"text"', '42', 'true']) requireError(await call(body), 'SerializationException')
    })

    it('is rejected when its body is nested too deeply', async () => {
      for (const [open, close] of [
        ['[', ']'],
        ['{"a":', '}'],
      ] as const) {
        for (const depth of [65, 5_000, 150_000]) {
          const bomb = open.repeat(depth) + (open === '[' ? '' : '1') + close.repeat(depth)
          const message = requireError(await call(`{"MaxResults":1,"NextToken":${bomb}}`), 'SerializationException')
          assert.match(message, /nested too deeply/)
        }
      }
      assert.equal((await call(`{"MaxResults":1,"Unknown":"${'['.repeat(5_000)}\\"${'{'.repeat(5_000)}"}`)).status, 200)
    })

    it('is treated as an empty object when it has no body', async () => {
      assert.match(requireError(await call(''), 'InvalidParameterException'), /^1 validation error detected: Value null at 'maxResults'/)
    })

    it('is rejected when X-Amz-Target does not name an operation exactly', async () => {
      const body = good
      const wrong = [
        'ListUserPools',
        'AWSCognitoIdentityProviderService.',
        'AWSCognitoIdentityProviderService.listuserpools',
        'awscognitoidentityproviderservice.ListUserPools',
        'AWSCognitoIdentityService.ListUserPools',
        'AWSCognitoIdentityProviderService.__proto__',
        'AWSCognitoIdentityProviderService.RotateSigningKeys',
        'DynamoDB_20120810.ListTables',
        'x'.repeat(8_000),
      ]
      for (const name of wrong) {
        const headers = { 'content-type': jsonContentType, 'x-amz-target': name }
        requireError(await rawRequest(server(), { headers, body }), 'UnknownOperationException')
      }
      requireError(await rawRequest(server(), { headers: { 'content-type': jsonContentType }, body }), 'UnknownOperationException')
    })

    it('is rejected when its content type is not the JSON of this protocol', async () => {
      for (const type of [
        'application/json',
        'text/plain',
        'application/x-www-form-urlencoded',
        'application/x-amz-json-2.0',
        ' ',
        'nonsense',
        'a/b/c',
        ';',
      ]) {
        const headers = { 'content-type': type, 'x-amz-target': target }
        requireError(await rawRequest(server(), { headers, body: good }), 'UnknownOperationException')
      }
      requireError(
        await rawRequest(server(), { headers: { 'x-amz-target': target }, body: Buffer.from(good) }),
        'UnknownOperationException',
      )
      for (const type of ['application/x-amz-json-1.0', 'application/x-amz-json-1.1; charset=utf-8', 'Application/X-Amz-Json-1.1']) {
        const { status } = await rawRequest(server(), { headers: { 'content-type': type, 'x-amz-target': target }, body: good })
        assert.equal(status, 200, type)
      }
    })

    it('is answered UnsupportedOperationException for an operation that is not built yet', async () => {
      const built = new Set<string>(operations.map(({ name }) => name))
      const prefixes = {
        'user-pools': 'AWSCognitoIdentityProviderService',
        'identity-pools': 'AWSCognitoIdentityService',
        lifeguard: 'LifeguardService',
      }
      const missing = serviceOperations.filter(({ name }) => !built.has(name))
      assert.equal(missing.length, operationNames.length - built.size)
      for (const { name, service, wireName } of missing) {
        const message = requireError(await rawCall(server(), `${prefixes[service]}.${wireName}`, {}), 'UnsupportedOperationException')
        assert.ok(message.includes(name), `${name}: ${message}`)
      }
    })

    it('is answered with a 4xx status for other methods and paths than POST /', async () => {
      const found: string[] = []
      for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'POST']) {
        for (const path of ['/', '/nowhere', '/%', '/%00', '/..%2f..%2fetc/passwd', '/?x=1', `/${'a'.repeat(5_000)}`]) {
          // POST / is the API, and GET and HEAD / redirect to the inbox.
          if (['POST', 'GET', 'HEAD'].includes(method) && (path === '/' || path === '/?x=1')) continue
          const { status, headers } = await rawRequest(server(), { method, headers: { 'content-type': jsonContentType } }, path)
          if (status < 400 || status > 499) found.push(`${method} ${path}: ${status}`)
          assert.match(headers.get('x-amzn-requestid') ?? '', requestId, `${method} ${path}`)
        }
      }
      assert.deepEqual(found, [])
    })

    it('is answered 413 when its body is too large, with or without a Content-Length; the connection stays open', async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      const post = (body: Buffer | Buffer[]) =>
        new Promise<{ status: number; text: string }>((resolve, reject) => {
          const headers = { 'content-type': jsonContentType, 'x-amz-target': target }
          const outgoing = request(server().url, { method: 'POST', agent, headers }, async (incoming: IncomingMessage) => {
            const text = Buffer.concat(await incoming.toArray()).toString()
            resolve({ status: incoming.statusCode ?? 0, text })
          })
          outgoing.on('error', reject)
          if (!Array.isArray(body)) return outgoing.end(body)
          for (const chunk of body) outgoing.write(chunk)
          outgoing.end()
        })
      const megabyte = Buffer.alloc(1024 * 1024, 0x20)
      const refusal = { __type: 'RequestEntityTooLargeException', message: 'The request body must not be larger than 1048576 bytes.' }
      for (const body of [Buffer.concat(Array(10).fill(megabyte)), Array<Buffer>(10).fill(megabyte)]) {
        const tooLarge = await post(body)
        assert.deepEqual([tooLarge.status, JSON.parse(tooLarge.text)], [413, refusal])
      }
      const last = await post(Buffer.concat([Buffer.from(good), megabyte.subarray(100)]))
      assert.equal(last.status, 200)
      agent.destroy()
    })

    it('is answered 413 at a lower limit when the operation needs no signature', async () => {
      const message = 'The request body must not be larger than 524288 bytes.'
      const ClientMetadata = { note: 'x'.repeat(130_000), more: 'y'.repeat(130_000), again: 'z'.repeat(130_000), last: 'z'.repeat(140_000) }
      for (const operation of ['SignUp', 'InitiateAuth', 'ForgotPassword', 'UpdateUserAttributes'] as const) {
        const answer = await rawCall(server(), operation, JSON.stringify({ ClientMetadata }))
        assert.equal(requireError(answer, 'RequestEntityTooLargeException', 413), message)
      }
      assert.equal((await call(JSON.stringify({ MaxResults: 1, ClientMetadata }))).status, 200)
      const padded = `{${' '.repeat(145 * 1024)}}`
      for (const operation of ['GetUser', 'RevokeToken', 'ListDevices'] as const) {
        const answer = await rawCall(server(), operation, padded)
        assert.match(requireError(answer, 'RequestEntityTooLargeException', 413), /147456 bytes/)
      }
    })

    it('is cut off when its body never ends', async () => {
      const { hostname, port } = new URL(server().url)
      const socket = connect(Number(port), hostname)
      const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()))
      socket.on('error', () => undefined)
      const head = ['POST / HTTP/1.1', `Host: ${hostname}:${port}`, `Content-Type: ${jsonContentType}`, `X-Amz-Target: ${target}`]
      socket.write(`${head.join('\r\n')}\r\nContent-Length: 100000000000\r\n\r\n`)
      const megabyte = Buffer.alloc(1024 * 1024, 0x20)
      let sent = 0
      const send = () => {
        for (let room = true; room && !socket.destroyed; sent++) room = socket.write(megabyte)
      }
      socket.on('drain', send)
      send()
      await ended
      assert.ok(sent > 60 && sent < 200, `cut off after ${sent} MB`)
      assert.equal((await call(good)).status, 200)
    })

    it('is rejected without effect when it is not HTTP or incomplete', async () => {
      const { hostname, port } = new URL(server().url)
      const exchange = (text: string) =>
        new Promise<string>((resolve) => {
          const socket = connect(Number(port), hostname, () => socket.end(text))
          let received = ''
          socket.on('data', (data) => {
            received += data.toString()
          })
          socket.on('error', () => resolve(received))
          socket.on('close', () => resolve(received))
        })
      const head = `POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: ${target}\r\nContent-Type: ${jsonContentType}\r\n`
      const garbage = [
        '\x16\x03\x01\x02\x00\x01',
        'HELO\r\n\r\n',
        `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      ]
      for (const text of [...garbage, `${head}Content-Length: nine\r\n\r\n`, `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`])
        assert.match(await exchange(text), /^(HTTP\/1\.1 400 |$)/, text)
      assert.doesNotMatch(await exchange(`${head}Content-Length: 50\r\n\r\n{"MaxR`), /^HTTP\/1\.1 [25]/)
      assert.equal((await call(good)).status, 200)
    })
  })
}
