import { setTimeout as delay } from 'node:timers/promises'
import { LifeguardProcess } from '../../test/cli/lifeguard-process.ts'

type Config = {
  readonly name: string
  readonly port: number
  readonly flags: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

const readyDeadlineMs = 30_000

/** One `lifeguard serve` as a process of its own, on a port that it keeps when it is started again. */
export class LifeguardNode {
  readonly name: string
  readonly url: string
  readonly #config: Config
  #process: LifeguardProcess | undefined
  #ended: Promise<unknown> = Promise.resolve()
  #deaths: string[] = []

  constructor(config: Config) {
    this.name = config.name
    this.url = `http://127.0.0.1:${config.port}`
    this.#config = config
  }

  get isRunning(): boolean {
    return this.#process !== undefined
  }

  /** Starts the process if it does not run. It may take a while before it answers. */
  start(): void {
    if (this.#process !== undefined) return
    const { port, flags, env } = this.#config
    const started = new LifeguardProcess(['serve', '--port', String(port), ...flags], env)
    this.#process = started
    // Not left behind when this program ends, however it ends.
    const killAtExit = () => started.child.kill('SIGKILL')
    process.once('exit', killAtExit)
    this.#ended = started.ended.then(({ code, stderr, stdout }) => {
      process.off('exit', killAtExit)
      if (this.#process !== started) return
      this.#process = undefined
      this.#deaths.push(`${this.name} ended with ${started.child.signalCode ?? `code ${code}`}: ${lastLines(stderr || stdout)}`)
    })
  }

  /** Ends the process by a signal. This end is not counted as a death. */
  async stop(signal: NodeJS.Signals): Promise<void> {
    const stopped = this.#process
    this.#process = undefined
    stopped?.child.kill(signal)
    await this.#ended
  }

  /** The ends that no signal of ours caused, since this was last asked. */
  takeDeaths(): string[] {
    return this.#deaths.splice(0)
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
    throw new Error(`${this.name} does not become ready. ${this.#deaths.at(-1) ?? ''}`)
  }
}

const lastLines = (text: string): string => text.trimEnd().split('\n').slice(-12).join('\n')
