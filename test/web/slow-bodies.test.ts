import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import Fastify from 'fastify'
import { acceptRawBodies } from '../../src/web/raw-body.ts'

describe('A body that comes in drips', () => {
  it('is cut off when its time is over, however often something of it comes', async () => {
    const app = Fastify()
    acceptRawBodies(app, { deadlineMs: 200 })
    const refusals: string[] = []
    app.setErrorHandler((error: Error, _request, reply) => {
      refusals.push(error.message)
      return reply.code(400).send()
    })
    app.post('/', () => 'complete')
    await app.listen({ port: 0, host: '127.0.0.1' })
    const socket = connect((app.server.address() as { port: number }).port, '127.0.0.1')
    // The answer itself may get lost to the sender: what is sent after the end meets a closed connection.
    socket.on('error', () => undefined).resume()
    socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n')
    const drip = setInterval(() => socket.write('x'), 10)
    try {
      await new Promise((resolve) => socket.once('close', resolve))
    } finally {
      clearInterval(drip)
      socket.destroy()
      await app.close()
    }
    assert.deepEqual(refusals, ['The request body took too long.'])
  })

  it('is none when it is there in time', async () => {
    const app = Fastify()
    acceptRawBodies(app, { deadlineMs: 5000 })
    app.post('/', (request) => `${(request.body as Buffer).length}`)
    const answer = await app.inject({ method: 'POST', url: '/', payload: 'x'.repeat(1000) })
    assert.equal(answer.body, '1000')
    await app.close()
  })
})
