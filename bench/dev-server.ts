import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCluster } from '../test/support/postgres.ts'
import { type EngineName, engineNames } from './engines.ts'

export type Answer = Record<string, unknown>
export type DevServer = { readonly url: string; readonly child: ChildProcess; readonly databaseUrl: string }

/** Runs `dev` from source on an empty database, with the flags that `flagsIn` returns for its data folder, and stops it after the work. */
export async function withDevServer(
  name: EngineName,
  flagsIn: (folder: string) => readonly string[],
  work: (server: DevServer) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'lifeguard-bench-'))
  const cluster = name === 'postgres' ? await startCluster({ durable: true }) : undefined
  const database = cluster?.url ?? `sqlite:${join(folder, 'bench.db')}`
  const server = { ...(await startServer(['--data', folder, '--database', database, ...flagsIn(folder)])), databaseUrl: database }
  try {
    await work(server)
  } finally {
    server.child.kill('SIGTERM')
    if (server.child.exitCode === null) await once(server.child, 'exit')
    await cluster?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function startServer(flags: readonly string[]): Promise<Omit<DevServer, 'databaseUrl'>> {
  const child = spawn(process.execPath, ['src/main.ts', 'dev', '--port', '0', '--log-level', 'error', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  for await (const chunk of child.stdout ?? []) {
    said += chunk
    const [, url] = /Endpoint\s+(http\S+)/.exec(said) ?? []
    if (url !== undefined) return { url, child }
  }
  throw new Error(`The server ended before it was ready. ${said}`)
}

/** Calls an operation of user pools, or any operation by its whole target, such as `LifeguardService.PutRole`. */
export async function call({ url }: Pick<DevServer, 'url'>, operation: string, request: object): Promise<Answer> {
  const target = operation.includes('.') ? operation : `AWSCognitoIdentityProviderService.${operation}`
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(request) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${operation}: ${text}`)
  return (text === '' ? {} : JSON.parse(text)) as Answer
}

/** The value of `--name=value`. */
export function flag(name: string): string | undefined {
  return process.argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3)
}

/** Prints a table with a line for each engine that `--engines` names, or for all engines. `--help` prints the usage instead. */
export async function printTable(usage: string, columns: readonly string[], lineOf: (name: EngineName) => Promise<void>): Promise<void> {
  if (process.argv.includes('--help')) {
    console.log(usage)
    return
  }
  console.log(`| engine | ${columns.join(' | ')} |`)
  console.log(`|---|${'--:|'.repeat(columns.length)}`)
  const chosen = flag('engines')?.split(',') ?? engineNames
  for (const name of engineNames) if (chosen.includes(name)) await lineOf(name)
}
