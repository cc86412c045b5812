import { readFileSync } from 'node:fs'
import { longestHistory } from '../src/protection/risk/history-repository.ts'
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

async function givenPool(server: DevServer, mode: Mode): Promise<string> {
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
  return clientId
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

async function measure(server: DevServer, clientId: string): Promise<{ readonly perSecond: number; readonly processorMs: number }> {
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
      console.log(`| ${name} | ${cells.join(' | ')} |`)
    },
  )
}

await printTable(usage, ['OFF: sign-ins/s', 'OFF: CPU ms each', 'AUDIT: sign-ins/s', 'AUDIT: CPU ms each'], lineOf)
