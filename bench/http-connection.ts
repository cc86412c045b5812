import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export type Answer = { readonly status: number; readonly body: string }

const headEnd = Buffer.from('\r\n\r\n')

/**
 * One keep-alive connection that supports as much of HTTP/1.1 as Lifeguard's answers use. A client library would take as much processor
 * time as the server takes for a sign-in, and would distort the measurement.
 */
export class HttpConnection {
  readonly #socket: Socket
  readonly #host: string
  #received: Buffer = Buffer.alloc(0)
  #waiting: { resolve(answer: Answer): void; reject(error: Error): void } | undefined

  constructor(url: string) {
    const { hostname, port, host } = new URL(url)
    this.#host = host
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true })
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk))
    this.#socket.on('error', (error) => this.#waiting?.reject(error))
    this.#socket.on('close', () => this.#waiting?.reject(new Error('The server closed the connection.')))
  }

  /** Resolves when the connection is open. */
  static async open(url: string): Promise<HttpConnection> {
    const connection = new HttpConnection(url)
    await once(connection.#socket, 'connect')
    return connection
  }

  /** Calls an operation of the user pools' API, or any operation by its whole target. One call at a time. */
  call(operation: string, request: unknown): Promise<Answer> {
    const body = JSON.stringify(request)
    return this.#send(this.#head(operation, Buffer.byteLength(body)) + body)
  }

  /** Sends a form, with the headers that a client of OAuth sends. `authorization` is the value of that header. One call at a time. */
  post(path: string, authorization: string, form: string): Promise<Answer> {
    const head = [
      `POST ${path} HTTP/1.1`,
      `host: ${this.#host}`,
      `authorization: ${authorization}`,
      'content-type: application/x-www-form-urlencoded;charset=UTF-8',
      'user-agent: openid-client/v6.9.0',
      'accept: application/json',
      'connection: keep-alive',
      `content-length: ${Buffer.byteLength(form)}`,
      '\r\n',
    ]
    return this.#send(head.join('\r\n') + form)
  }

  #send(request: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#socket.write(request)
    })
  }

  /** Whether the connection is still open. */
  get isOpen(): boolean {
    return this.#socket.readyState === 'open'
  }

  close(): void {
    this.#socket.destroy()
  }

  /** The request head, with the headers that the AWS SDK for JavaScript sends, since parsing them is part of the server's work. */
  #head(operation: string, length: number): string {
    return [
      'POST / HTTP/1.1',
      `host: ${this.#host}`,
      'content-type: application/x-amz-json-1.1',
      `x-amz-target: ${operation.includes('.') ? operation : `AWSCognitoIdentityProviderService.${operation}`}`,
      'x-amz-user-agent: aws-sdk-js/3.1169.0',
      'user-agent: aws-sdk-js/3.1169.0 ua/2.1 os/linux lang/js md/nodejs api/cognito-identity-provider',
      'amz-sdk-invocation-id: 6b4a0a2e-5f0e-4a55-9b8b-6f3f8a6a3d51',
      'amz-sdk-request: attempt=1; max=3',
      'accept: */*',
      'connection: keep-alive',
      `content-length: ${length}`,
      '\r\n',
    ].join('\r\n')
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    const end = this.#received.indexOf(headEnd)
    if (end < 0) return
    const head = this.#received.toString('latin1', 0, end)
    const bodyStart = end + headEnd.length
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
    if (this.#received.length < bodyStart + length) return
    const body = this.#received.toString('utf8', bodyStart, bodyStart + length)
    this.#received = this.#received.subarray(bodyStart + length)
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.resolve({ status: Number(head.slice(9, 12)), body })
  }
}
