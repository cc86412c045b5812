import { once } from 'node:events'
import { createServer, type Server, type Socket, connect as tcpConnect } from 'node:net'

/** A network between the server and its database that a test can break. */
export class TcpProxy implements AsyncDisposable {
  readonly #target: URL
  readonly #server: Server
  readonly #pairs = new Set<{ readonly near: Socket; readonly far: Socket }>()
  #held: (() => void)[] | undefined

  private constructor(target: URL) {
    this.#target = target
    this.#server = createServer((near) => this.#join(near))
  }

  static async start(databaseUrl: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(new URL(databaseUrl))
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  /** The URL of the database through the proxy. */
  get url(): string {
    const url = new URL(this.#target)
    url.port = String((this.#server.address() as { port: number }).port)
    return url.href
  }

  /** Current connections stay open but stop transporting data. Later connections work. */
  silence(): void {
    for (const { near, far } of this.#pairs) {
      near.unpipe(far).resume()
      far.unpipe(near).resume()
    }
  }

  /** Resets current connections, as a lost machine would. */
  cut(): void {
    for (const { near, far } of [...this.#pairs]) {
      near.resetAndDestroy()
      far.destroy()
    }
  }

  /** New connections are accepted but transport nothing until the returned function is called. Current connections work. */
  holdNew(): () => void {
    this.#held = []
    return () => {
      const waiting = this.#held ?? []
      this.#held = undefined
      for (const forward of waiting) forward()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    this.cut()
  }

  #join(near: Socket): void {
    const far = tcpConnect(Number(this.#target.port), this.#target.hostname)
    const pair = { near, far }
    this.#pairs.add(pair)
    const end = () => {
      this.#pairs.delete(pair)
      near.destroy()
      far.destroy()
    }
    for (const socket of [near, far]) socket.setNoDelay(true).on('error', end).on('close', end)
    const forward = () => {
      near.pipe(far)
      far.pipe(near)
    }
    if (this.#held === undefined) forward()
    else this.#held.push(forward)
  }
}
