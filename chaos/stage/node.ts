import { setTimeout as delay } from 'node:timers/promises'
import { LifeguardProcess } from '../../test/cli/lifeguard-process.ts'

type Config = {
  readonly name: string
  readonly port: number
  readonly flags: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

const readyDeadlineMs = 30_000

/** One `lifeguard serve` in a separate process, on a port that stays the same after a restart. */
export class LifeguardNode {
  readonly name: string
  readonly url: string
  readonly #config: Config
  #process: LifeguardProcess | undefined
  #ended: Promise<unknown> = Promise.resolve()
  #unexpectedExits: string[] = []

  constructor(config: Config) {
    this.name = config.name
    this.url = `http://127.0.0.1:${config.port}`
    this.#config = config
  }

  get isRunning(): boolean {
    return this.#process !== undefined
  }

  /** Starts the process if it is not running. The node may need some time until it answers. */
  start(): void {
    if (this.#process !== undefined) return
    const { port, flags, env } = this.#config
    const started = new LifeguardProcess(['serve', '--port', String(port), ...flags], env)
    this.#process = started
    // The node must not outlive this program.
    const killAtExit = () => started.child.kill('SIGKILL')
    process.once('exit', killAtExit)
    this.#ended = started.ended.then(({ code, stderr, stdout }) => {
      process.off('exit', killAtExit)
      if (this.#process !== started) return
      this.#process = undefined
      this.#unexpectedExits.push(`${this.name} ended with ${started.child.signalCode ?? `code ${code}`}: ${lastLines(stderr || stdout)}`)
    })
  }

  /** Ends the process by a signal. This exit is expected. */
  async stop(signal: NodeJS.Signals): Promise<void> {
    const stopped = this.#process
    this.#process = undefined
    stopped?.child.kill(signal)
    await this.#ended
  }

  /** Exits since the last call that were not caused by `stop`. */
  takeUnexpectedExits(): string[] {
    return this.#unexpectedExits.splice(0)
  }

  /** Resolves when /readyz says 200. Rejects when the process ends, or after the deadline. */
  async ready(): Promise<void> {
    const deadline = performance.now() + readyDeadlineMs
    while (this.isRunning && performance.now() < deadline) {
      const response = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(3000) }).catch(() => undefined)
      await response?.body?.cancel()
      if (response?.ok) return
      await delay(100)
    }
    throw new Error(`${this.name} did not become ready. ${this.#unexpectedExits.at(-1) ?? ''}`)
  }
}

const lastLines = (text: string): string => text.trimEnd().split('\n').slice(-12).join('\n')
