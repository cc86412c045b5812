import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { administer, databaseUrl, newDatabaseName } from '../test/support/postgres.ts'
import { call } from './dev-server.ts'

// Starts and resets servers for tests, as the process of a test file does. The parent sends what to measure, and gets the times.

export type TestingRun = {
  readonly run: 'in-process' | 'child-process'
  readonly hasFile: boolean
  /** Undefined for SQLite. */
  readonly clusterUrl: string | undefined
}

/** All times in milliseconds, in their order. */
export type TestingTimes = { readonly starts: readonly number[]; readonly resets: readonly number[] }

/** One that counts as the first, and ten whose median counts. */
const rounds = 11
const users = 10

const pool = { id: 'us-east-1_Bench', client: 'bench' }

const poolFile = {
  UserPools: [
    {
      UserPoolId: pool.id,
      PoolName: 'bench',
      Clients: [{ ClientId: pool.client, ClientName: 'bench', ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] }],
      Groups: [{ GroupName: 'members' }],
      Users: Array.from({ length: users }, (_, index) => ({
        Username: `user-${index}`,
        Password: `Correct-horse-${index}`,
        UserAttributes: [{ Name: 'email', Value: `user-${index}@example.test` }],
        Groups: ['members'],
      })),
    },
  ],
}

async function measure({ run, hasFile, clusterUrl }: TestingRun): Promise<TestingTimes> {
  const { startLifeguard } = (await import(new URL('../dist/testing.js', import.meta.url).href)) as typeof import('../src/testing/index.ts')
  const file = join(tmpdir(), `lifeguard-bench-${process.pid}.json`)
  writeFileSync(file, JSON.stringify(poolFile))
  const starts: number[] = []
  const resets: number[] = []
  try {
    for (let round = 1; round <= rounds; round++) {
      const flags = clusterUrl === undefined ? [] : ['--database', await newDatabase(clusterUrl)]
      const begin = performance.now()
      await using lifeguard = await startLifeguard({ run, flags, ...(hasFile && { apply: file }) })
      await call(lifeguard, 'ListUserPools', { MaxResults: 1 })
      starts.push(performance.now() - begin)
      while (round === rounds && resets.length < rounds) {
        await makeUsers(lifeguard, hasFile)
        const before = performance.now()
        await lifeguard.reset()
        resets.push(performance.now() - before)
      }
    }
  } finally {
    rmSync(file)
  }
  return { starts, resets }
}

async function newDatabase(clusterUrl: string): Promise<string> {
  const name = newDatabaseName('bench')
  await administer(clusterUrl, `create database ${name} template template0`)
  return databaseUrl(clusterUrl, name)
}

/** What a test makes. Without a file it makes the pool as well. */
async function makeUsers(server: { readonly url: string }, hasPool: boolean): Promise<void> {
  if (!hasPool) await call(server, 'CreateUserPool', { PoolName: 'bench', UserPoolTags: { _custom_id_: pool.id } })
  for (let index = 0; index < users; index++) {
    const user = { UserPoolId: pool.id, Username: `new-${index}` }
    await call(server, 'AdminCreateUser', { ...user, MessageAction: 'SUPPRESS' })
    await call(server, 'AdminSetUserPassword', { ...user, Password: 'Correct-horse-7', Permanent: true })
  }
}

process.once('message', async (run: TestingRun) => {
  const times = await measure(run)
  process.send?.(times)
  process.disconnect?.()
})
