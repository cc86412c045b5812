import { uuidv7 } from '../src/base/ids.ts'
import { findPool } from '../src/pools/pool-repository.ts'
import { openStorage, type Storage } from '../src/storage/open-storage.ts'
import type { User } from '../src/users/user.ts'
import { insertUsers } from '../src/users/user-batch-repository.ts'
import { type Answer, call, type DevServer, flag, printTable, withDevServer } from './dev-server.ts'
import type { EngineName } from './engines.ts'

const usage = `Renames an attribute of a pool of many users, and then makes their e-mail addresses names. Measures how long sign-ins to the pool
take before each change, and until it is finished.

  npm run bench:schema-change -- [--users=200000] [--engines=sqlite,postgres]`

const quietSeconds = 15
const usersPerTransaction = 500
const concurrency = 4
const changes = {
  attribute: { Changes: [{ Attribute: 'custom:plan', NewName: 'custom:tier' }] },
  names: { AliasAttributes: ['email'] },
}
const person = { Username: 'ana', Password: 'Correct-horse-7' }

/** A pool with a custom attribute, an app client and one user who can sign in. */
async function createPool(server: DevServer): Promise<{ readonly UserPoolId: string; readonly ClientId: string }> {
  const Schema = [{ Name: 'plan', AttributeDataType: 'String', Mutable: true }]
  const { UserPool } = await call(server, 'CreateUserPool', { PoolName: 'large', Schema })
  const UserPoolId = String((UserPool as Answer)['Id'])
  const client = { UserPoolId, ClientName: 'bench', ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] }
  const { UserPoolClient } = await call(server, 'CreateUserPoolClient', client)
  const UserAttributes = [{ Name: 'custom:plan', Value: 'gold' }]
  await call(server, 'AdminCreateUser', { UserPoolId, Username: person.Username, MessageAction: 'SUPPRESS', UserAttributes })
  await call(server, 'AdminSetUserPassword', { UserPoolId, ...person, Permanent: true })
  return { UserPoolId, ClientId: String((UserPoolClient as Answer)['ClientId']) }
}

function userOf(poolId: string, at: number): User {
  const now = Date.now()
  const email = `user-${at}@example.test`
  const attributes = { email, email_verified: 'true', name: `Ana Number ${at}`, 'custom:plan': `plan-${at}` }
  const times = { passwordExpiresAt: null, signedOutAt: null, createdAt: now, updatedAt: now }
  // The password is as long as a sealed salt and verifier.
  const password = 'x'.repeat(600)
  return { poolId, sub: uuidv7(now), username: `user-${at}`, status: 'CONFIRMED', enabled: true, attributes, password, mfa: null, ...times }
}

async function fill({ db }: Storage, poolId: string, users: number): Promise<void> {
  const pool = await findPool(db, poolId)
  if (pool === undefined) throw new Error('The pool does not exist.')
  for (let first = 0; first < users; first += usersPerTransaction) {
    const batch = Array.from({ length: Math.min(usersPerTransaction, users - first) }, (_, at) => userOf(poolId, first + at))
    await db.transaction().execute((tx) => insertUsers(tx, pool, batch))
  }
}

/** Signs the user in again and again, from several places at once, until `isOver`. Returns the milliseconds of each sign-in, sorted. */
async function signInUntil(server: DevServer, ClientId: string, isOver: () => boolean): Promise<number[]> {
  const waits: number[] = []
  const AuthParameters = { USERNAME: person.Username, PASSWORD: person.Password }
  const one = async () => {
    while (!isOver()) {
      const began = performance.now()
      await call(server, 'InitiateAuth', { ClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters })
      waits.push(performance.now() - began)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, one))
  return waits.sort((a, b) => a - b)
}

const figures = (waits: readonly number[]): string[] =>
  [0.5, 0.99, 1].map((share) => (waits[Math.floor((waits.length - 1) * share)] ?? 0).toFixed(1))

/** Calls `act`, and signs in until the change is in the state. */
async function measureUntil({ db }: Storage, server: DevServer, ids: Ids, state: string, act: () => Promise<unknown>) {
  const began = performance.now()
  await act()
  let isOver = false
  const look = async () => {
    while (!isOver) {
      const row = await db.selectFrom('schema_change').select('state').where('pool_id', '=', ids.UserPoolId).executeTakeFirst()
      isOver = row?.state === state
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  const [waits] = await Promise.all([signInUntil(server, ids.ClientId, () => isOver), look()])
  return [((performance.now() - began) / 1000).toFixed(1), ...figures(waits)]
}

type Ids = Awaited<ReturnType<typeof createPool>>

async function measure(name: EngineName): Promise<void> {
  const users = Number(flag('users') ?? 200_000)
  await withDevServer(
    name,
    () => [],
    async (server) => {
      const storage = await openStorage({ url: server.databaseUrl })
      try {
        const ids = await createPool(server)
        await fill(storage, ids.UserPoolId, users)
        const own = (operation: string, request: object) =>
          call(server, `LifeguardService.${operation}`, { UserPoolId: ids.UserPoolId, ...request })
        for (const [change, request] of Object.entries(changes)) {
          const quietUntil = performance.now() + quietSeconds * 1000
          const before = await signInUntil(server, ids.ClientId, () => performance.now() > quietUntil)
          const switched = await measureUntil(storage, server, ids, 'SWITCHED', () => own('StartSchemaChange', request))
          const finished = await measureUntil(storage, server, ids, 'FINISHED', () => own('FinishSchemaChange', {}))
          console.log(`| ${[name, users, change, ...figures(before), ...switched, ...finished].join(' | ')} |`)
        }
      } finally {
        await storage.close()
      }
    },
  )
}

const waits = (when: string) => ['median', 'p99', 'max'].map((share) => `${when} ${share} ms`)
const columns = ['users', 'change', ...waits('before'), 'switched s', ...waits('until then'), 'finished s', ...waits('meanwhile')]
await printTable(usage, columns, measure)
