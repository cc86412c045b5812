import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openListener } from '../../src/web/listener.ts'

describe('A server that is still starting', () => {
  it('answers the liveness check with 200, and all other requests with 503', async () => {
    const listener = await openListener({ host: '127.0.0.1', port: 0, tls: undefined, maxConnections: 10 })
    try {
      const ask = async (path: string, method = 'GET') => {
        const response = await fetch(`http://127.0.0.1:${listener.port}${path}`, { method })
        return { status: response.status, retryAfter: response.headers.get('retry-after'), body: await response.text() }
      }
      const notReady = { status: 503, retryAfter: '1', body: '' }
      assert.deepEqual(await ask('/healthz'), { status: 200, retryAfter: null, body: '{"status":"ok","server":"lifeguard"}' })
      assert.deepEqual(await ask('/healthz?now'), { status: 200, retryAfter: null, body: '{"status":"ok","server":"lifeguard"}' })
      assert.deepEqual(await ask('/healthz', 'HEAD'), { status: 200, retryAfter: null, body: '' })
      assert.deepEqual(await ask('/healthz', 'POST'), notReady)
      assert.deepEqual(await ask('/readyz'), notReady)
      assert.deepEqual(await ask('/', 'POST'), notReady)
    } finally {
      await listener.drain(0)
    }
  })
})
