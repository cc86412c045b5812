import { hourMs } from '../../base/durations.ts'
import type { Secrets } from '../../base/secrets.ts'
import { keptAfterExpiryMs } from '../../messaging/code-repository.ts'
import { codeLifetimesMs, issueCode } from '../../messaging/codes.ts'
import { type Contact, channelOf, chooseSignUpContact, deliveryTo, signUpOrder } from '../../messaging/destination.ts'
import type { MessageContent } from '../../messaging/message-content.ts'
import { takeSlot } from '../../messaging/message-count-repository.ts'
import { queueAccountExists, queueSignUpCode } from '../../messaging/send-code.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import { extensionsOf } from '../../pools/extensions/pool-extensions.ts'
import { returnAddressOf } from '../../pools/page-address.ts'
import { nameKey, type Pool } from '../../pools/pool.ts'
import { findSchemaRules } from '../../pools/schema-changes/schema-change-repository.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { CallerContext } from '../../triggers/trigger.ts'
import { storeUser } from '../attribute-changes.ts'
import type { UserDraft } from '../create-user.ts'
import { simulateQueue } from '../decoy-code.ts'
import { setsToWrite } from '../name-sets.ts'
import type { Passwords } from '../passwords/passwords.ts'
import { attributesToInsert } from '../schema-changes/stored-attributes.ts'
import { isSamePassword } from '../security-stamp.ts'
import { aliasesOf, type User } from '../user.ts'
import { requireValidSet } from '../user-name-repository.ts'
import { findUserByName, lockUser } from '../user-repository.ts'
import { recipientOf } from '../user-triggers.ts'
import { findHiddenSignUp, type HiddenSignUp, insertHiddenSignUp } from './hidden-sign-up-repository.ts'

// A sign-up whose name is taken, in a pool that hides that. No user is created. The answer, the trigger functions and the work are those of
// a sign-up whose name is free. Only the typed address can get a message, and only if it belongs to the account with the name: the owner of
// the address learns of the account, and a stranger can send nothing to other addresses.

type Deps = { readonly db: Db; readonly secrets: Secrets; readonly publicUrl: string }

type Attempt = {
  /** The user who would have been created. */
  readonly user: User
  /** The user who has one of the names. Undefined when another request took the name a moment ago. */
  readonly owner: User | undefined
  /** Whether the typed password is that of the owner, if the owner has not confirmed the sign-up. */
  readonly hasPasswordOfOwner: boolean
  /** The content of the message that the new user would have got. Undefined where there would have been none. */
  readonly content: MessageContent | undefined
  readonly callerContext: CallerContext
  readonly returnUrl: string | undefined
}

type Typed = { readonly draft: UserDraft; readonly password: string | undefined }

/**
 * The user who has one of the names of a new user, and whether the sign-up repeats that of a user who has not confirmed it. Looks up each
 * name and checks the password in any case, so that it always takes the same time.
 */
export async function findOwnerOfNames(
  { db, passwords }: { readonly db: Db; readonly passwords: Passwords },
  pool: Pool,
  { draft, password }: Typed,
): Promise<Pick<Attempt, 'owner' | 'hasPasswordOfOwner'>> {
  let owner: User | undefined
  for (const { key } of aliasesOf(pool, draft)) owner = (await findUserByName(db, pool, key)) ?? owner
  if (password === undefined) return { owner, hasPasswordOfOwner: false }
  const sealed = owner?.status === 'UNCONFIRMED' ? owner.password : undefined
  return { owner, hasPasswordOfOwner: await passwords.matches(pool, owner ?? draft, sealed, password) }
}

/** Does for a taken name what else stores the new user: remembers what later answers show, and queues the message. */
export async function hideSignUp(deps: Deps, caller: AppClientCaller, attempt: Attempt): Promise<void> {
  const { db, secrets } = deps
  const { pool } = caller
  const { user, content } = attempt
  const now = user.createdAt
  const contact = chooseSignUpContact(pool, user.attributes)
  const delivery = contact && deliveryTo(contact)
  const expiresAt = now + (extensionsOf(pool).signUp.unconfirmedLifetimeHours ?? 0) * hourMs
  const names = [...aliasesOf(pool, user).map(({ key }) => key), user.sub]
  await db.transaction().execute(async (tx) => {
    for (const name of names) await insertHiddenSignUp(tx, { ...keyOf(secrets, pool, name), delivery, expiresAt }, now)
    // Refuses what the storing of the user would refuse.
    const rules = await findSchemaRules(tx, pool)
    requireValidSet(pool, setsToWrite(pool, rules))
    attributesToInsert(rules, pool, [user])
    if (contact !== undefined && content !== undefined) await queueOrSimulateMessage(tx, deps, caller, { ...attempt, content, contact })
  })
}

/** What was remembered of a sign-up with the name. */
export function findHiddenSignUpOf({ db, secrets }: Pick<Deps, 'db' | 'secrets'>, pool: Pool, name: string, now: number) {
  return findHiddenSignUp(db, keyOf(secrets, pool, name), now)
}

