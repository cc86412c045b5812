import assert from 'node:assert/strict'
import { AdminGetUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import { findPool } from '../../src/pools/pool-repository.ts'
import { storedKind, storedKinds } from '../../src/users/name-sets.ts'
import { aliasesOf } from '../../src/users/user.ts'
import { findUserByName } from '../../src/users/user-repository.ts'
import { fromRow } from '../../src/users/user-row.ts'
import { withDatabaseOf } from './deleted-users.ts'
import { callLifeguard } from './lifeguard-operations.ts'
import { finishChange, undoChange, untilState } from './schema-changes.ts'
import type { TestServer } from './test-server.ts'

/** The members of StartSchemaChange about names. */
export type Names = {
  readonly UsernameAttributes?: readonly string[]
  readonly AliasAttributes?: readonly string[]
  readonly UsernameConfiguration?: { readonly CaseSensitive: boolean }
  readonly MissingNames?: 'REPORT' | 'REFUSE'
}

type Server = Pick<TestServer, 'url' | 'send'>

export const planNames = (server: Server, UserPoolId: string, names: Names) =>
  callLifeguard(server, 'PlanSchemaChange', { UserPoolId, ...names })

export const startNames = (server: Server, UserPoolId: string, names: Names, more: object = {}) =>
  callLifeguard(server, 'StartSchemaChange', { UserPoolId, ...names, ...more })

/** Starts a change of names and waits until the new names apply. */
export async function switchNames(server: TestServer, poolId: string, names: Names, more: object = {}) {
  await startNames(server, poolId, names, more)
  return untilState(server, poolId, 'SWITCHED')
}

/** How long the server keeps the former names after a switch or an undo, for processes that have not noticed it yet. */
const staleMs = 10_000

export async function finishNames(server: TestServer, poolId: string) {
  assert.equal((await finishChange(server, poolId)).SchemaChange.State, 'FINISHING')
  server.clock.advance(staleMs)
  await untilState(server, poolId, 'FINISHED')
}

export async function undoNames(server: TestServer, poolId: string) {
  assert.equal((await undoChange(server, poolId)).SchemaChange.State, 'UNDOING')
  server.clock.advance(staleMs)
  await untilState(server, poolId, 'UNDONE')
}

/** The `sub` of the user whom an administrator finds by the name. Undefined when there is none. */
export async function foundBy(server: Server, UserPoolId: string, Username: string): Promise<string | undefined> {
  try {
    const { UserAttributes = [] } = await server.send(new AdminGetUserCommand({ UserPoolId, Username }))
    return UserAttributes.find(({ Name }) => Name === 'sub')?.Value
  } catch (error) {
    if (error instanceof Error && error.name === 'UserNotFoundException') return undefined
    throw error
  }
}

/**
 * Compares the names that are stored with those that the attributes of the users give. `hasOthers`: names of the other set may be stored as
 * well, as long as a change is unfinished. Names of merged users and former usernames are not looked at.
 */
export function requireExactNames(server: Pick<TestServer, 'databaseUrl'>, poolId: string, { hasOthers = false } = {}): Promise<void> {
  return withDatabaseOf(server, async (db) => {
    const pool = (await findPool(db, poolId)) ?? assert.fail('The pool is gone.')
    const users = await db.selectFrom('user').selectAll().where('pool_id', '=', poolId).execute()
    const wanted = users.flatMap((row) => {
      const user = fromRow({ ...row, schema_rules: null })
      return aliasesOf(pool, user).map(({ kind, key }) => `${storedKind(pool, kind)} ${key} ${user.sub}`)
    })
    const rows = await db
      .selectFrom('user_alias')
      .selectAll()
      .where('pool_id', '=', poolId)
      .where('kind', 'not in', ['merged', '2:merged'])
      .where('free_at', 'is', null)
      .execute()
    const valid = new Set<string>([...storedKinds(pool), 'identity'])
    const stored = rows.filter(({ kind }) => !hasOthers || valid.has(kind)).map(({ kind, value_key, sub }) => `${kind} ${value_key} ${sub}`)
    assert.deepEqual(stored.sort(), wanted.sort())
    for (const row of users) {
      const user = fromRow({ ...row, schema_rules: null })
      const kinds = new Set<string>(aliasesOf(pool, user).map(({ kind }) => kind))
      const { email, phone_number, preferred_username } = user.attributes
      const names = Object.entries({ username: user.username, email, phone_number, preferred_username })
      const own = names.flatMap(([kind, name]) => (kinds.has(kind) && name !== undefined ? [name] : []))
      for (const name of [user.sub, ...own]) assert.equal((await findUserByName(db, pool, name))?.sub, user.sub, name)
    }
  })
}
