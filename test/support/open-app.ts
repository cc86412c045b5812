import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An HTTP server of a test on a free port of this machine. */
export async function openApp(listener: RequestListener) {
  const app = createServer(listener)
  await new Promise<void>((resolve) => app.listen(0, 'localhost', resolve))
  return { port: (app.address() as AddressInfo).port, [Symbol.dispose]: () => void app.close().closeAllConnections() }
}
