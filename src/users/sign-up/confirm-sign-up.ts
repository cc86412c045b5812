import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { checkCode, codeExpired, rememberCode, requireCode } from '../../messaging/codes.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import { type ContactAttribute, nameKey, type Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import type { CallerContext, Triggers } from '../../triggers/trigger.ts'
import { lockUserTakingAliases } from '../alias-takeover.ts'
import { type Claim, findClaimedUser, type Proof, proveCode } from '../claimed-user.ts'
import type { Alias, Attributes, User } from '../user.ts'
import { updateUser } from '../user-repository.ts'
import { runPostConfirmation } from '../user-triggers.ts'

export type ConfirmSignUpDeps = { readonly db: Db; readonly clock: Clock; readonly secrets: Secrets; readonly triggers: Triggers }

type ConfirmSignUpInput = {
  readonly username: string
  readonly code: string
  /** Whether to take the address away from another user who has it as an alias. */
  readonly forceAliasCreation: boolean
  readonly callerContext: CallerContext
}

type ConfirmedSignUp = {
  readonly user: User
  /** The attribute with the address that the code went to. Undefined when the user's address is another one now. */
  readonly provenBy: ContactAttribute | undefined
}

/**
 * Confirms a new user, and verifies the address that the code went to. Both the operation ConfirmSignUp and the link in the message use
 * this function. When PostConfirmation fails, this function throws, but the user stays confirmed.
 *
 * @throws ApiError CodeMismatchException or ExpiredCodeException when the code is wrong
 * @throws ApiError NotAuthorizedException when the user is not UNCONFIRMED
 * @throws ApiError AliasExistsException when the address is an alias of another user
 */
export async function confirmSignUpByCode(
  deps: ConfirmSignUpDeps,
  caller: AppClientCaller,
  { username, code, forceAliasCreation, callerContext }: ConfirmSignUpInput,
): Promise<ConfirmedSignUp> {
  const { db, clock, secrets } = deps
  const { pool } = caller
  const claim = await findClaimedUser(deps, caller, { username, action: 'ConfirmSignUp' })
  // The earlier code is looked up for decoys as well: otherwise the time that this takes would reveal which users exist.
  const isRepeated = claim.hidden && (await wasConfirmedBy(deps, pool, claim, code))
  if (claim.user !== undefined && (!claim.hidden || isRepeated)) requireUnconfirmed(claim.user)
  const proof = await proveCode(deps, pool.id, claim, { purpose: 'sign-up', code })

  const now = clock.now()
  const { sub } = proof.user
  const aliases = forceAliasCreation ? provenAliases(pool, proof, proof.user.attributes) : []
  const confirmed = await db.transaction().execute(async (tx) => {
    const { user } = await lockUserTakingAliases(tx, pool, { sub, aliases }, now)
    if (user === undefined) throw codeExpired()
    requireUnconfirmed(user)
    const { expiresAt } = await requireCode(tx, secrets, { poolId: pool.id, sub, purpose: 'sign-up', code, now })
    await rememberCode(tx, secrets, { poolId: pool.id, sub, code, now, expiresAt })
    // The user's address was replaced in the meantime: roll back, so that the owner of the proven address keeps the alias.
    if (aliases.length > 0 && provenAliases(pool, proof, user.attributes).length === 0) throw codeExpired()
    const confirmed = confirm(user, proof, now)
    const clash = await updateUser(tx, pool, user, confirmed.user)
    if (clash !== undefined) throw new ApiError('AliasExistsException', `An account with the ${clash} already exists.`)
    return confirmed
  })
  await runPostConfirmation(deps.triggers, { pool, user: confirmed.user, source: 'PostConfirmation_ConfirmSignUp', callerContext })
  return confirmed
}

/** Whether the user was confirmed with this code. A client that has the code already knows that the user exists. */
async function wasConfirmedBy({ db, clock, secrets }: ConfirmSignUpDeps, pool: Pool, { subject }: Claim, code: string): Promise<boolean> {
  const checked = await checkCode(db, secrets, { poolId: pool.id, sub: subject, purpose: 'confirmed', code, now: clock.now() })
  return checked.outcome === 'ok'
}

function confirm(user: User, proof: Proof, now: number): ConfirmedSignUp {
  const provenBy = currentAttribute(proof, user.attributes)
  const attributes = provenBy === undefined ? user.attributes : { ...user.attributes, [`${provenBy}_verified`]: 'true' }
  return { user: { ...user, status: 'CONFIRMED', attributes, updatedAt: now }, provenBy }
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
