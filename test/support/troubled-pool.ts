import type { RequestListener } from 'node:http'

/** How a former pool fails. */
export type Trouble = 'throttling' | 'garbage' | 'empty' | 'huge' | 'closed' | 'silent'

const answers: Readonly<Record<Exclude<Trouble, 'closed' | 'silent'>, readonly [status: number, body: string]>> = {
  throttling: [400, JSON.stringify({ __type: 'TooManyRequestsException', message: 'Rate exceeded' })],
  garbage: [200, '<html>not json'],
  empty: [200, '{}'],
  huge: [200, JSON.stringify({ AuthenticationResult: { AccessToken: 'x'.repeat(1_000_000) } })],
}

/** A server in the place of a former pool that answers no question. `calls` counts the requests, `signed` those with a signature. */
export function troubledPool() {
  const state = { trouble: 'garbage' as Trouble, calls: 0, signed: 0 }
  const awaited = new Map<number, () => void>()
  /** Resolves when that many requests have come. */
  const callsReach = (count: number) =>
    state.calls >= count ? Promise.resolve() : new Promise<void>((resolve) => awaited.set(count, resolve))
  const listener: RequestListener = (request, response) => {
    state.calls++
    if (request.headers.authorization !== undefined) state.signed++
    awaited.get(state.calls)?.()
    request.resume()
    if (state.trouble === 'silent') return
    if (state.trouble === 'closed') return void request.socket.destroy()
    const [status, body] = answers[state.trouble]
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(body)
  }
  return { state, callsReach, listener }
}
