import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'

/** A server on a loopback address at which a client publishes its keys. */
export async function openKeySetServer(keys: readonly object[] = []) {
  const state = { keys, fetches: 0, status: 200, headers: {}, text: undefined as string | undefined }
  const server = createServer((_request, response) => {
    state.fetches++
    response
      .writeHead(state.status, { 'content-type': 'application/json', ...state.headers })
      .end(state.text ?? JSON.stringify({ keys: state.keys }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { state, port: (server.address() as AddressInfo).port, uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys` }
}
