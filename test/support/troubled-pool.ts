import type { RequestListener } from 'node:http'

/** How a former pool fails. */
export type Trouble = 'throttling' | 'garbage' | 'empty' | 'huge' | 'closed' | 'silent'

const answers: Readonly<Record<Exclude<Trouble, 'closed' | 'silent'>, readonly [status: number, body: string]>> = {
  throttling: [400, JSON.stringify({ __type: 'TooManyRequestsException', message: 'Rate exceeded' })],
  garbage: [200, '<html>not json'],
  empty: [200, '{}'],
  huge: [200, JSON.stringify({ AuthenticationResult: { AccessToken: 'x'.repeat(1_000_000) } })],
}

/** A server in the place of a former pool that answers no question. `calls` counts the requests. */
export function troubledPool() {
  const state = { trouble: 'garbage' as Trouble, calls: 0 }
  const listener: RequestListener = (request, response) => {
    state.calls++
    request.resume()
    if (state.trouble === 'silent') return
    if (state.trouble === 'closed') return void request.socket.destroy()
    const [status, body] = answers[state.trouble]
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(body)
  }
  return { state, listener }
}
