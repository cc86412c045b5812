import { AdminDeleteUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import type { Db } from '../../src/storage/db.ts'
import { openStorage } from '../../src/storage/open-storage.ts'
import { sweepKeptUsers } from '../../src/users/deleted-users/kept-user-repository.ts'
import { callLifeguard } from './lifeguard-operations.ts'
import { sweepDeletions } from './sweep-deletions.ts'
import type { TestPoolOptions, TestServer } from './test-server.ts'

/** Has the pool keep deleted users for so many days. */
export const keepDeletedUsers = (server: TestServer, UserPoolId: string, KeepDays: number): Promise<void> =>
  callLifeguard(server, 'SetUserPoolExtensions', { UserPoolId, DeletedUsers: { KeepDays } })

/** A pool that keeps deleted users for 30 days. */
export async function givenKeepingPool(server: TestServer, options?: TestPoolOptions) {
  const ids = await server.givenPool(options)
  await keepDeletedUsers(server, ids.poolId, 30)
  return ids
}

export const deleteByAdmin = (server: TestServer, UserPoolId: string, Username: string) =>
  server.send(new AdminDeleteUserCommand({ UserPoolId, Username }))

export const restoreUser = (
  server: TestServer,
  UserPoolId: string,
  Sub: string,
): Promise<{ Username: string; Sub: string; Groups: string[] }> => callLifeguard(server, 'RestoreUser', { UserPoolId, Sub })

/** The subs of the deleted users that ListDeletedUsers shows. */
export async function keptSubs(server: TestServer, UserPoolId: string, more: object = {}): Promise<string[]> {
  const { DeletedUsers } = await callLifeguard(server, 'ListDeletedUsers', { UserPoolId, ...more })
  return (DeletedUsers as { Sub: string }[]).map(({ Sub }) => Sub)
}

/** Opens the database of a running server. */
export async function withDatabaseOf<T>(server: Pick<TestServer, 'databaseUrl'>, use: (db: Db) => Promise<T>): Promise<T> {
  const storage = await openStorage({ url: server.databaseUrl })
  try {
    return await use(storage.db)
  } finally {
    await storage.close()
  }
}

/** Purges the users whose time has passed, and removes all rows of deleted users and pools, as the sweeper does. */
export function sweepAll(server: TestServer): Promise<void> {
  return withDatabaseOf(server, async (db) => {
    const now = server.clock.now()
    while ((await db.transaction().execute((tx) => sweepKeptUsers(tx, now, 2))) > 0);
    await sweepDeletions(db, now)
  })
}

/** In how many rows of each table the user occurs. */
export const rowsOfUser = (server: TestServer, sub: string): Promise<Record<string, number>> =>
  withDatabaseOf(server, async (db) => {
    const counts: Record<string, number> = {}
    for (const table of [
      'user',
      'user_alias',
      'kept_user',
      'auth_event',
      'session',
      'device',
      'passkey',
      'software_token',
      'recovery_code_set',
    ] as const) {
      const rows = await db.selectFrom(table).select('sub').where('sub', '=', sub).execute()
      if (rows.length > 0) counts[table] = rows.length
    }
    return counts
  })