/** Names are personal data, so only a keyed hash is stored. */
function keyOf(secrets: Secrets, pool: Pool, name: string): Pick<HiddenSignUp, 'poolId' | 'nameHash'> {
  return { poolId: pool.id, nameHash: secrets.mac('decoy', pool.id, 'hidden-sign-up', nameKey(pool, name)).toString('base64url') }
}

type Message = Attempt & {
  readonly content: MessageContent
  /** The address that the code of a new user would have gone to. */
  readonly contact: Contact
}

/**
 * Queues the message to the owner of the account, if the typed address is one of the account. An owner who has not confirmed the sign-up
 * gets the code again. Others learn that they have an account. In all other cases a message is simulated.
 */
async function queueOrSimulateMessage(tx: Tx, deps: Deps, { pool, client }: AppClientCaller, message: Message): Promise<void> {
  const { secrets, publicUrl } = deps
  const { user, owner, hasPasswordOfOwner, content, contact, callerContext, returnUrl } = message
  const now = user.createdAt
  const address = owner?.enabled ? addressOfOwner(pool, user, owner) : undefined
  const isFirst = await takeHourlySlot(tx, secrets, pool, address ?? contact, { weight: address === undefined ? 0 : 1, now })
  const waiting =
    owner && address && isSignUpAddress(pool, owner, address) ? await lockWaiting(tx, pool, owner, hasPasswordOfOwner, now) : undefined
  if (waiting !== undefined && isFirst) {
    const code = { pool, clientId: client.id, returnUrl, user: waiting, kind: 'sign-up', messageContent: content, now } as const
    await queueSignUpCode(tx, { secrets, publicUrl }, code)
    return
  }
  const { sub } = user
  const { attribute } = contact
  const lifetimeMs = codeLifetimesMs.signUp - keptAfterExpiryMs
  const code = await issueCode(tx, secrets, { poolId: pool.id, sub, purpose: 'sign-up', attribute, now, lifetimeMs })
  if (owner === undefined || owner.status === 'UNCONFIRMED' || address === undefined || !isFirst) {
    await simulateQueue(tx, secrets, pool, { sub, username: user.username, attribute, kind: 'sign-up', code, now })
    return
  }
  const messageContent = { callerContext, recipient: recipientOf(pool, owner), customMessage: undefined }
  const link = signInPageOf(publicUrl, { pool, client }, address.value)
  await queueAccountExists(tx, secrets, { pool, user: owner, contact: address, messageContent, link, now })
}

/**
 * Nobody knows which of two sign-ups was that of the owner of the address. The code that follows confirms the first. So the user loses its
 * password, unless both have the same: a stranger who has signed up first would have a way into the account. Undefined when the user waits
 * no longer.
 */
async function lockWaiting(tx: Tx, pool: Pool, owner: User, hasPasswordOfOwner: boolean, now: number): Promise<User | undefined> {
  const user = await lockUser(tx, pool.id, owner.sub)
  if (user?.status !== 'UNCONFIRMED' || !user.enabled) return undefined
  if (user.password === null || (hasPasswordOfOwner && isSamePassword(user, owner))) return user
  const after: User = { ...user, password: null, updatedAt: now }
  await storeUser(tx, pool, user, after)
  return after
}

/** The typed address that the pool verifies and that is one of the account. If there are two, it is the one that codes go to. */
function addressOfOwner(pool: Pool, typed: User, owner: User): Contact | undefined {
  for (const attribute of signUpOrder(pool)) {
    const value = typed.attributes[attribute]
    const owned = owner.attributes[attribute]
    if (value && owned && nameKey(pool, value) === nameKey(pool, owned)) return { attribute, value: owned }
  }
  return undefined
}

/** Whether the owner waits for a code that goes to this address. */
const isSignUpAddress = (pool: Pool, { status, attributes }: User, { attribute }: Contact): boolean =>
  status === 'UNCONFIRMED' && chooseSignUpContact(pool, attributes)?.attribute === attribute

/** Whether the address gets the message. It gets one in an hour, so that nobody can flood it. */
function takeHourlySlot(
  tx: Tx,
  secrets: Secrets,
  pool: Pool,
  { attribute, value }: Contact,
  { weight, now }: { weight: 0 | 1; now: number },
) {
  const hash = secrets.mac('message-cap', pool.id, 'account-exists', channelOf(attribute), value.toLowerCase()).toString('base64url')
  return takeSlot(tx, { poolId: pool.id, key: hash, max: 1, windowMs: hourMs, weight, now })
}

/** The sign-in page, with the address filled in. Undefined where the client has no pages. */
function signInPageOf(publicUrl: string, owner: AppClientCaller, address: string): string | undefined {
  const returnTo = returnAddressOf(owner)
  return returnTo && `${publicUrl}/login?${new URLSearchParams({ client_id: owner.client.id, ...returnTo, login_hint: address })}`
}
