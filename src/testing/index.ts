import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lifeguardAt } from './client.ts'
import type { Lifeguard, LifeguardOptions } from './lifeguard.ts'

export type { Lifeguard, LifeguardOptions, Message } from './lifeguard.ts'

/** How long the server may take to start, and to stop. */
const startMs = 60_000
const stopMs = 20_000

/**
 * Starts a server for tests, with an empty database in a temporary folder.
 *
 * @example
 * await using lifeguard = await startLifeguard()
 * const client = new CognitoIdentityProviderClient(lifeguard.clientConfig)
 * @throws Error when the server does not start, with its output
 */
export async function startLifeguard(options: LifeguardOptions = {}): Promise<Lifeguard> {
  const { run = 'child-process', port = 0, region = 'us-east-1', functions, apply, flags = [] } = options
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-testing-'))
  const removeFolder = () => rm(folder, { recursive: true, force: true })
  const own = ['--port', String(port), '--region', region, '--data', folder, '--log-level', 'error']
  const argv = [...own, ...flag('functions', functions), ...flag('apply', apply), ...flags]
  try {
    const { url, stop } = await (run === 'in-process' ? startInProcess(argv) : startChild(argv))
    return lifeguardAt(url, region, () => stop().finally(removeFolder))
  } catch (error) {
    await removeFolder()
    throw error
  }
}

function flag(name: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [`--${name}`, value]
}

type Started = { readonly url: string; readonly stop: () => Promise<void> }

async function startInProcess(argv: readonly string[]): Promise<Started> {
  const [{ startServer }, { readSettings }] = await Promise.all([import('../server.ts'), import('../settings.ts')])
  const server = await startServer(readSettings({ argv, env: ownEnvironment(), command: 'dev' }))
  return { url: server.url, stop: () => server.close() }
}

/** The environment without the settings of another server in it. */
function ownEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('LIFEGUARD_')))
}

async function startChild(argv: readonly string[]): Promise<Started> {
  const env = ownEnvironment()
  const main = fileURLToPath(new URL('../main.ts', import.meta.url))
  const child = spawn(process.execPath, [main, 'dev', ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  // A test that ends without `stop` must not leave a server behind.
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve())).finally(() => process.off('exit', kill))
  try {
    return { url: await readUrl(child), stop: () => stopChild(child, ended) }
  } catch (error) {
    kill()
    // Its folder is removed next. A program that could not be started never closes.
    if (child.pid !== undefined) await ended
    throw error
  }
}

type Child = ReturnType<typeof spawn>

/** Waits for the line with the endpoint. Later output is read and dropped, so that the server can go on writing. */
function readUrl(child: Child): Promise<string> {
  const streams = [child.stdout, child.stderr]
  return new Promise((resolve, reject) => {
    let output = ''
    const take = (chunk: Buffer) => {
      output += chunk
      const url = /Endpoint\s+(\S+)/.exec(output)?.[1]
      if (url !== undefined) settle(() => resolve(url))
    }
    const fail = (reason: string) => settle(() => reject(new Error(`Lifeguard did not start: ${reason}\n${output}`.trim())))
    const timer = setTimeout(() => fail(`it was not ready after ${startMs / 1000} s.`), startMs)
    function settle(end: () => void): void {
      clearTimeout(timer)
      for (const stream of streams) stream?.off('data', take).resume()
      end()
    }
    for (const stream of streams) stream?.on('data', take)
    child.once('error', (error) => fail(error.message))
    child.once('close', () => fail('it ended.'))
  })
}

async function stopChild(child: Child, ended: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMs)
  await ended
  clearTimeout(timer)
}
