import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { describe, it } from 'node:test'
import { isPublicAddress } from '../../src/base/address-guard.ts'
import { checkOutboundUrl, requestOutbound } from '../../src/base/outbound-http.ts'

const limits = { method: 'POST', timeoutMs: 5000, maxResponseBytes: 1000 } as const

async function serve(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

describe('Addresses', () => {
  const refused =
    '0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 192.0.2.1 192.168.0.1 198.18.0.1 198.51.100.7 203.0.113.9 224.0.0.1 240.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:a00:1 ::7f00:1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 fe80::1 fe80::1%eth0 fec0::1 fc00::1 fd00:ec2::254 ff02::1 2001::1 2001:db8::1 2002:7f00:1:: 3fff::1 100::1'
  const allowed =
    '1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.167.1.1 198.20.0.1 223.255.255.255 2606:4700::1111 2001:4860:4860::8888 ::ffff:8.8.8.8 64:ff9b::808:808'

  it('of this machine, private networks and metadata services are not public, in any notation', () => {
    for (const address of refused.split(' ')) assert.equal(isPublicAddress(address), false, address)
  })

  it('of the Internet are public', () => {
    for (const address of allowed.split(' ')) assert.equal(isPublicAddress(address), true, address)
  })
})

describe('Outbound requests', () => {
  it('reject every notation of an address that is not public, without connecting to it', async () => {
    let requests = 0
    await using server = await serve((_request, response) => {
      requests++
      response.end()
    })
    const { port } = server
    const hosts = [
      '127.0.0.1',
      '127.1',
      '2130706433',
      '0x7f000001',
      '0177.0.0.1',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
      '[::]',
      '0',
    ]
    for (const host of hosts) {
      await assert.rejects(requestOutbound({ ...limits, url: `http://${host}:${port}/` }), { failure: 'refused-address' }, host)
    }
    assert.throws(() => checkOutboundUrl('http://169.254.169.254/latest/meta-data'), { failure: 'refused-address' })
    // A name is resolved and checked when the connection is made.
    for (const name of ['localhost', 'LOCALHOST']) {
      await assert.rejects(requestOutbound({ ...limits, url: `http://${name}:${port}/` }), { failure: 'refused-address' }, name)
    }
    assert.equal(requests, 0)
  })

  it('do not reuse a connection to a private address when private addresses are not allowed', async () => {
    await using server = await serve((_request, response) => response.end('ok'))
    const url = `http://localhost:${server.port}/`
    await requestOutbound({ ...limits, url, allowPrivate: true })
    await assert.rejects(requestOutbound({ ...limits, url }), { failure: 'refused-address' })
  })

  it('reject URLs that are not http or https, or that contain credentials', async () => {
    for (const url of ['', 'nonsense', 'file:///etc/passwd', 'ftp://example.test/', 'https://user:secret@example.test/', 'javascript:1']) {
      const refusal = await requestOutbound({ ...limits, url }).catch((error: Error & { failure?: string }) => error)
      assert.ok(refusal instanceof Error && refusal.failure === 'bad-url', url)
      assert.doesNotMatch(refusal.message, /secret|passwd/)
    }
  })

  it('send method, headers and body, and return status, headers and body', async () => {
    await using server = await serve(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString()
      response
        .writeHead(418, { 'x-tea': 'yes' })
        .end(JSON.stringify([request.method, request.headers['x-request'], request.headers['content-length'], body]))
    })
    const answer = await requestOutbound({ ...limits, url: server.url, headers: { 'x-request': '1' }, body: 'tëa', allowPrivate: true })
    assert.equal(answer.status, 418)
    assert.equal(answer.headers['x-tea'], 'yes')
    assert.deepEqual(JSON.parse(answer.body.toString()), ['POST', '1', '4', 'tëa'])
  })

  it('do not follow redirects', async () => {
    let requests = 0
    await using server = await serve((_request, response) => {
      requests++
      response.writeHead(307, { location: '/elsewhere' }).end()
    })
    assert.equal((await requestOutbound({ ...limits, url: server.url, allowPrivate: true })).status, 307)
    assert.equal(requests, 1)
  })

  it('fail when the answer is too long, with or without a content length', async () => {
    await using server = await serve((request, response) => {
      if (request.url === '/stated') response.end('x'.repeat(1001))
      else for (let i = 0; i < 3; i++) response.write('x'.repeat(500))
    })
    for (const path of ['stated', 'unstated']) {
      await assert.rejects(requestOutbound({ ...limits, url: server.url + path, allowPrivate: true }), { failure: 'too-large' })
    }
  })

  it('time out when the server is silent or sends very slowly', async () => {
    const drips: NodeJS.Timeout[] = []
    await using server = await serve((request, response) => {
      if (request.url !== '/drip') return
      drips.push(setInterval(() => response.write('x'), 10))
    })
    for (const path of ['silent', 'drip']) {
      await assert.rejects(requestOutbound({ ...limits, timeoutMs: 100, url: server.url + path, allowPrivate: true }), {
        failure: 'timeout',
      })
    }
    drips.forEach(clearInterval)
  })

  it('fail when the caller aborts them', async () => {
    await using server = await serve(() => controller.abort())
    const controller = new AbortController()
    const { signal } = controller
    await assert.rejects(requestOutbound({ ...limits, url: server.url, allowPrivate: true, signal }), { failure: 'aborted' })
    await assert.rejects(requestOutbound({ ...limits, url: server.url, allowPrivate: true, signal }), { failure: 'aborted' })
  })

  it('report an unreachable server and an invalid answer by an error code, in a message without the URL', async () => {
    const invalidServer = createTcpServer((socket) => void socket.resume().end('no HTTP at all\r\n\r\n')).listen(0, '127.0.0.1')
    await once(invalidServer, 'listening')
    const url = `http://127.0.0.1:${(invalidServer.address() as AddressInfo).port}/token-in-path`
    await assert.rejects(requestOutbound({ ...limits, url, allowPrivate: true }), { failure: 'unreachable', message: /HPE_/ })
    invalidServer.close()
    await once(invalidServer, 'close')
    await assert.rejects(requestOutbound({ ...limits, url, allowPrivate: true }), {
      failure: 'unreachable',
      message: /^[^/]*ECONNREFUSED[^/]*$/,
    })
  })
})
