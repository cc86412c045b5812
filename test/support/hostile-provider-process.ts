import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

// An OpenID provider that answers whatever the test wants, in a process of its own. The parent sets the answers by IPC.

export type HostileAnswer = {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** `body` is sent so many times in a row. */
  readonly times?: number
  /** `hang` never answers. `drip` sends one byte after another, without end. `reset` ends the connection. */
  readonly manner?: 'hang' | 'drip' | 'reset'
}

export type HostileRequest = { readonly method: string; readonly path: string; readonly authorization: string; readonly body: string }

type Message = { readonly answers?: Readonly<Record<string, HostileAnswer>>; readonly takeRequests?: true }

let answers: Readonly<Record<string, HostileAnswer>> = {}
let requests: HostileRequest[] = []

const server = createServer((request, response) => {
  response.on('error', () => undefined)
  void answer(request, response)
})

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path = ''] = (request.url ?? '').split('?')
  const { method = '', headers } = request
  const { authorization = '' } = headers
  const form = await text(request)
  requests.push({ method, path, authorization, body: form })
  // Where several users come at once, the test has an answer for each code or access token.
  const own = answers[`${path} ${new URLSearchParams(form).get('code') ?? authorization}`]
  const { status = 200, headers: more = {}, body = '', times = 1, manner } = own ?? answers[path] ?? { status: 404 }
  if (manner === 'hang') return
  if (manner === 'reset') return void request.socket.destroy()
  response.writeHead(status, { 'content-type': 'application/json', ...more })
  if (manner !== 'drip') return void response.end(body.repeat(times))
  const timer = setInterval(() => response.write(' '), 100)
  response.on('close', () => clearInterval(timer))
}

server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  process.on('message', (message: Message) => {
    if (message.answers !== undefined) answers = message.answers
    const taken = requests
    if (message.takeRequests) requests = []
    process.send?.({ requests: taken })
  })
  process.send?.({ issuer })
})
process.on('disconnect', () => process.exit())
