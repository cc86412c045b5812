import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/**
 * A disturbance of the network between the nodes and PostgreSQL. `silent` stops the bytes of existing connections; new connections work.
 */
type Disturbance = { readonly kind: 'silent' | 'cut' } | { readonly kind: 'delay'; readonly milliseconds: number }

type Pair = { readonly near: Socket; readonly far: Socket }

/** A TCP proxy on loopback in front of one port of this machine. */
export class TcpProxy {
  readonly #server: Server
  readonly #targetPort: number
  readonly #pairs = new Set<Pair>()
  #disturbance: Disturbance | undefined

  private constructor(targetPort: number) {
    this.#targetPort = targetPort
    this.#server = createServer((near) => this.#accept(near))
  }

  static async open(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  disturb(disturbance: Disturbance): void {
    this.#disturbance = disturbance
    if (disturbance.kind === 'cut') for (const pair of this.#pairs) destroy(pair)
    if (disturbance.kind === 'silent') for (const { near, far } of this.#pairs) for (const socket of [near, far]) socket.pause()
  }

  /** Ends the disturbance. Connections that were silent are closed, as by a router that has lost their state. */
  heal(): void {
    this.#disturbance = undefined
    for (const pair of this.#pairs) if (pair.near.isPaused()) destroy(pair)
  }

  async close(): Promise<void> {
    for (const pair of this.#pairs) destroy(pair)
    const closed = once(this.#server, 'close')
    this.#server.close()
    await closed
  }

  #accept(near: Socket): void {
    if (this.#disturbance?.kind === 'cut') {
      near.resetAndDestroy()
      return
    }
    const pair = { near, far: connect({ port: this.#targetPort, host: '127.0.0.1', noDelay: true }) }
    near.setNoDelay(true)
    this.#pairs.add(pair)
    this.#forward(pair, pair.near, pair.far)
    this.#forward(pair, pair.far, pair.near)
  }

  #forward(pair: Pair, from: Socket, to: Socket): void {
    const queue = new DelayQueue()
    const delay = () => (this.#disturbance?.kind === 'delay' ? this.#disturbance.milliseconds : 0)
    from.on('data', (chunk: Buffer) => queue.add(delay(), () => to.destroyed || to.write(chunk)))
    from.on('error', () => undefined)
    from.on('close', () => {
      this.#pairs.delete(pair)
      queue.add(delay(), () => to.destroy())
    })
  }
}

/** Runs actions after a delay and in their order, even if the delay becomes shorter meanwhile. */
class DelayQueue {
  readonly #waiting: { readonly due: number; readonly act: () => void }[] = []

  add(delayMs: number, act: () => void): void {
    if (delayMs === 0 && this.#waiting.length === 0) {
      act()
      return
    }
    this.#waiting.push({ due: performance.now() + delayMs, act })
    if (this.#waiting.length === 1) this.#wait()
  }

  #wait(): void {
    const [next] = this.#waiting
    if (next !== undefined) setTimeout(() => this.#actOnFirst(), Math.max(0, next.due - performance.now()))
  }

  #actOnFirst(): void {
    this.#waiting.shift()?.act()
    this.#wait()
  }
}

function destroy({ near, far }: Pair): void {
  near.resetAndDestroy()
  far.destroy()
}
