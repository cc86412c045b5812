import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { describe, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { BudgetError, createBodyReader } from '../../src/web/rpc/request-body.ts'

const head = (length: number) => `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`

describe('A request body', () => {
  it('is refused when it arrives too slowly, even if bytes arrive often', async () => {
    const bodies = createBodyReader({ budgetBytes: 1e6, graceMs: 100, bytesPerSecond: 1e6, checkEveryMs: 20 })
    const refusals: string[] = []
    await using server = await serve(async (request, response) => {
      await bodies.read(request, 1e6).catch((error: Error) => refusals.push(error.message))
      response.writeHead(400, { connection: 'close' }).end()
    })
    const socket = server.open()
    // The server may close the connection while a byte is under way.
    socket.on('error', () => undefined)
    socket.write(head(1_000_000))
    const drip = setInterval(() => socket.write('x'), 10)
    try {
      await once(socket, 'close')
    } finally {
      clearInterval(drip)
    }
    assert.deepEqual(refusals, ['The request body arrived too slowly.'])
  })

  it('is read whole when it arrives in time', async () => {
    const bodies = createBodyReader({ budgetBytes: 1e6 })
    await using server = await serve(async (request, response) => {
      response.end(String((await bodies.read(request, 1e6)).bytes.length))
    })
    const answer = await fetch(`http://127.0.0.1:${server.port}/`, { method: 'POST', body: 'x'.repeat(100_000) })
    assert.equal(await answer.text(), '100000')
  })

  it('is refused when the client disconnects early', async () => {
    const bodies = createBodyReader({ budgetBytes: 1e6 })
    const refused = Promise.withResolvers<Error>()
    await using server = await serve((request) => bodies.read(request, 1e6).then(() => undefined, refused.resolve))
    const socket = server.open()
    socket.write(`${head(1000)}x`, () => socket.destroy())
    assert.equal((await refused.promise).message, 'The request body ended early.')
  })

  it('is refused when it is the oldest incomplete body and all bodies together take too much memory', async () => {
    const bodies = createBodyReader({ budgetBytes: 140_000 })
    const outcomes: string[] = []
    await using server = await serve(async (request, response) => {
      const outcome = await bodies.read(request, 1e6).then(
        ({ bytes, release }) => {
          release()
          return `${bytes.length} bytes`
        },
        (error: unknown) => (error instanceof BudgetError ? 'refused' : String(error)),
      )
      outcomes.push(outcome)
      response.writeHead(200, { connection: 'close' }).end(outcome)
    })
    const first = server.open()
    first.write(head(80_000) + 'x'.repeat(70_000))
    const second = server.open()
    await once(first, 'connect')
    second.write(head(80_000) + 'x'.repeat(70_000))
    await once(first, 'close')
    assert.deepEqual(outcomes, ['refused'])
    second.write('x'.repeat(10_000))
    await once(second, 'close')
    assert.deepEqual(outcomes, ['refused', '80000 bytes'])
    // Bodies that were refused or released no longer count.
    const answer = await fetch(`http://127.0.0.1:${server.port}/`, { method: 'POST', body: 'x'.repeat(100_000) })
    assert.equal(await answer.text(), '100000 bytes')
  })

  it('is read if it is small, even when large bodies have used up their share of the memory', async () => {
    const bodies = createBodyReader({ budgetBytes: 200_000 })
    // Nothing releases a body here. In a server, a body is kept in this way while a trigger function runs.
    await using server = await serve(async (request, response) => {
      response.end(await bodies.read(request, 1e6).then(({ bytes }) => `${bytes.length} bytes`, String))
    })
    const answerTo = async (length: number) =>
      (await fetch(`http://127.0.0.1:${server.port}/`, { method: 'POST', body: 'x'.repeat(length) })).text()
    assert.equal(await answerTo(100_000), '100000 bytes')
    let answer = ''
    for (let sent = 0; sent < 10 && !answer.includes('BudgetError'); sent++) answer = await answerTo(40_000)
    assert.match(answer, /BudgetError/)
    for (let sent = 0; sent < 10; sent++) assert.equal(await answerTo(4000), '4000 bytes')
  })

  it('is read whole when it arrives in 300,000 chunks of one byte, and takes less than 10 MB of memory', async () => {
    const bodies = createBodyReader({ budgetBytes: 1e6 })
    const length = 300_000
    const almost = Promise.withResolvers<void>()
    const taken = Promise.withResolvers<Buffer | Error>()
    await using server = await serve((request) => {
      void bodies.read(request, 1e6).then(({ bytes }) => taken.resolve(bytes), taken.resolve)
      let arrived = 0
      request.on('data', (piece: Buffer) => {
        arrived += piece.length
        if (arrived === length) almost.resolve()
      })
    })
    const socket = server.open()
    const pieces = Array.from({ length }, (_, at) => `1\r\n${at % 10}\r\n`).join('')
    const before = memoryInUse()
    socket.write(`POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n${pieces}`)
    await almost.promise
    assert.ok(memoryInUse() - before < 10 * 1024 * 1024)
    socket.write('0\r\n\r\n')
    assert.equal((await taken.promise).toString(), '0123456789'.repeat(length / 10))
  })
})

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** The memory that the process uses, in bytes, after a garbage collection. */
function memoryInUse(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

async function serve(listener: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const sockets: Socket[] = []
  return {
    port,
    open() {
      // The client may not see the answer, because it may still be sending when the connection closes.
      const socket = connect(port, '127.0.0.1')
        .on('error', () => undefined)
        .resume()
      sockets.push(socket)
      return socket
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
