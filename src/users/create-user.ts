import type { AuditedCall } from '../audit/audited-caller.ts'
import type { Delivery } from '../messaging/destination.ts'
import type { MessageContent } from '../messaging/message-content.ts'
import type { Pool } from '../pools/pool.ts'
import type { Db, Tx } from '../storage/db.ts'
import { detailOfTaken, lockUserTakingAliases, transferableAliases } from './alias-takeover.ts'
import { deleteExpiredSignUpsOf } from './expired-sign-ups/expired-sign-ups.ts'
import { NameConflict } from './name-sets.ts'
import type { Passwords } from './passwords/passwords.ts'
import { type AliasKind, type Attributes, aliasesOf, type User } from './user.ts'
import { findTakenName } from './user-names.ts'
import { insertUser } from './user-repository.ts'

/**
 * A new user with a name and attributes that the rules of the pool allow. `createdAt` is the time of the request. The status is known
 * where it decides which names the user has.
 */
export type UserDraft = Pick<User, 'poolId' | 'sub' | 'username' | 'attributes' | 'createdAt'> & { readonly status?: 'EXTERNAL_PROVIDER' }

/**
 * One of the ways to create a user: SignUp, AdminCreateUser, migration and a sign-in by an identity provider. Each has rules, errors and a
 * trigger of its own.
 */
export type UserCreation = {
  readonly draft: UserDraft
  /** In the clear; undefined for a user without a password. */
  readonly password: string | undefined
  /**
   * Whether a verified address of the new user is taken away from another user who has the address as an alias. If false, the address
   * counts as a taken name.
   */
  readonly takesAliases: boolean
  /** The error for a name that belongs to another user. */
  nameTaken(kind: AliasKind): Error
  /**
   * Hides that a name belongs to another user. It does as much work as the storing of `user`, and nothing is stored under the name. `content`
   * is the content of the first message. Undefined where `nameTaken` is thrown instead.
   */
  readonly hideTaken?: ((user: User, content: MessageContent | undefined) => Promise<void>) | undefined
  /**
   * Calls PreSignUp, which may refuse the user, and returns what the draft leaves open, such as the status. A migration does not call
   * PreSignUp, because it has already called UserMigration.
   */
  decide(): Promise<Decision> | Decision
  /** Undefined when the user gets no message. */
  readonly message: FirstMessage | undefined
  /** Runs in the transaction that stores the user. */
  readonly whenStored?: ((tx: Tx, user: User) => Promise<void>) | undefined
  /** The audit record of the call. Undefined in the public API, whose calls leave none. */
  readonly audit?: Pick<AuditedCall, 'record'> | undefined
}

type Decision = Pick<User, 'status'> & Partial<Pick<User, 'attributes' | 'passwordExpiresAt' | 'mfa'>>

/** The message that a new user gets. */
export type FirstMessage = {
  /** May call a trigger. Undefined when the user needs no message after all, for example because a trigger confirmed the user. */
  render(user: User): Promise<MessageContent | undefined>
  queue(tx: Tx, user: User, content: MessageContent): Promise<Delivery[]>
}

/** `isStored` is false for a user who was not created, because a name was taken and that is hidden. */
export type CreatedUser = { readonly user: User; readonly deliveries: readonly Delivery[]; readonly isStored: boolean }

type Deps = { readonly db: Db; readonly passwords: Passwords }

/**
 * Creates a user in the one order that all ways share: free the names of expired sign-ups, check the names, call `decide`, hash the
 * password, render the message, and store user and message in one transaction. Triggers and hashes are slow, so they come before the
 * transaction. A taken name that is hidden passes the same steps, until nothing is stored.
 *
 * @NOTE The caller passes the deliveries to `afterCommit` of the outbox.
 * @throws the error of `nameTaken` when another user has one of the names, before `decide` is called or when the user is stored
 */
export async function createUser(
  { db, passwords }: Deps,
  pool: Pool,
  { draft, password, takesAliases, nameTaken, hideTaken, decide, message, whenStored, audit }: UserCreation,
): Promise<CreatedUser> {
  const now = draft.createdAt
  await deleteExpiredSignUpsOf(db, pool, draft, now)
  const taken = await findTakenName(db, pool, takesAliases ? withoutAliases(draft) : draft)
  if (taken !== undefined && hideTaken === undefined) throw nameTaken(taken)

  const decision = await decide()
  const sealed = password === undefined ? null : await passwords.protect(pool, draft, password)
  const user: User = { ...blankUser, ...draft, ...decision, password: sealed, updatedAt: now }
  const content = await message?.render(user)
  const store = () =>
    db.transaction().execute(async (tx) => {
      const aliases = takesAliases ? transferableAliases(pool, aliasesOf(pool, user)) : []
      const takenFrom = aliases.length === 0 ? [] : (await lockUserTakingAliases(tx, pool, { sub: user.sub, aliases }, now)).takenFrom
      const clash = await insertUser(tx, pool, user)
      if (clash !== undefined) throw new NameClash(clash)
      await whenStored?.(tx, user)
      const queued = message === undefined || content === undefined ? [] : await message.queue(tx, user, content)
      await audit?.record(tx, { user, detail: detailOfTaken(takenFrom) })
      return queued
    })

  try {
    if (taken === undefined) return { user, deliveries: await store(), isStored: true }
  } catch (error) {
    // A name that will be taken is hidden like one that is taken.
    const isHidden = error instanceof NameConflict && hideTaken !== undefined
    // Another request has taken the name since it was looked up.
    if (!isHidden && !(error instanceof NameClash)) throw error
    if (error instanceof NameClash && hideTaken === undefined) throw nameTaken(error.kind)
  }
  await hideTaken?.(user, content)
  return { user, deliveries: [], isStored: false }
}

/** Rolls the transaction back. */
class NameClash extends Error {
  readonly kind: AliasKind

  constructor(kind: AliasKind) {
    super(`The ${kind} belongs to another user.`)
    this.kind = kind
  }
}

const blankUser = { enabled: true, passwordExpiresAt: null, signedOutAt: null, mfa: null } as const

/**
 * The draft without the addresses that will be taken from other users as aliases: these need not be free. In a pool with username
 * attributes an address stays a name, verified or not, and has to be free.
 */
function withoutAliases<Draft extends { readonly attributes: Attributes }>(draft: Draft): Draft {
  return { ...draft, attributes: { ...draft.attributes, email_verified: 'false', phone_number_verified: 'false' } }
}
