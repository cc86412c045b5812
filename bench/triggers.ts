import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Answer, call, type DevServer, flag, printTable, withDevServer } from './dev-server.ts'
import type { EngineName } from './engines.ts'

const usage = `Measures the time that three trigger functions in modules add to a password sign-in, one sign-in at a time.

  npm run bench:triggers -- [--sign-ins=2000] [--engines=sqlite,postgres]`

const triggers = ['PreAuthentication', 'PostAuthentication', 'PreTokenGeneration']
const password = 'Correct-horse-7'

/**
 * Writes a module with a trigger function for each trigger, and returns the flags for `dev`. Before each call, `dev` checks whether a
 * module has changed, so `serve` is a little faster.
 */
function withFunctions(folder: string): readonly string[] {
  const functions = join(folder, 'functions')
  mkdirSync(functions)
  for (const name of triggers) writeFileSync(join(functions, `${name}.mjs`), 'export const handler = async (event) => event\n')
  return ['--functions', functions]
}

/** Creates a pool with one user, and returns a function that signs the user in. */
async function givenSignIn(server: DevServer, withTriggers: boolean): Promise<() => Promise<Answer>> {
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

/** Runs `ways` in turn, so that other work on the machine slows all of them alike. Returns the milliseconds of each, shortest first. */
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

async function measure(name: EngineName): Promise<void> {
  const signIns = Number(flag('sign-ins') ?? 2000)
  await withDevServer(name, withFunctions, async (server) => {
    const ways = [await givenSignIn(server, false), await givenSignIn(server, true)]
    await timesOf(ways, Math.ceil(signIns / 4))
    const [without = [], with3 = []] = await timesOf(ways, signIns)
    const at = (times: readonly number[], share: number) => times[Math.floor((times.length - 1) * share)] ?? Number.NaN
    const figures = [at(without, 0.5), at(with3, 0.5), at(with3, 0.5) - at(without, 0.5), at(without, 0.99), at(with3, 0.99)]
    console.log(`| ${[name, signIns, ...figures.map((figure) => figure.toFixed(2))].join(' | ')} |`)
  })
}

const columns = ['sign-ins', 'without ms', 'with three ms', 'more ms', 'without p99 ms', 'with three p99 ms']
await printTable(usage, columns, measure)
