import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { checkCode, codeExpired, rememberCode, requireCode } from '../../messaging/codes.ts'
import { type Delivery, findMissingContact } from '../../messaging/destination.ts'
import type { MessageContent } from '../../messaging/message-content.ts'
import type { Outbox } from '../../messaging/outbox.ts'
import { queueSignUpCode } from '../../messaging/send-code.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import { type ContactAttribute, nameKey, type Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import type { CallerContext, Triggers } from '../../triggers/trigger.ts'
import { lockUserTakingAliases } from '../alias-takeover.ts'
import { type Claim, findClaimedUser, type Proof, proveCode } from '../claimed-user.ts'
import type { Alias, Attributes, User } from '../user.ts'
import { updateUser } from '../user-repository.ts'
import { renderMessageTo, runPostConfirmation } from '../user-triggers.ts'

export type ConfirmSignUpDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: Secrets
  readonly triggers: Triggers
  readonly outbox: Outbox
  readonly publicUrl: string
}

type ConfirmSignUpInput = {
  readonly username: string
  readonly code: string
  /** Whether to take the address away from another user who has it as an alias. */
  readonly forceAliasCreation: boolean
  readonly callerContext: CallerContext
  /** Where the link in a message leads at its end. */
  readonly returnUrl: string | undefined
}

type ConfirmedSignUp = {
  readonly user: User
  /** The attribute with the address that the code went to. Undefined when the user's address is another one now. */
  readonly provenBy: ContactAttribute | undefined
  /** Where the next code went. Undefined when the user is confirmed. */
  readonly missing: Delivery | undefined
}

/**
 * Confirms a new user, and verifies the address that the code went to. In a pool that verifies all addresses, a user with another address
 * gets a code there, and stays UNCONFIRMED until the last address is verified. Both the operation ConfirmSignUp and the link in the message use
 * this function. When PostConfirmation fails, this function throws, but the user stays confirmed.
 *
 * @throws ApiError CodeMismatchException or ExpiredCodeException when the code is wrong
 * @throws ApiError NotAuthorizedException when the user is not UNCONFIRMED
 * @throws ApiError AliasExistsException when the address is an alias of another user
 */
export async function confirmSignUpByCode(
  deps: ConfirmSignUpDeps,
  caller: AppClientCaller,
  { username, code, forceAliasCreation, callerContext, returnUrl }: ConfirmSignUpInput,
): Promise<ConfirmedSignUp> {
  const { db, clock, secrets, outbox } = deps
  const { pool, client } = caller
  const claim = await findClaimedUser(deps, caller, { username, action: 'ConfirmSignUp' })
  // The earlier code is looked up for decoys as well: otherwise the time that this takes would reveal which users exist.
  const isRepeated = claim.hidden && (await wasConfirmedBy(deps, pool, claim, code))
  if (claim.user !== undefined && (!claim.hidden || isRepeated)) requireUnconfirmed(claim.user)
  const proof = await proveCode(deps, pool.id, claim, { purpose: 'sign-up', code })

  const now = clock.now()
  const { sub } = proof.user
  const messageContent = await renderNext(deps, pool, confirm(pool, proof.user, proof, now).user, callerContext)
  const aliases = forceAliasCreation ? provenAliases(pool, proof, proof.user.attributes) : []
  const confirmed = await db.transaction().execute(async (tx) => {
    const { user } = await lockUserTakingAliases(tx, pool, { sub, aliases }, now)
    if (user === undefined) throw codeExpired()
    requireUnconfirmed(user)
    const { expiresAt } = await requireCode(tx, secrets, { poolId: pool.id, sub, purpose: 'sign-up', code, now })
    // The user's address was replaced in the meantime: roll back, so that the owner of the proven address keeps the alias.
    if (aliases.length > 0 && provenAliases(pool, proof, user.attributes).length === 0) throw codeExpired()
    const confirmed = confirm(pool, user, proof, now)
    const clash = await updateUser(tx, pool, user, confirmed.user)
    if (clash !== undefined) throw new ApiError('AliasExistsException', `An account with the ${clash} already exists.`)
    if (confirmed.user.status === 'CONFIRMED') {
      await rememberCode(tx, secrets, { poolId: pool.id, sub, code, now, expiresAt })
      return { ...confirmed, missing: undefined }
    }
    const next = { pool, clientId: client.id, returnUrl, user: confirmed.user, kind: 'sign-up', messageContent, now } as const
    return { ...confirmed, missing: await queueSignUpCode(tx, deps, next) }
  })
  const { user, missing } = confirmed
  if (missing !== undefined) await outbox.afterCommit(pool, [missing])
  else await runPostConfirmation(deps.triggers, { pool, user, source: 'PostConfirmation_ConfirmSignUp', callerContext })
  return confirmed
}

/**
 * The content of the message with the next code, for a user who has another address to verify. A user whose addresses change at the same
 * time gets it without CustomMessage.
 */
function renderNext({ triggers }: ConfirmSignUpDeps, pool: Pool, user: User, callerContext: CallerContext): Promise<MessageContent> {
  const contact = findMissingContact(pool, user.attributes)
  const attributes = contact === undefined ? [] : [contact.attribute]
  return renderMessageTo(triggers, { pool, user, attributes, kind: 'sign-up', callerContext })
}

/** Whether the user was confirmed with this code. A client that has the code already knows that the user exists. */
async function wasConfirmedBy({ db, clock, secrets }: ConfirmSignUpDeps, pool: Pool, { subject }: Claim, code: string): Promise<boolean> {
  const checked = await checkCode(db, secrets, { poolId: pool.id, sub: subject, purpose: 'confirmed', code, now: clock.now() })
  return checked.outcome === 'ok'
}

function confirm(pool: Pool, user: User, proof: Proof, now: number): Omit<ConfirmedSignUp, 'missing'> {
  const provenBy = currentAttribute(proof, user.attributes)
  const attributes = provenBy === undefined ? user.attributes : { ...user.attributes, [`${provenBy}_verified`]: 'true' }
  const status = findMissingContact(pool, attributes) === undefined ? 'CONFIRMED' : 'UNCONFIRMED'
  return { user: { ...user, status, attributes, updatedAt: now }, provenBy }
}

function provenAliases(pool: Pool, proof: Proof, attributes: Attributes): Alias[] {
  const kind = currentAttribute(proof, attributes)
  return kind === undefined || proof.value === undefined ? [] : [{ kind, key: nameKey(pool, proof.value) }]
}

/** The attribute that the code verifies. Undefined when the user's address is no longer the one that the code went to. */
function currentAttribute({ attribute, value }: Proof, attributes: Attributes): ContactAttribute | undefined {
  return attribute !== undefined && attributes[attribute] === value ? attribute : undefined
}

/** @NOTE The error reveals that the user exists. Call it only if the client does not hide that, or if the caller has the right code. */
function requireUnconfirmed({ status }: User): void {
  if (status !== 'UNCONFIRMED') throw new ApiError('NotAuthorizedException', `User cannot be confirmed. Current status is ${status}`)
}
