import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCluster } from '../test/support/postgres.ts'
import { type EngineName, engineNames } from './engines.ts'

const usage = `Measures what three triggers in modules add to a password sign-in, one at a time.

  npm run bench:triggers -- [--sign-ins=2000] [--engines=sqlite,postgres]`

type Answer = Record<string, unknown>
type Server = { readonly url: string; readonly child: ChildProcess }

const triggers = ['PreAuthentication', 'PostAuthentication', 'PreTokenGeneration']
const password = 'Correct-horse-7'

/** `dev`, which looks before each call whether a module has changed: `serve` is a little quicker. */
async function startServer(databaseUrl: string, folder: string): Promise<Server> {
  const functions = join(folder, 'functions')
  mkdirSync(functions)
  for (const name of triggers) writeFileSync(join(functions, `${name}.mjs`), 'export const handler = async (event) => event\n')
  const flags = ['--port', '0', '--data', folder, '--database', databaseUrl, '--functions', functions, '--log-level', 'error']
  const child = spawn(process.execPath, ['src/main.ts', 'dev', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  for await (const chunk of child.stdout ?? []) {
    said += chunk
    const [, url] = /Endpoint\s+(http\S+)/.exec(said) ?? []
    if (url !== undefined) return { url, child }
  }
  throw new Error(`The server ended before it was ready. ${said}`)
}

async function call({ url }: Server, operation: string, request: object): Promise<Answer> {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `AWSCognitoIdentityProviderService.${operation}` }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(request) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${operation}: ${text}`)
  return (text === '' ? {} : JSON.parse(text)) as Answer
}

/** A pool with one user, and how to sign in to it. */
async function givenSignIn(server: Server, withTriggers: boolean): Promise<() => Promise<Answer>> {
  const arns = triggers.map((name) => [name, `arn:aws:lambda:us-east-1:123456789012:function:${name}`])
  const LambdaConfig = withTriggers ? Object.fromEntries(arns) : {}
  const { UserPool } = await call(server, 'CreateUserPool', { PoolName: 'bench', LambdaConfig })
  const UserPoolId = String((UserPool as Answer)['Id'])
  const client = { UserPoolId, ClientName: 'bench', ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] }
  const { UserPoolClient } = await call(server, 'CreateUserPoolClient', client)
  await call(server, 'AdminCreateUser', { UserPoolId, Username: 'ana', MessageAction: 'SUPPRESS' })
  await call(server, 'AdminSetUserPassword', { UserPoolId, Username: 'ana', Password: password, Permanent: true })
  const AuthParameters = { USERNAME: 'ana', PASSWORD: password }
  const request = { AuthFlow: 'USER_PASSWORD_AUTH', ClientId: (UserPoolClient as Answer)['ClientId'], AuthParameters }
  return () => call(server, 'InitiateAuth', request)
}

/** By turns, so that what else the machine does falls on both alike. In milliseconds, shortest first. */
async function timesOf(ways: readonly (() => Promise<unknown>)[], rounds: number): Promise<number[][]> {
  const times: number[][] = ways.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (const [index, way] of ways.entries()) {
      const started = performance.now()
      await way()
      times[index]?.push(performance.now() - started)
    }
  }
  return times.map((each) => each.sort((a, b) => a - b))
}

async function measure(name: EngineName, signIns: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'lifeguard-bench-triggers-'))
  const cluster = name === 'postgres' ? await startCluster({ durable: true }) : undefined
  const server = await startServer(cluster?.url ?? `sqlite:${join(folder, 'triggers.db')}`, folder)
  try {
    const ways = [await givenSignIn(server, false), await givenSignIn(server, true)]
    await timesOf(ways, Math.ceil(signIns / 4))
    const [without = [], with3 = []] = await timesOf(ways, signIns)
    const at = (times: readonly number[], share: number) => times[Math.floor((times.length - 1) * share)] ?? Number.NaN
    const figures = [at(without, 0.5), at(with3, 0.5), at(with3, 0.5) - at(without, 0.5), at(without, 0.99), at(with3, 0.99)]
    console.log(`| ${[name, signIns, ...figures.map((figure) => figure.toFixed(2))].join(' | ')} |`)
  } finally {
    server.child.kill('SIGTERM')
    if (server.child.exitCode === null) await once(server.child, 'exit')
    await cluster?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The value of `--name=value`. */
function flag(name: string): string | undefined {
  return process.argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3)
}

if (process.argv.includes('--help')) console.log(usage)
else {
  console.log('| engine | sign-ins | without ms | with three ms | more ms | without p99 ms | with three p99 ms |')
  console.log('|---|--:|--:|--:|--:|--:|--:|')
  const chosen = flag('engines')?.split(',') ?? engineNames
  for (const name of engineNames) if (chosen.includes(name)) await measure(name, Number(flag('sign-ins') ?? 2000))
}
