import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { readBody } from '../../src/web/rpc/request-body.ts'

describe('A body that comes in drips', () => {
  it('is cut off when its time is over, however often something of it comes', async () => {
    const refusals: string[] = []
    await using server = await serve(async (request, response) => {
      await readBody(request, { deadlineMs: 200 }).catch((error: Error) => refusals.push(error.message))
      response.writeHead(400, { connection: 'close' }).end()
    })
    const socket = connect(server.port, '127.0.0.1')
    // The answer itself may get lost to the sender: what is sent after the end meets a closed connection.
    socket.on('error', () => undefined).resume()
    socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n')
    const drip = setInterval(() => socket.write('x'), 10)
    try {
      await new Promise((resolve) => socket.once('close', resolve))
    } finally {
      clearInterval(drip)
      socket.destroy()
    }
    assert.deepEqual(refusals, ['The request body took too long.'])
  })

  it('is none when it is there in time', async () => {
    await using server = await serve(async (request, response) => {
      response.end(String((await readBody(request, { deadlineMs: 5000 })).length))
    })
    const answer = await fetch(`http://127.0.0.1:${server.port}/`, { method: 'POST', body: 'x'.repeat(100_000) })
    assert.equal(await answer.text(), '100000')
  })
})

async function serve(listener: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as { port: number }).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
