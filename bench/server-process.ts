import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const metricsToken = 'bench'

/** What the process has used since it began. */
export type Usage = { readonly cpuMilliseconds: number; readonly residentMegabytes: number }

export type ServerOptions = { readonly databaseUrl: string; readonly masterKey: string }

/**
 * The program as it runs in production: compiled, `serve`, every flag at its default, its log read from a pipe as a container's is.
 * `LIFEGUARD_BENCH_NODE_FLAGS` is for profilers: `--cpu-prof` for one.
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
    // What the server can do is measured here, not what it lets callers ask of it.
    flags.push('--rate-limits', '0', '--create-database', ...moreFlags)
    return ServerProcess.run(['dist/main.js', 'serve', ...flags], { LIFEGUARD_MASTER_KEY: masterKey })
  }

  /** Any program that says on its first line where it listens, and answers /metrics. */
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

/** One of its first lines says that it is ready; the others are read and thrown away, or it would stand still. */
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
