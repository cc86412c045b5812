import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { checkCode, codeExpired, rememberCode, requireCode } from '../../messaging/codes.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import { nameKey, type Pool } from '../../pools/pool.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { CallerContext, Triggers } from '../../triggers/trigger.ts'
import { lockUserTakingAliases } from '../alias-takeover.ts'
import { type Claim, findClaimedUser, type Proof, proveCode } from '../claimed-user.ts'
import { runPostConfirmation } from '../run-post-confirmation.ts'
import type { Alias, Attributes, User } from '../user.ts'
import { updateUser } from '../user-repository.ts'

export type ConfirmSignUpDeps = { readonly db: Db; readonly clock: Clock; readonly secrets: Secrets; readonly triggers: Triggers }

type Attempt = {
  readonly username: string
  readonly code: string
  /** Takes the address over from a user who has it as an alias. */
  readonly forceAliasCreation: boolean
  readonly callerContext: CallerContext
}

/** `proven` is the attribute that the code went to, if the user still has that address. */
type Confirmed = { readonly user: User; readonly proven: Proof['attribute'] }

/**
 * Confirms a new user by the code of the sign-up message, and with it the address that the message went to. Serves the API and the
 * link in the message alike. Throws what ConfirmSignUp answers; when the pool's own code then fails, the user is confirmed all the same.
 */
export async function confirmSignUpByCode(
  deps: ConfirmSignUpDeps,
  caller: AppClientCaller,
  { username, code, forceAliasCreation, callerContext }: Attempt,
): Promise<Confirmed> {
  const { db, clock, secrets } = deps
  const { pool } = caller
  const claim = await findClaimedUser(deps, caller, username, 'ConfirmSignUp')
  // Asked about strangers as well: it takes a moment.
  const isRepeated = claim.hidden && (await hasConfirmed(deps, pool, claim, code))
  if (claim.user !== undefined && (!claim.hidden || isRepeated)) requireUnconfirmed(claim.user)
  const proof = await proveCode(deps, pool.id, claim, { purpose: 'sign-up', code })

  const now = clock.now()
  const { sub } = proof.user
  const wanted = forceAliasCreation ? aliasesProvenBy(pool, proof, proof.user.attributes) : []
  const confirmed = await db.transaction().execute(async (tx) => {
    const user = await lockUserTakingAliases(tx, pool, sub, wanted, now)
    if (user === undefined) throw codeExpired()
    requireUnconfirmed(user)
    const { expiresAt } = await requireCode(tx, secrets, { poolId: pool.id, sub, purpose: 'sign-up', code, now })
    await rememberCode(tx, secrets, { poolId: pool.id, sub, code, now, expiresAt })
    // Nobody loses an alias to an address that was replaced while we looked.
    if (wanted.length > 0 && aliasesProvenBy(pool, proof, user.attributes).length === 0) throw codeExpired()
    return storeConfirmed(tx, pool, user, proof, now)
  })
  await runPostConfirmation(deps.triggers, { pool, user: confirmed.user, source: 'PostConfirmation_ConfirmSignUp', callerContext })
  return confirmed
}

/** Whether the code is the one that has confirmed the user. A client that has it knows already that there is such a user. */
async function hasConfirmed({ db, clock, secrets }: ConfirmSignUpDeps, pool: Pool, { subject }: Claim, code: string): Promise<boolean> {
  const checked = await checkCode(db, secrets, { poolId: pool.id, sub: subject, purpose: 'confirmed', code, now: clock.now() })
  return checked.outcome === 'ok'
}

async function storeConfirmed(tx: Tx, pool: Pool, user: User, proof: Proof, now: number): Promise<Confirmed> {
  const proven = provenAddress(proof, user.attributes)
  const attributes = proven === undefined ? user.attributes : { ...user.attributes, [`${proven}_verified`]: 'true' }
  const confirmed: User = { ...user, status: 'CONFIRMED', attributes, updatedAt: now }
  const clash = await updateUser(tx, pool, user, confirmed)
  if (clash !== undefined) throw new ApiError('AliasExistsException', `An account with the ${clash} already exists.`)
  return { user: confirmed, proven }
}

/** The attribute that the code verifies: none when the address is no longer the one that the code was sent to. */
function provenAddress({ attribute, value }: Proof, attributes: Attributes): Proof['attribute'] {
  return attribute !== undefined && attributes[attribute] === value ? attribute : undefined
}

function aliasesProvenBy(pool: Pool, proof: Proof, attributes: Attributes): Alias[] {
  const kind = provenAddress(proof, attributes)
  return kind === undefined || proof.value === undefined ? [] : [{ kind, key: nameKey(pool, proof.value) }]
}

/** Throws NotAuthorizedException. @NOTE It tells that the user exists. */
function requireUnconfirmed({ status }: User): void {
  if (status !== 'UNCONFIRMED') throw new ApiError('NotAuthorizedException', `User cannot be confirmed. Current status is ${status}`)
}
