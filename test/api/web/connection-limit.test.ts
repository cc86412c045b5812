import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { startTestServer } from '../../support/test-server.ts'

for (const engine of engines) {
  describe(`--max-connections on ${engine.name}`, () => {
    it('closes a connection beyond the limit, and accepts a new one after another was closed', async () => {
      await using server = await startTestServer(engine, { flags: ['--max-connections', '2'] })
      const { hostname, port } = new URL(server.url)
      const open = async () => {
        const socket = connect(Number(port), hostname).on('error', () => undefined)
        await once(socket, 'connect')
        return socket
      }
      const isServed = async (socket: ReturnType<typeof connect>) => {
        socket.write(`GET /healthz HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`)
        const [answer] = await Promise.race([once(socket, 'data'), once(socket, 'close')])
        return /^HTTP\/1\.1 200 /.test(String(answer))
      }
      const [first, second] = [await open(), await open()]
      assert.deepEqual([await isServed(first), await isServed(second)], [true, true])
      assert.equal(await isServed(await open()), false)

      first.destroy()
      // The server may notice the end of the connection a little later.
      let fourth = await open()
      while (!(await isServed(fourth))) fourth = await open()
      for (const socket of [second, fourth]) socket.destroy()
    })
  })
}
