import { uuidv7 } from '../src/base/ids.ts'
import { findPool } from '../src/pools/pool-repository.ts'
import { openStorage, type Storage } from '../src/storage/open-storage.ts'
import type { User } from '../src/users/user.ts'
import { insertUsers } from '../src/users/user-batch-repository.ts'
import { type Answer, call, type DevServer, flag, printTable, withDevServer } from './dev-server.ts'
import type { EngineName } from './engines.ts'

const usage = `Deletes a pool of many users. Measures how long requests to another pool take before the deletion, and until the last row is gone.

  npm run bench:delete-pool -- [--users=300000] [--engines=sqlite,postgres]`

const quietSeconds = 15
const usersPerTransaction = 500

async function createPool(server: DevServer, PoolName: string): Promise<string> {
  const { UserPool } = await call(server, 'CreateUserPool', { PoolName, UsernameAttributes: ['email'] })
  return String((UserPool as Answer)['Id'])
}

function userOf(poolId: string, at: number): User {
  const now = Date.now()
  const sub = uuidv7(now)
  const email = `user-${String(at).padStart(8, '0')}@example.test`
  const attributes = { email, email_verified: 'true', name: `Ana Number ${at}`, given_name: 'Ana', family_name: `Number ${at}` }
  const times = { passwordExpiresAt: null, signedOutAt: null, createdAt: now, updatedAt: now }
  // The password is as long as a sealed salt and verifier.
  return { poolId, sub, username: sub, status: 'CONFIRMED', enabled: true, attributes, password: 'x'.repeat(600), mfa: null, ...times }
}

async function fill({ db }: Storage, poolId: string, users: number): Promise<void> {
  const pool = await findPool(db, poolId)
  if (pool === undefined) throw new Error('The pool does not exist.')
  for (let first = 0; first < users; first += usersPerTransaction) {
    const batch = Array.from({ length: Math.min(usersPerTransaction, users - first) }, (_, at) => userOf(poolId, first + at))
    await db.transaction().execute(async (tx) => {
      await insertUsers(tx, pool, batch)
      await tx
        .insertInto('group_member')
        .values(batch.map(({ sub }) => ({ pool_id: poolId, sub, group_name: 'everyone' })))
        .execute()
    })
  }
}

/**
 * Sends requests one after the other, alternately reading and writing, until `isOver` resolves to true. `isOver` is called after every
 * hundred requests. Returns the milliseconds that each request took, sorted.
 */
async function sendRequestsUntil(server: DevServer, poolId: string, isOver: () => Promise<boolean>): Promise<number[]> {
  const user = { UserPoolId: poolId, Username: 'ben@example.test' }
  const waits: number[] = []
  for (let at = 0; at % 100 !== 0 || !(await isOver()); at++) {
    const began = performance.now()
    if (at % 2 === 0) await call(server, 'AdminGetUser', user)
    else await call(server, 'AdminUpdateUserAttributes', { ...user, UserAttributes: [{ Name: 'nickname', Value: String(at) }] })
    waits.push(performance.now() - began)
  }
  return waits.sort((a, b) => a - b)
}

function figures(waits: readonly number[]): string[] {
  return [0.5, 0.99, 1].map((share) => (waits[Math.floor((waits.length - 1) * share)] ?? 0).toFixed(1))
}

async function measure(name: EngineName): Promise<void> {
  const users = Number(flag('users') ?? 300_000)
  await withDevServer(
    name,
    () => [],
    async (server) => {
      const storage = await openStorage({ url: server.databaseUrl })
      try {
        const [large, other] = [await createPool(server, 'large'), await createPool(server, 'other')]
        await call(server, 'AdminCreateUser', { UserPoolId: other, Username: 'ben@example.test', MessageAction: 'SUPPRESS' })
        await fill(storage, large, users)
        const quietUntil = performance.now() + quietSeconds * 1000
        const before = await sendRequestsUntil(server, other, async () => performance.now() > quietUntil)
        const began = performance.now()
        await call(server, 'DeleteUserPool', { UserPoolId: large })
        const answered = performance.now() - began
        const meanwhile = await sendRequestsUntil(server, other, () => isRemoved(storage, large))
        const seconds = (performance.now() - began) / 1000
        console.log(`| ${[name, users, answered.toFixed(1), seconds.toFixed(0), ...figures(before), ...figures(meanwhile)].join(' | ')} |`)
      } finally {
        await storage.close()
      }
    },
  )
}

/**
 * Whether all rows of the pool are deleted. The sweeper begins within a minute. Once it has deleted all rows, it schedules a last look for
 * an hour after the deletion.
 */
async function isRemoved({ db }: Storage, poolId: string): Promise<boolean> {
  const pool = await db.selectFrom('deleted_pool').select(['deleted_at', 'due_at']).where('id', '=', poolId).executeTakeFirst()
  return pool === undefined || pool.due_at > pool.deleted_at
}

const waits = (when: string) => ['median', 'p99', 'max'].map((share) => `${when} ${share} ms`)
const columns = ['users', 'DeleteUserPool ms', 'all rows gone s', ...waits('before'), ...waits('meanwhile')]
await printTable(usage, columns, measure)
