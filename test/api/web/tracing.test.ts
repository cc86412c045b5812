import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, describe, it } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { SpanKind } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { inRequestSpan } from '../../../src/base/tracing.ts'
import { traceLog, traceShed } from '../../../src/web/request-spans.ts'
import { engines } from '../../support/engines.ts'
import { functionArn, functionFolder } from '../../support/functions.ts'
import { rawCall } from '../../support/raw-call.ts'
import { isFailed, recordSpans } from '../../support/recorded-spans.ts'
import { sendForm } from '../../support/sts.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

const spans = recordSpans()
const newTraceId = () => randomBytes(16).toString('hex')
const callerSpanId = '00f067aa0ba902b7'
const traceparentOf = (traceId: string) => `00-${traceId}-${callerSpanId}-01`

/** An endpoint for trigger functions that return the event, or an error for the user `refused`. Keeps the headers of the last call. */
async function openEndpoint() {
  let last: IncomingHttpHeaders = {}
  const server = createServer(async (request, response) => {
    last = request.headers
    const body = await text(request)
    const isRefused = JSON.parse(body).userName === 'refused'
    response.writeHead(isRefused ? 400 : 200, { 'content-type': 'application/json' })
    response.end(isRefused ? JSON.stringify({ errorMessage: 'not ana@example.test' }) : body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, lastHeaders: () => last }
}

function one(found: readonly ReadableSpan[], name: string): ReadableSpan {
  const named = found.filter((span) => span.name === name)
  const [span] = named
  assert.ok(span !== undefined && named.length === 1, `${name}: ${found.map((each) => each.name).join(', ')}`)
  return span
}

const idOf = (span: ReadableSpan) => span.spanContext().spanId
const parentOf = (span: ReadableSpan) => span.parentSpanContext?.spanId

for (const engine of engines) {
  describe(`Tracing on ${engine.name}`, async () => {
    const endpoint = await openEndpoint()
    const file = functionFolder().write('functions.json', { '*': { url: endpoint.url } })
    const server = useTestServer(engine, { flags: ['--functions-file', file] })
    const system = engine.name === 'postgres' ? 'postgresql' : 'sqlite'

    const givenPool = () =>
      server().givenPool({ pool: { LambdaConfig: { PreSignUp: functionArn('check') }, AutoVerifiedAttributes: ['email'] } })

    async function signUp(clientId: string, username: string, headers: Readonly<Record<string, string>> = {}) {
      const UserAttributes = [{ Name: 'email', Value: `${username}@example.test` }]
      return rawCall(server(), 'SignUp', { ClientId: clientId, Username: username, Password: 'Correct-Horse-1', UserAttributes }, headers)
    }

    it('names the action of a call of the STS, which the body of the request says', async () => {
      const traceId = newTraceId()
      const form = 'Action=GetCallerIdentity&Version=2011-06-15'
      assert.equal((await sendForm(server(), form, { traceparent: traceparentOf(traceId) })).status, 403)
      assert.deepEqual(one(spans.all(traceId), 'GetCallerIdentity').attributes, {
        'http.request.method': 'POST',
        'http.response.status_code': 403,
        'http.route': '/',
        'rpc.method': 'AWSSecurityTokenServiceV20110615/GetCallerIdentity',
        'rpc.status_code': 'MissingAuthenticationToken',
        'rpc.system.name': 'aws-api',
        'url.path': '/',
        'url.scheme': 'http',
      })
    })

    it('records request, trigger, database and message in the trace of the caller', async () => {
      const { poolId, clientId } = await givenPool()
      const traceId = newTraceId()
      assert.equal((await signUp(clientId, 'ana', { traceparent: traceparentOf(traceId) })).status, 200)

      const found = spans.all(traceId)
      const request = one(found, 'SignUp')
      assert.equal(request.kind, SpanKind.SERVER)
      assert.equal(parentOf(request), callerSpanId)
      assert.deepEqual(request.attributes, {
        'http.request.method': 'POST',
        'http.response.status_code': 200,
        'http.route': '/',
        'lifeguard.app_client.id': clientId,
        'lifeguard.user_pool.id': poolId,
        'rpc.method': 'AWSCognitoIdentityProviderService/SignUp',
        'rpc.status_code': 'OK',
        'rpc.system.name': 'aws-api',
        'url.path': '/',
        'url.scheme': 'http',
      })
      const trigger = one(found, 'PreSignUp')
      assert.deepEqual([trigger.kind, parentOf(trigger)], [SpanKind.CLIENT, idOf(request)])
      assert.deepEqual(trigger.attributes, {
        'lifeguard.app_client.id': clientId,
        'lifeguard.outcome': 'succeeded',
        'lifeguard.trigger.attempts': 1,
        'lifeguard.trigger.name': 'PreSignUp',
        'lifeguard.user_pool.id': poolId,
      })
      const [transaction] = found.filter((span) => span.name === 'transaction')
      assert.deepEqual([transaction?.kind, transaction && parentOf(transaction)], [SpanKind.CLIENT, idOf(request)])
      assert.equal(transaction?.attributes['db.system.name'], system)
      assert.equal(transaction?.attributes['lifeguard.outcome'], 'commit')
      const lookup = one(found, 'SELECT user_pool')
      assert.deepEqual([lookup.kind, parentOf(lookup)], [SpanKind.CLIENT, idOf(request)])
      assert.deepEqual(lookup.attributes, {
        'db.collection.name': 'user_pool',
        'db.operation.name': 'SELECT',
        'db.query.summary': 'SELECT user_pool',
        'db.system.name': system,
      })

      const queueing = one(found, 'queue email')
      assert.deepEqual([queueing.kind, parentOf(queueing)], [SpanKind.PRODUCER, idOf(request)])
      assert.deepEqual(found.filter(isFailed), [])
    })

    it('passes the trace on to the function behind an HTTP trigger, and neither baggage nor tracestate', async () => {
      const { clientId } = await givenPool()
      const traceId = newTraceId()
      await signUp(clientId, 'ana', { traceparent: traceparentOf(traceId), baggage: 'key=value', tracestate: 'key=value' })
      const trigger = one(spans.all(traceId), 'PreSignUp')
      assert.equal(endpoint.lastHeaders()['traceparent'], `00-${traceId}-${idOf(trigger)}-01`)
      assert.equal(endpoint.lastHeaders()['baggage'], undefined)
      assert.equal(endpoint.lastHeaders()['tracestate'], undefined)
    })

    it('begins a trace for each delivery attempt, with a link to the request that queued the message', async () => {
      const { poolId, clientId } = await givenPool()
      const traceId = newTraceId()
      await signUp(clientId, 'ana', { traceparent: traceparentOf(traceId) })
      const queueing = one(spans.all(traceId), 'queue email')
      const delivery = await spans.waitFor((span) => span.links[0]?.context.traceId === traceId)
      assert.deepEqual([delivery.name, delivery.kind, parentOf(delivery)], ['deliver email', SpanKind.CONSUMER, undefined])
      assert.equal(delivery.links[0]?.context.spanId, idOf(queueing))
      assert.notEqual(delivery.spanContext().traceId, traceId)
      assert.deepEqual(delivery.attributes, {
        'lifeguard.message.channel': 'email',
        'lifeguard.message.gateway': 'inbox',
        'lifeguard.outcome': 'sent',
        'lifeguard.user_pool.id': poolId,
      })
    })

    it('does not count an error of the caller as a failure of the request, but names it', async () => {
      const { clientId } = await givenPool()
      const traceId = newTraceId()
      const { status } = await signUp(clientId, 'refused', { traceparent: traceparentOf(traceId) })
      assert.equal(status, 400)
      const request = one(spans.all(traceId), 'SignUp')
      assert.equal(isFailed(request), false)
      assert.equal(request.attributes['rpc.status_code'], 'UserLambdaValidationException')
      const trigger = one(spans.all(traceId), 'PreSignUp')
      assert.deepEqual([isFailed(trigger), trigger.attributes['error.type']], [true, 'UserLambdaValidationException'])
      assert.equal(trigger.attributes['lifeguard.outcome'], 'failed')
    })

    it('begins a new trace when traceparent is malformed', async () => {
      const { clientId } = await givenPool()
      for (const malformed of ['nonsense', `00-${'0'.repeat(32)}-${callerSpanId}-01`, `ff-${newTraceId()}-${callerSpanId}-01`, '']) {
        const before = new Set(spans.all())
        assert.equal((await signUp(clientId, `user-${randomBytes(4).toString('hex')}`, { traceparent: malformed })).status, 200)
        const request = one(
          spans.all().filter((span) => !before.has(span)),
          'SignUp',
        )
        assert.equal(parentOf(request), undefined)
      }
    })

    it('names the span of a route by its method and its pattern', async () => {
      const { poolId } = await givenPool()
      const [known, unknown] = [newTraceId(), newTraceId()]
      await fetch(`${server().url}/${poolId}/.well-known/jwks.json`, { headers: { traceparent: traceparentOf(known) } })
      await fetch(`${server().url}/ana@example.test?code=123456`, { headers: { traceparent: traceparentOf(unknown) } })
      const { name, attributes } = await spans.waitFor((span) => span.spanContext().traceId === known && span.kind === SpanKind.SERVER)
      assert.equal(name, `GET ${attributes['http.route']}`)
      assert.match(String(attributes['http.route']), /^\/:\w+\/\.well-known\/jwks\.json$/)
      const other = await spans.waitFor((span) => span.spanContext().traceId === unknown)
      assert.deepEqual([other.name, other.attributes['http.route'], other.attributes['http.response.status_code']], ['GET', undefined, 404])
    })

    it('ends the span of an API call whose client goes away before its body is complete', async () => {
      const traceId = newTraceId()
      const socket = connect(Number(new URL(server().url).port), '127.0.0.1')
      const target = 'X-Amz-Target: AWSCognitoIdentityProviderService.SignUp'
      const head = ['POST / HTTP/1.1', 'Host: localhost', 'Content-Type: application/x-amz-json-1.1', target, 'Content-Length: 100']
      socket.write([...head, `traceparent: ${traceparentOf(traceId)}`, '', '{'].join('\r\n'))
      await setTimeout(100)
      socket.destroy()
      const request = await spans.waitFor((span) => span.spanContext().traceId === traceId && span.kind === SpanKind.SERVER)
      assert.deepEqual([request.name, request.attributes['rpc.status_code']], ['SignUp', 'SerializationException'])
    })

    it('makes no trace of statements that no request runs', async () => {
      await server().restart()
      const isDatabase = ({ attributes }: ReadableSpan) => 'db.system.name' in attributes
      assert.ok(spans.all().some(isDatabase))
      assert.deepEqual(
        spans.all().filter((span) => isDatabase(span) && parentOf(span) === undefined),
        [],
      )
    })

    it('keeps names, addresses, codes, passwords, tokens and texts of errors out of all spans', async () => {
      const secrets = await signInAndCollectSecrets(server(), await givenPool(), signUp)
      assert.ok(secrets.length >= 8)
      const recorded = spans.all().map(({ name, attributes, events, links, status }) => {
        return JSON.stringify({ name, attributes, events, links: links.map((link) => link.attributes), status })
      })
      for (const secret of [...secrets, 'not ana', '127.0.0.1', 'localhost', 'select ', '$1']) {
        assert.deepEqual(
          recorded.filter((span) => span.includes(secret)),
          [],
          secret,
        )
      }
    })
  })
}

type SignUp = (clientId: string, username: string) => ReturnType<typeof rawCall>

/** Signs a user up and in, with failures in between. Returns what no span may hold. */
async function signInAndCollectSecrets(server: TestServer, { clientId, poolId }: { clientId: string; poolId: string }, signUp: SignUp) {
  const username = 'secret-user'
  const { body } = await signUp(clientId, username)
  await signUp(clientId, username)
  await spans.waitFor((span) => span.name === 'deliver email' && span.attributes['lifeguard.user_pool.id'] === poolId)
  const [message] = await server.inbox(`${username}@example.test`)
  const ConfirmationCode = message?.code ?? ''
  await rawCall(server, 'ConfirmSignUp', { ClientId: clientId, Username: username, ConfirmationCode: '000000' })
  assert.equal((await rawCall(server, 'ConfirmSignUp', { ClientId: clientId, Username: username, ConfirmationCode })).status, 200)
  const signIn = (PASSWORD: string) =>
    rawCall(server, 'InitiateAuth', {
      ClientId: clientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: username, PASSWORD },
    })
  await signIn('Wrong-Horse-1')
  const tokens = (await signIn('Correct-Horse-1')).body['AuthenticationResult'] as Record<string, string>
  const AccessToken = tokens['AccessToken'] ?? ''
  await rawCall(server, 'GetUser', { AccessToken })
  await rawCall(server, 'AdminGetUser', { UserPoolId: poolId, Username: username })
  const hidden = [
    username,
    'example.test',
    ConfirmationCode,
    'Horse-1',
    body['UserSub'],
    AccessToken,
    tokens['IdToken'],
    tokens['RefreshToken'],
  ]
  return hidden.map(String).filter((secret) => secret.length > 5)
}

describe('The span of a request', () => {
  it('is failed when the server is to blame for the error', () => {
    const traceId = newTraceId()
    inRequestSpan({ traceparent: traceparentOf(traceId) }, { name: 'GetUser', attributes: {} }, () => {
      const logFields = { operation: 'GetUser' }
      traceLog(() => undefined)({ id: 'id', logFields, status: 500, outcome: 'InternalErrorException', milliseconds: 1 })
    })
    const request = one(spans.all(traceId), 'GetUser')
    assert.deepEqual([isFailed(request), request.attributes['error.type']], [true, 'InternalErrorException'])
    assert.equal(request.status.message, undefined)
  })

  it('ends when the server refuses the request because it is overloaded, also after the client has gone away', () => {
    const traceId = newTraceId()
    let refused = 0
    inRequestSpan({ traceparent: traceparentOf(traceId) }, { name: 'GetUser', attributes: {} }, () => traceShed(() => void refused++)())
    const request = one(spans.all(traceId), 'GetUser')
    assert.deepEqual([refused, isFailed(request), request.attributes['http.response.status_code']], [1, true, 503])
  })
})
