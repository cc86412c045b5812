import { uuidv7 } from '../../base/ids.ts'
import { invalidParameter } from '../../contract/api-error.ts'
import { checkAttributes } from '../../pools/attribute-rules.ts'
import type { Pool } from '../../pools/pool.ts'
import { changeFoundUser } from '../../users/admin/change-user.ts'
import { adminNameTaken, draftNewUser } from '../../users/admin/create-user-rules.ts'
import { listGroupsOfUser } from '../../users/groups/group-repository.ts'
import { requireStrongPassword } from '../../users/passwords/password-policy.ts'
import { withChangedPassword } from '../../users/passwords/with-changed-password.ts'
import { changeAttributes, type User } from '../../users/user.ts'
import { findUserByName, insertUser } from '../../users/user-repository.ts'
import { isSame, type Json, listOf, type Settings, textOf } from './json.ts'
import { auditOf, type CallDeps, createCall } from './operation-calls.ts'

/** A user of a file, for tests. */
export type WantedUser = {
  readonly username: string
  readonly sub: string | undefined
  readonly attributes: Readonly<Record<string, string>>
  readonly password: string | undefined
  /** Undefined when the file does not say the groups. */
  readonly groups: readonly string[] | undefined
}

export function readUsers(section: Json | undefined): readonly WantedUser[] {
  return (listOf(section) as readonly Settings[]).map((user) => ({
    username: String(user['Username']),
    sub: textOf(user['Sub']),
    attributes: Object.fromEntries(
      (listOf(user['UserAttributes']) as readonly Settings[]).map(({ Name, Value }) => [String(Name), String(Value)]),
    ),
    password: textOf(user['Password']),
    groups: user['Groups'] === undefined ? undefined : (listOf(user['Groups']) as readonly string[]),
  }))
}

/** What differs between a user of the file and the stored one. */
export type UserChange = { readonly wanted: WantedUser; readonly isNew: boolean; readonly members: readonly string[] }

/** Compares what the file says of each user, and nothing else. */
export async function compareUsers(deps: CallDeps, pool: Pool | undefined, users: readonly WantedUser[]): Promise<readonly UserChange[]> {
  const changes: UserChange[] = []
  for (const wanted of users) {
    const user = pool && (await findUserByName(deps.db, pool, wanted.username))
    if (pool === undefined || user === undefined) changes.push({ wanted, isNew: true, members: [] })
    else changes.push({ wanted, isNew: false, members: await differentMembers(deps, pool, user, wanted) })
  }
  return changes
}

async function differentMembers(deps: CallDeps, pool: Pool, user: User, wanted: WantedUser): Promise<readonly string[]> {
  if (wanted.sub !== undefined && wanted.sub !== user.sub) {
    throw invalidParameter(`The user ${wanted.username} has another Sub (${user.sub}), which cannot change. Delete the user first.`)
  }
  const attributes = Object.entries(wanted.attributes).filter(([name, value]) => (user.attributes[name] ?? '') !== value)
  const { password } = wanted
  const isRight =
    password === undefined || (user.status === 'CONFIRMED' && (await deps.passwords.matches(pool, user, user.password, password)))
  const groups = wanted.groups === undefined || isSame([...wanted.groups].sort(), (await groupsOf(deps, user)).toSorted())
  return [...attributes.map(([name]) => `UserAttributes.${name}`), ...(isRight ? [] : ['Password']), ...(groups ? [] : ['Groups'])]
}

async function groupsOf({ db, quotas }: CallDeps, { poolId, sub }: User): Promise<readonly string[]> {
  return (await listGroupsOfUser(db, poolId, sub, { after: undefined, limit: quotas.groupsPerUser + 1 })).map(({ name }) => name)
}

/**
 * Creates or changes a user. No trigger fires, and no message is sent.
 * @throws ApiError when the pool does not allow the name, an attribute or the password
 */
export async function storeUser(deps: CallDeps, poolId: string, { wanted, isNew, members }: UserChange): Promise<void> {
  const pool = await deps.pools.getPool(poolId)
  if (wanted.password !== undefined) requireStrongPassword(pool, wanted.password, 'set')
  if (isNew) await createUser(deps, pool, wanted)
  else await changeUser(deps, pool, wanted, members)
  await storeGroups(deps, pool, wanted)
}

async function createUser(deps: CallDeps, pool: Pool, { username, sub, attributes, password }: WantedUser): Promise<void> {
  const { db, clock, passwords } = deps
  const now = clock.now()
  const draft = draftNewUser(pool, { sub: sub ?? uuidv7(now), username, attributes })
  const sealed = password === undefined ? null : await passwords.protect(pool, draft, password)
  const user: User = {
    ...draft,
    ...{ status: 'CONFIRMED', enabled: true, password: sealed, passwordExpiresAt: null, signedOutAt: null, mfa: null },
    ...{ createdAt: now, updatedAt: now },
  }
  await db.transaction().execute(async (tx) => {
    const taken = await insertUser(tx, pool, user)
    if (taken !== undefined) throw adminNameTaken(pool, taken)
    await auditOf(deps, 'AdminCreateUser', { UserPoolId: pool.id }).record(tx, { user })
  })
}

async function changeUser(
  deps: CallDeps,
  pool: Pool,
  { username, attributes, password }: WantedUser,
  members: readonly string[],
): Promise<void> {
  const found = await findUserByName(deps.db, pool, username)
  if (found === undefined || members.length === 0) return
  checkAttributes(pool, attributes)
  const now = deps.clock.now()
  const sealed = members.includes('Password') && password !== undefined ? await deps.passwords.protect(pool, found, password) : undefined
  const audit = auditOf(deps, 'AdminUpdateUserAttributes', { UserPoolId: pool.id })
  await changeFoundUser({ db: deps.db, audit }, pool, found, (before) => {
    const after = { ...before, attributes: changeAttributes(before.attributes, attributes), updatedAt: now }
    if (sealed === undefined) return after
    return withChangedPassword(pool, after, { status: 'CONFIRMED', passwordExpiresAt: null, password: sealed }, now)
  })
}

async function storeGroups(deps: CallDeps, pool: Pool, { username, groups }: WantedUser): Promise<void> {
  const user = await findUserByName(deps.db, pool, username)
  if (groups === undefined || user === undefined) return
  const call = createCall(deps)
  const before = await groupsOf(deps, user)
  const place = { UserPoolId: pool.id, Username: user.username }
  for (const name of groups) if (!before.includes(name)) await call('AdminAddUserToGroup', { ...place, GroupName: name })
  for (const name of before) if (!groups.includes(name)) await call('AdminRemoveUserFromGroup', { ...place, GroupName: name })
}
