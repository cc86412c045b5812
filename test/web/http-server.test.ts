import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { engines } from '../support/engines.ts'
import { useTestServer } from '../support/test-server.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const post = (url: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  fetch(`${url}/`, { method: 'POST', body, headers: { 'content-type': 'application/x-amz-json-1.1', ...headers } })
const listPools = { 'x-amz-target': 'AWSCognitoIdentityProviderService.ListUserPools' }

// None of these tests depends on the database engine, so one engine is enough.
for (const engine of engines.slice(0, 1)) {
  describe('The HTTP server', () => {
    const server = useTestServer(engine)

    it('sends a request id and the security headers with every answer', async () => {
      const { url } = server()
      const ids = new Set<string>()
      const answers = [
        await fetch(`${url}/healthz`),
        await fetch(`${url}/no/such/page?code=1`),
        await fetch(`${url}/`, { method: 'DELETE' }),
        await fetch(`${url}/`, { method: 'OPTIONS' }),
        await post(url, '{'),
        await post(url, '{"MaxResults":1}', listPools),
      ]
      for (const answer of answers) {
        const id = answer.headers.get('x-amzn-requestid') ?? ''
        assert.match(id, uuid)
        ids.add(id)
        assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
        assert.equal(answer.headers.get('cache-control'), 'no-store')
      }
      assert.equal(ids.size, answers.length)
    })

    it('answers an unknown path with 404 in JSON', async () => {
      const answer = await fetch(`${server().url}/no/such/page`)
      assert.equal(answer.status, 404)
      assert.deepEqual(await answer.json(), { message: 'Not found' })
    })

    it('lets pages of other origins call the API, after a preflight request', async () => {
      const { url } = server()
      const wanted = [
        'content-type',
        'x-amz-target',
        'x-amz-user-agent',
        'amz-sdk-invocation-id',
        'amz-sdk-request',
        'cache-control',
        'authorization',
      ]
      const preflight = await fetch(`${url}/`, {
        method: 'OPTIONS',
        headers: { origin: 'http://app.test', 'access-control-request-method': 'POST', 'access-control-request-headers': wanted.join() },
      })
      assert.equal(preflight.status, 204)
      assert.equal(preflight.headers.get('access-control-allow-origin'), '*')
      assert.match(preflight.headers.get('access-control-allow-methods') ?? '', /POST/)
      const allowed = (preflight.headers.get('access-control-allow-headers') ?? '').split(', ')
      for (const name of wanted) assert.ok(allowed.includes(name), name)
      assert.equal(preflight.headers.get('access-control-max-age'), '7200')

      const answer = await post(url, '{"MaxResults":1}', { ...listPools, origin: 'http://localhost:3000' })
      assert.equal(answer.status, 200)
      assert.equal(answer.headers.get('access-control-allow-origin'), '*')
      assert.match(answer.headers.get('access-control-expose-headers') ?? '', /x-amzn-errortype/)
      assert.equal(answer.headers.get('access-control-allow-credentials'), null)
    })

    it('lets pages of other origins read errors, but not the inbox or the metrics', async () => {
      const { url } = server()
      assert.equal((await post(url, '{')).headers.get('access-control-allow-origin'), '*')
      for (const path of ['/inbox/api/messages', '/metrics', '/readyz']) {
        assert.equal((await fetch(url + path)).headers.get('access-control-allow-origin'), null, path)
      }
    })

    it('refuses a body of 10 MB with the limit in the message, and still answers the next request', async () => {
      const { url } = server()
      const answer = await post(url, Buffer.alloc(10_000_000, 0x20), listPools)
      assert.equal(answer.status, 413)
      assert.equal(answer.headers.get('x-amzn-errortype'), 'RequestEntityTooLargeException')
      assert.match(((await answer.json()) as { message: string }).message, /1048576 bytes/)
      assert.equal((await post(url, '{"MaxResults":1}', listPools)).status, 200)
    })

    it('accepts a body just under the limit', async () => {
      const padded = Buffer.concat([Buffer.from('{"MaxResults":1'), Buffer.alloc(1024 * 1024 - 16, 0x20), Buffer.from('}')])
      assert.equal((await post(server().url, padded, listPools)).status, 200)
    })

    it('answers 413 to a body of 100 MB, and closes the connection', async () => {
      const { hostname, port } = new URL(server().url)
      const socket = connect(Number(port), hostname)
      let answer = ''
      socket.setEncoding('utf8').on('data', (text: string) => {
        answer += text
      })
      socket.write(
        `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.1\r\nX-Amz-Target: ${listPools['x-amz-target']}\r\nContent-Length: 100000000\r\n\r\n`,
      )
      const megabyte = Buffer.alloc(1024 * 1024, 0x20)
      for (let sent = 0; sent < 65; sent++) if (!socket.write(megabyte)) await once(socket, 'drain')
      await once(socket, 'end')
      socket.destroy()
      assert.match(answer, /^HTTP\/1\.1 413 .*^connection: close\r$/ims)
    })

    it('accepts a call whose request target is a whole URL, and answers preflight requests', async () => {
      const { url } = server()
      const { hostname, port } = new URL(url)
      const headers = { 'content-type': 'application/x-amz-json-1.1', ...listPools }
      for (const path of [`${url}/`, url, `${url}?from=here`, '/?from=here']) {
        const call = request({ hostname, port, method: 'POST', path, headers }).end('{"MaxResults":1}')
        const [answer] = (await once(call, 'response')) as [IncomingMessage]
        assert.equal(answer.statusCode, 200, path)
        answer.resume()
      }
      const preflight = await fetch(`${url}/`, { method: 'OPTIONS', headers, body: '{}' })
      assert.equal(preflight.status, 204)
      assert.equal(preflight.headers.get('access-control-allow-origin'), '*')
      assert.equal(preflight.headers.get('content-length'), null)
      assert.equal((await fetch(`${url}//`, { method: 'POST', headers, body: '{}' })).status, 404)
    })

    it('refuses API calls that name the host of another server', async () => {
      const { hostname, port } = new URL(server().url)
      for (const method of ['POST', 'OPTIONS']) {
        const call = request({ hostname, port, method, path: '/', headers: { host: 'rebound.example', ...listPools } }).end()
        const [answer] = (await once(call, 'response')) as [IncomingMessage]
        assert.equal(answer.statusCode, 403)
        answer.resume()
      }
    })

    it('survives a client that disconnects in the middle of its body', async () => {
      const { url } = server()
      const { hostname, port } = new URL(url)
      const socket = connect(Number(port), hostname)
      socket.write(
        'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n{',
      )
      await once(socket, 'data')
      socket.destroy()
      assert.equal((await fetch(`${url}/healthz`)).status, 200)
    })

    it('counts requests by operation and outcome, and never by a name that a client made up', async () => {
      const { url } = server()
      await post(url, '{"MaxResults":1}', listPools)
      await post(url, '{"MaxResults":0}', listPools)
      await post(url, '{}', { 'x-amz-target': 'AWSCognitoIdentityProviderService.MadeUp' })
      await fetch(`${url}/made/up/path`)
      const metrics = await (await fetch(`${url}/metrics`)).text()
      assert.match(metrics, /lifeguard_requests_total\{operation="ListUserPools",outcome="ok"\} \d+/)
      assert.match(metrics, /lifeguard_requests_total\{operation="ListUserPools",outcome="InvalidParameterException"\} 1/)
      assert.match(metrics, /lifeguard_request_duration_seconds_bucket\{le="1",operation="ListUserPools"\} \d+/)
      assert.match(metrics, /process_cpu_user_seconds_total \d/)
      assert.doesNotMatch(metrics, /made|MadeUp/i)
    })

    it('refuses a request without a host name', async () => {
      const { hostname, port } = new URL(server().url)
      const socket = connect(Number(port), hostname)
      socket.write('GET /inbox/api/messages HTTP/1.0\r\n\r\n')
      const [answer] = await once(socket, 'data')
      assert.match(String(answer), /^HTTP\/1\.1 403 /)
    })

    it('refuses the inbox to a page that uses DNS rebinding', async () => {
      const [response] = await once(get(`${server().url}/inbox/api/messages`, { headers: { host: 'rebound.example' } }), 'response')
      response.resume()
      assert.equal(response.statusCode, 403)
    })
  })
}
