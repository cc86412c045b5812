import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before } from 'node:test'

/** A web server on a free port of this machine. Call it in a `describe`, with whose tests it ends. Returns its origin. */
export function useLocalServer(listener: RequestListener): () => string {
  const server = createServer(listener)
  before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  return () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
