import { readFileSync } from 'node:fs'
import { threatProtectionOf } from '../src/pools/extensions/pool-extensions.ts'
import { computeRisk } from '../src/protection/risk/assess.ts'
import { findHistory, longestHistory } from '../src/protection/risk/history-repository.ts'
import { openStorage } from '../src/storage/open-storage.ts'
import { type Answer, call, type DevServer, flag, printTable, withDevServer } from './dev-server.ts'
import type { EngineName } from './engines.ts'

const usage = `Measures what the assessment of risks costs: sign-ins by password in pools with threat protection off, and with mode AUDIT.
Every user has a full history, so that an assessment is as expensive as it can be.

  npm run bench:risk-cost -- [--users=50] [--seconds=6] [--concurrency=16] [--engines=sqlite,postgres]`

const password = 'Correct-horse-7'
const users = Number(flag('users') ?? 50)
const seconds = Number(flag('seconds') ?? 6)
const concurrency = Number(flag('concurrency') ?? 16)

type Mode = 'OFF' | 'AUDIT'

type Target = { readonly poolId: string; readonly clientId: string }

async function givenPool(server: DevServer, mode: Mode): Promise<Target> {
  const { UserPool } = await call(server, 'CreateUserPool', { PoolName: mode, UserPoolAddOns: { AdvancedSecurityMode: mode } })
  const UserPoolId = String((UserPool as Answer)['Id'])
  const client = { UserPoolId, ClientName: 'bench', ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] }
  const { UserPoolClient } = await call(server, 'CreateUserPoolClient', client)
  const clientId = String((UserPoolClient as Answer)['ClientId'])
  for (let user = 0; user < users; user++) {
    const Username = `user-${user}`
    await call(server, 'AdminCreateUser', { UserPoolId, Username, MessageAction: 'SUPPRESS' })
    await call(server, 'AdminSetUserPassword', { UserPoolId, Username, Password: password, Permanent: true })
  }
  for (let round = 0; round < longestHistory; round++)
    await Promise.all(Array.from({ length: users }, (_, user) => signIn(server, clientId, user)))
  return { poolId: UserPoolId, clientId }
}

const signIn = (server: DevServer, ClientId: string, user: number) =>
  call(server, 'InitiateAuth', {
    ClientId,
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME: `user-${user}`, PASSWORD: password },
  })

/** The processor time of the process so far, in milliseconds. The unit of /proc is a hundredth of a second. */
function processorTimeOf({ child }: DevServer): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return 10 * (Number(fields[11]) + Number(fields[12]))
}

async function measure(server: DevServer, { clientId }: Target): Promise<{ readonly perSecond: number; readonly processorMs: number }> {
  const [cpuBefore, began] = [processorTimeOf(server), performance.now()]
  let done = 0
  await Promise.all(
    Array.from({ length: concurrency }, async (_, lane) => {
      while (performance.now() - began < seconds * 1000) {
        await signIn(server, clientId, (lane + done) % users)
        done++
      }
    }),
  )
  return { perSecond: (1000 * done) / (performance.now() - began), processorMs: (processorTimeOf(server) - cpuBefore) / done }
}

/** The processor time of one assessment alone, in milliseconds: the reading of the history and the computation, in this process. */
async function measureAssessment({ databaseUrl }: DevServer, { poolId }: Target): Promise<number> {
  const { db, close } = await openStorage({ url: databaseUrl })
  const subs = (await db.selectFrom('user').select('sub').where('pool_id', '=', poolId).execute()).map(({ sub }) => sub)
  const world = { signIns: 1000, users, count: () => 10 }
  const { thresholds } = threatProtectionOf({ extensions: undefined })
  const assess = async (sub = '') => {
    const history = await findHistory(db, poolId, sub)
    return computeRisk({ traits: history[0]?.traits ?? {}, history, world, thresholds, others: [], now: Date.now() })
  }
  let milliseconds = 0
  // The first round is for the compiler.
  for (let round = 0; round < 2; round++) {
    const before = process.cpuUsage()
    for (let count = 0; count < 4000; count++) await assess(subs[count % subs.length])
    const { user, system } = process.cpuUsage(before)
    milliseconds = (user + system) / 4000 / 1000
  }
  await close()
  return milliseconds
}

async function lineOf(name: EngineName): Promise<void> {
  await withDevServer(
    name,
    () => ['--rate-limits=0'],
    async (server) => {
      const [off, audit] = [await givenPool(server, 'OFF'), await givenPool(server, 'AUDIT')]
      const results: Record<Mode, { perSecond: number; processorMs: number }[]> = { OFF: [], AUDIT: [] }
      // In turn, so that both meet the same machine.
      for (let round = 0; round < 3; round++) {
        results.OFF.push(await measure(server, off))
        results.AUDIT.push(await measure(server, audit))
      }
      const best = (mode: Mode) => results[mode].reduce((one, other) => (one.processorMs < other.processorMs ? one : other))
      const cells = [best('OFF'), best('AUDIT')].map(({ perSecond, processorMs }) => `${perSecond.toFixed(0)} | ${processorMs.toFixed(2)}`)
      console.log(`| ${name} | ${cells.join(' | ')} | ${(await measureAssessment(server, audit)).toFixed(3)} |`)
    },
  )
}

await printTable(usage, ['OFF: sign-ins/s', 'OFF: CPU ms each', 'AUDIT: sign-ins/s', 'AUDIT: CPU ms each', 'an assessment: CPU ms'], lineOf)
