import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const metricsToken = 'bench'

/** The processor time and memory that the process has used since its start. */
export type Usage = { readonly cpuMilliseconds: number; readonly residentMegabytes: number }

export type ServerOptions = { readonly databaseUrl: string; readonly masterKey: string }

/**
 * The program as it runs in production: built, as `serve`, and with its log read from a pipe as in a container. Flags that affect speed
 * have their defaults, except for the rate limits and for `moreFlags`. `LIFEGUARD_BENCH_NODE_FLAGS` is for profilers, such as `--cpu-prof`.
 */
export class ServerProcess {
  readonly #child: ChildProcess
  readonly url: string
  readonly readyMilliseconds: number

  private constructor(child: ChildProcess, ready: { url: string; ms: number }) {
    this.#child = child
    this.url = ready.url
    this.readyMilliseconds = ready.ms
  }

  static async start({ databaseUrl, masterKey }: ServerOptions, moreFlags: readonly string[] = []): Promise<ServerProcess> {
    const flags = ['--port', '0', '--database', databaseUrl, '--public-url', 'http://localhost:9911', '--metrics-token', metricsToken]
    // No rate limits: the benchmark measures what the server can handle.
    flags.push('--rate-limits', '0', '--create-database', ...moreFlags)
    return ServerProcess.run(['dist/main.js', 'serve', ...flags], { LIFEGUARD_MASTER_KEY: masterKey })
  }

  /** Runs `command`: any program that prints its URL on one of its first lines and answers /metrics. */
  static async run(command: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    const nodeFlags = process.env['LIFEGUARD_BENCH_NODE_FLAGS']?.split(' ') ?? []
    const child = spawn(process.execPath, [...nodeFlags, ...command], { env: { ...env }, stdio: ['ignore', 'pipe', 'inherit'] })
    return new ServerProcess(child, await readyLine(child))
  }

  async usage(): Promise<Usage> {
    const response = await fetch(`${this.url}/metrics`, { headers: { authorization: `Bearer ${metricsToken}` } })
    if (!response.ok) throw new Error(`/metrics answered ${response.status}`)
    const text = await response.text()
    const read = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
    return {
      cpuMilliseconds: read('process_cpu_seconds_total') * 1000,
      residentMegabytes: read('process_resident_memory_bytes') / 1e6,
    }
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    await once(this.#child, 'exit')
  }
}

/**
 * Reads the line that says that the server is ready. Later lines are read and discarded, or the pipe would fill up and block the server.
 */
function readyLine(child: ChildProcess): Promise<{ url: string; ms: number }> {
  return new Promise((resolve, reject) => {
    child.on('exit', (code) => reject(new Error(`The server ended with code ${code} before it was ready.`)))
    if (child.stdout === null) throw new Error('The server has no standard output.')
    const lines = createInterface(child.stdout).on('line', (line) => {
      const { url, ms } = JSON.parse(line) as { url?: string; ms?: number }
      if (url === undefined || ms === undefined) return
      resolve({ url, ms })
      lines.close()
      child.stdout?.resume()
    })
  })
}
