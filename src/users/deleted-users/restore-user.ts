import { ApiError } from '../../contract/api-error.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { deleteExpiredSignUpsOf } from '../expired-sign-ups/expired-sign-ups.ts'
import { insertMember } from '../groups/group-member-repository.ts'
import { lockGroupOfMembers } from '../groups/group-repository.ts'
import { insertFreeMergedNames } from '../merging/merged-name-repository.ts'
import { type AliasKind, nextSignOut, type User } from '../user.ts'
import { findTakenName } from '../user-names.ts'
import { cancelRemoval } from '../user-removal-repository.ts'
import { findUser, findUserByName, insertUser } from '../user-repository.ts'
import { restoreFormerUsernames } from '../usernames/former-username-repository.ts'
import { insertRows } from './kept-rows.ts'
import { type KeptUser, takeKeptUser } from './kept-user-repository.ts'

/** The user who is back, and the names of the groups that the user is in again. */
export type RestoredUser = { readonly user: User; readonly groups: readonly string[] }

/**
 * Brings a deleted user back. What the user had is checked against the pool as it is now: which attributes are names, and which groups exist.
 * All tokens and codes from before the deletion stay invalid.
 *
 * @throws ApiError UserNotFoundException when the user is not kept; AliasExistsException when a name belongs to another user
 */
export async function restoreUser(tx: Tx, pool: Pool, sub: string, now: number): Promise<RestoredUser> {
  const kept = await takeKeptUser(tx, pool, sub, now)
  if (kept === undefined) throw userNotKept()
  const user: User = { ...kept.user, signedOutAt: nextSignOut(kept.user, now), updatedAt: now }
  await requireNothingTaken(tx, pool, user, kept)
  const clash = await insertUser(tx, pool, user, storedAttributesOf(kept))
  if (clash !== undefined) throw nameTaken(clash)
  await cancelRemoval(tx, user)
  const merged = mergedNamesIn(kept).map(({ value_key }) => ({ sub: user.sub, name: String(value_key) }))
  if ((await insertFreeMergedNames(tx, pool, merged)) > 0) throw nameTaken('merged')
  await restoreFormerUsernames(tx, pool, user, formerUsernamesIn(kept, now))
  for (const table of ['password_history', 'software_token', 'recovery_code_set', 'passkey', 'device', 'former_member'] as const) {
    await insertRows(tx, user, table, kept.rows[table])
  }
  return { user, groups: await joinGroups(tx, kept) }
}

/**
 * Deletes expired sign-ups that have one of the user's names. Never call it inside a transaction: it opens transactions of its own. Does
 * nothing for a user who is not kept.
 */
export async function freeNames(db: Db, pool: Pool, user: User | undefined, now: number): Promise<void> {
  if (user !== undefined) await deleteExpiredSignUpsOf(db, pool, user, now)
}

/** As they were at the deletion, whatever changes of the schema are unfinished. */
const storedAttributesOf = ({ rows }: KeptUser) => JSON.parse(String(rows.user?.[0]?.['attributes'] ?? '{}')) as User['attributes']

const mergedNamesIn = ({ rows }: KeptUser) => (rows.user_alias ?? []).filter(({ kind }) => kind === 'merged')

/** The usernames that are still reserved for the user. */
const formerUsernamesIn = ({ rows }: KeptUser, now: number) =>
  (rows.user_alias ?? []).flatMap(({ value_key, free_at }) =>
    typeof free_at === 'number' && free_at > now ? [{ key: String(value_key), freeAt: free_at }] : [],
  )

async function requireNothingTaken(tx: Tx, pool: Pool, user: User, kept: KeptUser): Promise<void> {
  if ((await findUser(tx, pool.id, user.sub)) !== undefined) {
    throw new ApiError('AliasExistsException', 'The user cannot be restored, because there is a user with the same sub now.')
  }
  const taken = await findTakenName(tx, pool, user)
  if (taken !== undefined) throw nameTaken(taken)
  for (const { value_key } of mergedNamesIn(kept)) {
    if ((await findUserByName(tx, pool, String(value_key))) !== undefined) throw nameTaken('merged')
  }
}

/** Only groups that existed at the deletion. A group of the same name that was created later is another group. */
async function joinGroups(tx: Tx, { user, deletedAt, rows }: KeptUser): Promise<readonly string[]> {
  const { poolId, sub } = user
  const names: string[] = []
  // In one order, so that two restorations cannot wait for each other.
  const keys = (rows.group_member ?? []).map(({ group_name }) => String(group_name)).sort()
  for (const memberKey of keys) {
    const group = await lockGroupOfMembers(tx, poolId, memberKey)
    if (group === undefined || group.createdAt > deletedAt) continue
    await insertMember(tx, { poolId, sub, memberKey })
    names.push(group.name)
  }
  return names
}

const kinds: Readonly<Record<AliasKind, string>> = {
  username: 'username',
  email: 'e-mail address',
  phone_number: 'phone number',
  preferred_username: 'preferred username',
  identity: 'identity of an identity provider',
  merged: 'name of a merged user',
}

const nameTaken = (kind: AliasKind) =>
  new ApiError('AliasExistsException', `The user cannot be restored, because another user has the ${kinds[kind]} now.`)

/** The error for a user who is not among those that ListDeletedUsers shows. */
export const userNotKept = () =>
  new ApiError('UserNotFoundException', 'There is no deleted user with this sub who is kept. ListDeletedUsers lists them.')
