import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { givenUser } from '../../test/support/sign-in.ts'
import type { PostgresStage } from '../stage/postgres-stage.ts'
import { type Deployment, sdkClient } from '../stage/stage.ts'
import type { Fault } from './fault.ts'

export type OverloadTask = {
  readonly urls: readonly string[]
  readonly clientId: string
  /** The users who sign in. They are many, because sign-ins of one user wait for each other. */
  readonly usernames: readonly string[]
  /** The number of sign-ins in progress at any time, or the number that begin each second regardless of earlier ones. */
  readonly pressure: { readonly concurrency: number } | { readonly perSecond: number }
  readonly seconds: number
}

export type OverloadResult = {
  readonly acceptedPerSecond: number
  /** Milliseconds that each successful sign-in took, shortest first. */
  readonly accepted: readonly number[]
  /** How many sign-ins did not succeed, by their outcome. */
  readonly others: Readonly<Record<string, number>>
}

const times = 10
const userCount = 100

export const overload: Fault<PostgresStage> = {
  name: 'overload',
  title: `Password sign-ins at ${times} times the rate that the nodes reach (open loop)`,
  seconds: 8,
  async inflict({ deployment }, { seconds, note, medianWait }) {
    const generator = fork(new URL('./overload-generator.ts', import.meta.url))
    try {
      const target = {
        urls: deployment.nodes.map(({ url }) => url),
        clientId: deployment.clientId,
        usernames: await createUsers(deployment),
      }
      const quiet = await run(generator, { ...target, pressure: { concurrency: 1 }, seconds: 1 })
      const full = await run(generator, { ...target, pressure: { concurrency: 24 }, seconds: 3 })
      const capacity = full.acceptedPerSecond
      const start = performance.now()
      const loaded = await run(generator, { ...target, pressure: { perSecond: capacity * times }, seconds })
      const others = Object.entries(loaded.others).map(([kind, count]) => `${kind} × ${count}`)
      note(`capacity ${capacity.toFixed(0)}/s, quiet p50 ${ms(quiet, 0.5)}; offered ${(capacity * times).toFixed(0)}/s`)
      note(`accepted ${loaded.acceptedPerSecond.toFixed(0)}/s, p50 ${ms(loaded, 0.5)}, p99 ${ms(loaded, 0.99)}`)
      note(`/healthz p50 ${medianWait('alive', start).toFixed(0)} ms, sign-ins of the probe ${medianWait('sign-in', start).toFixed(0)} ms`)
      if (others.length > 0) note(others.join(', '))
    } finally {
      generator.kill('SIGKILL')
    }
  },
}

async function createUsers({ nodes, credentials, poolId }: Deployment): Promise<string[]> {
  const client = sdkClient(nodes[0]?.url ?? '', credentials)
  const usernames = Array.from({ length: userCount }, (_, index) => `crowd-${performance.now()}-${index}`)
  try {
    for (const username of usernames) await givenUser(client, poolId, username)
    return usernames
  } finally {
    client.destroy()
  }
}

async function run(generator: ChildProcess, task: OverloadTask): Promise<OverloadResult> {
  generator.send(task)
  const [result] = (await once(generator, 'message')) as [OverloadResult]
  return result
}

const ms = ({ accepted }: OverloadResult, share: number): string =>
  `${(accepted[Math.floor((accepted.length - 1) * share)] ?? Number.NaN).toFixed(0)} ms`
