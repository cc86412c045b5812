import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A connection on which a test sends any bytes at any time. */
export type RawConnection = Disposable & {
  readonly socket: Socket
  send(text: string | Uint8Array): void
  /** Resolves with everything that was received, once this text matches `pattern` or the connection has ended. */
  received(pattern: RegExp): Promise<string>
  /** Resolves with everything that was received, once the server has closed the connection. */
  ended(): Promise<string>
}

export function openConnection(url: string): RawConnection {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let all = ''
  let closed = false
  socket
    .setEncoding('utf8')
    .on('data', (text: string) => {
      all += text
    })
    .on('error', () => undefined)
    .on('close', () => {
      closed = true
    })
  return {
    socket,
    send: (text) => void socket.write(text),
    async received(pattern) {
      while (!pattern.test(all) && !closed) await Promise.race([once(socket, 'data'), once(socket, 'close')])
      return all
    },
    async ended() {
      if (!closed) await once(socket, 'close')
      return all
    },
    [Symbol.dispose]: () => void socket.destroy(),
  }
}

/** The head of a `POST /` that calls an operation. */
export function headOf(operation: string, headers: Readonly<Record<string, string | number>>): string {
  const all = {
    host: 'localhost',
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return ['POST / HTTP/1.1', ...lines, '', ''].join('\r\n')
}
