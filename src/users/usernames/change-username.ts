import type { AuditedCall } from '../../audit/audited-caller.ts'
import { changedMembers } from '../../audit/changed-members.ts'
import { dayMs } from '../../base/durations.ts'
import { ApiError } from '../../contract/api-error.ts'
import { usernamesOf } from '../../pools/extensions/pool-extensions.ts'
import { nameKey, type Pool } from '../../pools/pool.ts'
import { findSchemaRules } from '../../pools/schema-changes/schema-change-repository.ts'
import type { Tx } from '../../storage/db.ts'
import { writeComparedUser } from '../compared-user.ts'
import { nameHistoryVerifiers } from '../passwords/password-history-repository.ts'
import { keepVerifierName } from '../passwords/sealed-password.ts'
import type { User } from '../user.ts'
import { replaceNames, requireUsernameFits } from '../user-name-repository.ts'
import { findTakenName } from '../user-names.ts'
import { updateUserRow } from '../user-repository.ts'
import { deleteUsername, listFormerUsernames, reserveUsername, takeUsername } from './former-username-repository.ts'

/** The most former usernames that are reserved for one user. Otherwise one user could keep many names from others. */
const maxFormerUsernames = 5

type UsernameChange = {
  /** As it is stored (see `readNewUsername`). */
  readonly username: string
  readonly now: number
  /** Whether the former username is free at once, whatever the pool says. */
  readonly releasesFormer?: boolean
  /** The audit record of the call. Undefined in the public API. */
  readonly audit?: AuditedCall | undefined
}

/**
 * Stores the new username of a user that the transaction has locked.
 *
 * @throws ApiError UsernameExistsException when another user has the name, or it is reserved for another user
 * @throws ApiError LimitExceededException when too many former usernames are reserved for the user
 */
export async function storeUsername(tx: Tx, pool: Pool, before: User, change: UsernameChange): Promise<User> {
  const { username, now, audit } = change
  if (username === before.username) {
    await audit?.record(tx, { user: before, changedMembers: [] })
    return before
  }
  const password = before.password && keepVerifierName(before.password, before.username)
  const after: User = { ...before, username, password, updatedAt: now }
  await moveNames(tx, pool, before, change)
  await nameHistoryVerifiers(tx, before)
  // The attributes stay, so no rule of a schema change matters for the row.
  await updateUserRow(tx, pool, { before, after }, undefined)
  const changed = changedMembers(writeComparedUser(before), writeComparedUser(after))
  await audit?.record(tx, { user: after, changedMembers: changed, detail: `former username: ${before.username}` })
  return after
}

async function moveNames(tx: Tx, pool: Pool, user: User, { username, now, releasesFormer = false }: UsernameChange): Promise<void> {
  const move = { from: user.username, to: username }
  const names = { before: user, after: { ...user, username } }
  const rules = await findSchemaRules(tx, pool)
  // The same name in another spelling of Unicode, or of case. An unfinished schema change may tell them apart.
  if (nameKey(pool, move.from) === nameKey(pool, move.to)) {
    if ((await replaceNames(tx, pool, names, rules)) !== undefined) throw usernameTaken()
    return
  }
  const taken = await findTakenName(tx, pool, { ...user, username })
  // The new name is taken before the old one is given up: two users who exchange their names at once would otherwise wait for each other.
  if (taken !== undefined || !(await takeUsername(tx, pool, user, username))) throw usernameTaken()
  await requireUsernameFits(tx, pool, names, rules)
  const { keepFormerDays } = usernamesOf(pool)
  const freeAt = releasesFormer || keepFormerDays === 0 ? undefined : now + keepFormerDays * dayMs
  if (freeAt === undefined) return deleteUsername(tx, pool, user, move)
  await reserveUsername(tx, pool, user, move, freeAt)
  if ((await listFormerUsernames(tx, pool, user)).length > maxFormerUsernames) throw tooManyFormer()
}

const usernameTaken = () => new ApiError('UsernameExistsException', 'User already exists')

const tooManyFormer = () =>
  new ApiError(
    'LimitExceededException',
    `At most ${maxFormerUsernames} former usernames are reserved for a user. Change the username again once the oldest is free.`,
  )
