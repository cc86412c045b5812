import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

/** Stands in for the outside SMS service of all nodes: it receives their messages, and gives the clients the code sent to a number. */
export class TextGateway implements AsyncDisposable {
  readonly #codes = new Map<string, string>()
  readonly #waiting = new Map<string, (code: string) => void>()
  readonly #seen = new Set<string>()
  /** Messages that arrived more than once. Delivery is at least once, so this may happen when a node is killed. */
  repeated = 0

  readonly #server = createServer(async (request, response) => {
    const message = await json(request).catch(() => undefined)
    if (message !== undefined) this.#take(message as { id: string; to: string; text: string })
    response.end()
  })

  static async open(): Promise<TextGateway> {
    const gateway = new TextGateway()
    gateway.#server.listen(0, '127.0.0.1')
    await once(gateway.#server, 'listening')
    return gateway
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/send`
  }

  /** The code that was sent to a number, as soon as it arrives; undefined when `signal` aborts first. */
  codeFor(number: string, signal: AbortSignal): Promise<string | undefined> {
    const code = this.#codes.get(number)
    if (code !== undefined || signal.aborted) return Promise.resolve(code)
    return new Promise((resolve) => {
      const settle = (value: string | undefined) => {
        this.#waiting.delete(number)
        signal.removeEventListener('abort', onAbort)
        resolve(value)
      }
      const onAbort = () => settle(undefined)
      signal.addEventListener('abort', onAbort)
      this.#waiting.set(number, settle)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  #take({ id, to, text }: { id: string; to: string; text: string }): void {
    if (this.#seen.has(id)) this.repeated++
    this.#seen.add(id)
    const code = /\d{6}/.exec(text)?.[0]
    if (code === undefined) return
    this.#codes.set(to, code)
    this.#waiting.get(to)?.(code)
  }
}
