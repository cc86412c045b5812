import { setTimeout as delay } from 'node:timers/promises'
import { givenUser } from '../test/support/sign-in.ts'
import { Caller } from './clients/caller.ts'
import { administrator, type Load, newcomers, returningUser } from './clients/clients.ts'
import { type Account, Ledger } from './clients/ledger.ts'
import { Observations } from './clients/observations.ts'
import { verify } from './clients/verify.ts'
import { type Fault, probeUser, recoveryDeadlineSeconds, type Trial } from './faults/fault.ts'
import { Probe } from './measure/probe.ts'
import { describeReadiness } from './measure/readiness.ts'
import { awaitRecovery } from './measure/recovery.ts'
import { describeCalls, type Row } from './report.ts'
import { type Deployment, type Stage, sdkClient } from './stage/stage.ts'

const warmUpMs = 1500
const quietMs = 3000
const settleMs = 1000
/** How many milliseconds longer than its duration a fault may take. No fault needs that long. */
const inflictDeadlineMs = 120_000

const population = { newcomers: 3, returningUsers: 4, administrators: 3 }

/** Tries the faults one after the other. A fault that cannot be tried gets a row that says why. */
export async function runSeries<On extends Stage>(
  stage: On,
  faults: readonly Fault<On>[],
  { seconds, report }: { seconds: number | undefined; report: (row: Row) => void },
): Promise<void> {
  await createUser(stage.deployment, probeUser)
  for (const fault of faults) {
    const reason = fault.skipReason?.(stage)
    if (reason !== undefined) report({ name: fault.name, title: fault.title, skipped: reason })
    else report(await tryFault(stage, fault, seconds ?? fault.seconds ?? 0))
  }
}

async function tryFault<On extends Stage>(stage: On, fault: Fault<On>, seconds: number): Promise<Row> {
  const { deployment } = stage
  const remarks: string[] = []
  const failures: string[] = []
  const ledger = new Ledger(`${fault.name}-${Date.now().toString(36)}-`)
  const observations = new Observations()
  const stop = new AbortController()
  using caller = new Caller(deployment, observations)
  using probe = new Probe(deployment, probeUser)
  const clients = startClients({ deployment, caller, ledger, signal: stop.signal }, await createReturningUsers(deployment, ledger))

  await delay(warmUpMs + quietMs)
  const start = performance.now()
  const quietRate = (observations.goodBetween(start - quietMs, start) * 1000) / quietMs
  await inflictInTime(stage, fault, {
    seconds,
    firstGoodOnEveryNode: (since) => probe.firstGoodOnEveryNode(since),
    medianWait: (kind, since) => probe.medianWait(kind, since),
    note: (remark) => remarks.push(remark),
    fail: (remark) => failures.push(remark),
  })
  const end = performance.now()
  const watched = { probe, observations, quietRate }
  const mayRecover = () => deployment.nodes.every(({ isRunning }) => isRunning)
  const recovery = await awaitRecovery(watched, end, recoveryDeadlineSeconds * 1000, mayRecover)
  await delay(settleMs)
  stop.abort()
  await Promise.all([clients, probe.stop()])

  const unexpectedExits = deployment.nodes.flatMap((node) => node.takeUnexpectedExits())
  await stage.restore()
  const verdict = await verify(stage, ledger)
  return {
    name: fault.name,
    title: fault.seconds === undefined ? fault.title : `${fault.title}, for ${seconds} s`,
    calls: describeCalls(observations.since(start)),
    readiness: describeReadiness(probe, start, end),
    recovery,
    verdict,
    unexpectedExits,
    remarks,
    failures,
  }
}

/** An error in the fault itself is reported as a failure of the fault, and the series goes on. */
async function inflictInTime<On extends Stage>(stage: On, fault: Fault<On>, trial: Trial): Promise<void> {
  const late = new AbortController()
  const deadline = delay(trial.seconds * 1000 + inflictDeadlineMs, undefined, { signal: late.signal }).then(
    () => trial.fail('the fault did not end in time'),
    () => undefined,
  )
  try {
    await Promise.race([fault.inflict(stage, trial), deadline])
  } catch (error) {
    trial.fail(error instanceof Error ? error.message : String(error))
  } finally {
    late.abort()
  }
}

async function startClients(load: Load, users: readonly Account[]): Promise<void> {
  await Promise.all([
    ...Array.from({ length: population.newcomers }, () => newcomers(load)),
    ...Array.from({ length: population.administrators }, () => administrator(load)),
    ...users.map((user) => returningUser(load, user)),
  ])
}

async function createReturningUsers(deployment: Deployment, ledger: Ledger): Promise<Account[]> {
  const accounts = Array.from({ length: population.returningUsers }, () => ledger.newAccount())
  for (const account of accounts) {
    await ledger.write(
      (status) => {
        account.creation = status
      },
      async () => {
        account.sub = await createUser(deployment, account.username)
        return account.sub
      },
    )
  }
  return accounts
}

/** Creates a confirmed user and returns its id. */
async function createUser({ nodes, credentials, poolId }: Deployment, username: string): Promise<string> {
  const client = sdkClient(nodes[0]?.url ?? '', credentials)
  try {
    return (await givenUser(client, poolId, username)).sub
  } finally {
    client.destroy()
  }
}
