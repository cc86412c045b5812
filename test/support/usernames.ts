import { sweepFormerUsernames } from '../../src/users/usernames/former-username-repository.ts'
import { withDatabaseOf } from './deleted-users.ts'
import { callLifeguard } from './lifeguard-operations.ts'
import type { TestPoolOptions, TestServer } from './test-server.ts'

export const nameTaken = { name: 'UsernameExistsException', message: 'User already exists' }

/** Says who can change usernames in the pool, and for how many days former ones are kept. */
export const setUsernames = (server: Pick<TestServer, 'url'>, UserPoolId: string, Usernames: object) =>
  callLifeguard(server, 'SetUserPoolExtensions', { UserPoolId, Usernames })

/** A pool whose users can change their usernames. */
export async function givenChangingPool(server: TestServer, options?: TestPoolOptions, usernames: object = { ChangeableBy: 'USERS' }) {
  const ids = await server.givenPool(options)
  await setUsernames(server, ids.poolId, usernames)
  return ids
}

export const adminRename = (
  server: Pick<TestServer, 'url'>,
  UserPoolId: string,
  Username: string,
  NewUsername: string,
  more: object = {},
): Promise<{ Username: string; Sub: string }> =>
  callLifeguard(server, 'AdminChangeUsername', { UserPoolId, Username, NewUsername, ...more })

export const rename = (
  server: Pick<TestServer, 'url'>,
  AccessToken: string,
  NewUsername: string,
  Password?: string,
): Promise<{ Username: string }> => callLifeguard(server, 'ChangeUsername', { AccessToken, NewUsername, Password })

/** Frees former usernames whose time has passed, as the sweeper does. */
export const sweepUsernames = (server: TestServer): Promise<void> =>
  withDatabaseOf(server, async (db) => {
    while ((await db.transaction().execute((tx) => sweepFormerUsernames(tx, server.clock.now(), 2))) > 0);
  })

/** `ok`, or the name of the error. */
export const outcomeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'ok',
    (error: Error) => error.name,
  )
