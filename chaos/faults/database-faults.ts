import { setTimeout as delay } from 'node:timers/promises'
import { AdminUpdateUserAttributesCommand } from '@aws-sdk/client-cognito-identity-provider'
import type pg from 'pg'
import { givenUser } from '../../test/support/sign-in.ts'
import { outcomeOf } from '../clients/observations.ts'
import type { PostgresStage } from '../stage/postgres-stage.ts'
import { sdkClient } from '../stage/stage.ts'
import type { Fault } from './fault.ts'

const lockDeadlineMs = 10_000

export const databaseFaults: readonly Fault<PostgresStage>[] = [
  {
    name: 'backend-terminated',
    title: 'A connection is terminated while its transaction waits for a lock, once on each node',
    isQuick: true,
    async inflict(stage, { note }) {
      const outcomes: string[] = []
      for (const { url } of stage.deployment.nodes) outcomes.push(await terminateWaiting(stage, url))
      note(`the three callers: ${outcomes.join(', ')}`)
    },
  },
  {
    name: 'database-killed',
    title: 'PostgreSQL: kill -9, started again at once',
    isQuick: true,
    async inflict({ database }) {
      await database.kill()
      await database.start()
    },
  },
  {
    name: 'database-away',
    title: 'PostgreSQL is away',
    seconds: 60,
    async inflict({ database }, { seconds }) {
      await database.kill()
      await delay(seconds * 1000)
      await database.start()
    },
  },
  {
    name: 'database-frozen',
    title: 'PostgreSQL is frozen (SIGSTOP of all its processes)',
    seconds: 20,
    async inflict({ database }, { seconds }) {
      database.freeze()
      await delay(seconds * 1000)
      database.thaw()
    },
  },
]

/**
 * Locks the row of a new user, changes the user through the node at `url`, and terminates the database connection on which this change
 * waits for the lock. Returns the outcome of the change for its caller.
 */
async function terminateWaiting({ database, deployment }: PostgresStage, url: string): Promise<string> {
  const client = sdkClient(url, deployment.credentials)
  const username = `locked-${performance.now()}`
  try {
    const { sub } = await givenUser(client, deployment.poolId, username)
    return await database.with(async (locker) => {
      await locker.query('begin')
      await locker.query('select 1 from "user" where sub = $1 for update', [sub])
      const UserAttributes = [{ Name: 'nickname', Value: 'changed' }]
      const update = new AdminUpdateUserAttributesCommand({ UserPoolId: deployment.poolId, Username: username, UserAttributes })
      const outcome = client.send(update).then(() => 'ok', outcomeOf)
      await database.with((observer) => terminateFirstWaiting(observer))
      await locker.query('rollback')
      return outcome
    })
  } finally {
    client.destroy()
  }
}

async function terminateFirstWaiting(client: pg.Client): Promise<void> {
  const deadline = performance.now() + lockDeadlineMs
  while (performance.now() < deadline) {
    const { rowCount } = await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'lifeguard' and wait_event_type = 'Lock' and query like '%"user"%' limit 1`,
    )
    if (rowCount === 1) return
    await delay(20)
  }
  throw new Error('No statement waited for the lock in time.')
}
