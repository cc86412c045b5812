import type { Clock } from '../../base/clock.ts'
import { newRegionalId } from '../../base/ids.ts'
import { ApiError } from '../../contract/api-error.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { Identity, IdentityLogin } from '../identity.ts'
import type { IdentityPool } from '../identity-pool.ts'
import { findIdentityOfPool, lockIdentities } from './identity-administration-repository.ts'
import { findOwners, insertIdentity, insertLogin, listLogins, markLoginsChanged, mergeIdentities } from './identity-repository.ts'

export type ResolveDeps = { readonly db: Db; readonly clock: Clock; readonly region: string }

/** What a request says about an identity, after its logins were verified. */
export type IdentityClaim = {
  readonly pool: IdentityPool
  /** Sorted by provider, so that two transactions never wait for each other. At least one. */
  readonly logins: readonly IdentityLogin[]
  /** The identity that the request names. */
  readonly identityId: string | undefined
}

/** What is known inside the transaction. `owners` are the locked identities of the logins, in the order of the logins. */
type LockedClaim = IdentityClaim & { readonly owners: readonly (Identity | undefined)[]; readonly named: Identity | undefined }

/** Chooses the identity that the logins shall belong to. Undefined for a new identity. Throws when the request is not allowed. */
export type ChooseIdentity = (claim: LockedClaim) => Identity | undefined

/** The most logins of one identity. */
const mostLogins = 20

/** How often a request begins anew because other requests changed its identities or logins. */
const mostAttempts = 5

/** Another transaction changed the identities or logins of the request. */
export class Overtaken extends Error {}

/**
 * The id of the identity that the logins belong to, for a request without a signature. Links, merges and creates identities as needed.
 * @throws ApiError NotAuthorizedException when an identity is disabled, or the named one has none of the logins
 * @throws ApiError ResourceConflictException when two identities cannot be merged, or an identity cannot have a login
 */
export async function resolveIdentity(deps: ResolveDeps, claim: IdentityClaim): Promise<string> {
  const [first, ...others] = await findOwners(deps.db, claim.pool.id, claim.logins)
  const isSettled = first !== undefined && others.every((owner) => owner === first) && (claim.identityId ?? first) === first
  const settled = isSettled ? await findIdentityOfPool(deps.db, first) : undefined
  if (settled !== undefined) return requireEnabled(settled).id
  return linkLogins(deps, claim, chooseByLogins)
}

/** Changes the logins' identity to the one that `choose` returns. `alongside` runs in the transaction of the change. */
export async function linkLogins(
  { db, clock, region }: ResolveDeps,
  claim: IdentityClaim,
  choose: ChooseIdentity,
  alongside: (tx: Tx, id: string) => Promise<void> = async () => undefined,
): Promise<string> {
  return retryOvertaken(db, async (tx) => {
    const locked = await lockClaim(tx, claim)
    const now = clock.now()
    const chosen = choose(locked)
    const id = chosen === undefined ? newRegionalId(region) : await joinIdentities(tx, locked, chosen, now)
    if (chosen === undefined) await insertIdentity(tx, { id, poolId: claim.pool.id, hadLogin: true }, now)
    await addLogins(tx, locked, id, now)
    await alongside(tx, id)
    return id
  })
}

/**
 * Runs `work` in a transaction. When it throws `Overtaken`, it begins anew in another transaction, up to `mostAttempts` times.
 * @throws ApiError ResourceConflictException when all attempts were overtaken
 */
export async function retryOvertaken<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    try {
      return await db.transaction().execute(work)
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error
    }
  }
  throw new ApiError('ResourceConflictException', 'The identity is being changed by other requests. Try again.')
}

/** The owners of the logins and the named identity, all locked. */
async function lockClaim(tx: Tx, claim: IdentityClaim): Promise<LockedClaim> {
  const { pool, logins, identityId } = claim
  const ownersBefore = await findOwners(tx, pool.id, logins)
  const ids = [...new Set([...ownersBefore, identityId].filter((id) => id !== undefined))].sort()
  const locked = new Map((ids.length === 0 ? [] : await lockIdentities(tx, ids)).map((identity) => [identity.id, identity]))
  const named = identityId === undefined ? undefined : locked.get(identityId)
  if (identityId !== undefined && named?.identityPoolId !== pool.id) throw identityNotFound(identityId)
  const owners = await findOwners(tx, pool.id, logins)
  const isUnchanged = owners.every((owner, at) => owner === ownersBefore[at] && (owner === undefined || locked.has(owner)))
  if (!isUnchanged) throw new Overtaken()
  for (const identity of locked.values()) requireEnabled(identity)
  return { ...claim, owners: owners.map((owner) => (owner === undefined ? undefined : locked.get(owner))), named }
}

/**
 * A request that names a guest may add a login to this guest. An identity that has had a login is chosen only with one of its own logins
 * as proof. Without this rule, its id would be enough to take it over.
 */
const chooseByLogins: ChooseIdentity = ({ owners, named }) => {
  const known = owners.filter((owner) => owner !== undefined)
  if (named?.hadLogin && !known.some(({ id }) => id === named.id)) throw loginsDoNotMatch()
  const oldest = known.toSorted((one, other) => one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1))[0]
  return named?.hadLogin ? named : (oldest ?? named)
}

/** Merges the other identities of the claim into the chosen one, whose id it returns. */
async function joinIdentities(tx: Tx, { pool, owners, named }: LockedClaim, chosen: Identity, now: number): Promise<string> {
  const all = [...owners, named].filter((identity) => identity !== undefined)
  const others = [...new Set(all.map(({ id }) => id))].filter((id) => id !== chosen.id)
  if (others.length > 0) await mergeLocked(tx, pool, { from: others, to: chosen.id }, now)
  return chosen.id
}

/**
 * Merges locked identities.
 * @throws ApiError ResourceConflictException when two of them have logins of the same public provider, or too many logins together
 */
export async function mergeLocked(
  tx: Tx,
  pool: IdentityPool,
  { from, to }: { readonly from: readonly string[]; readonly to: string },
  now: number,
): Promise<void> {
  requirePossibleLogins(pool, await listLogins(tx, pool.id, [...from, to], mostLogins + 1))
  await mergeIdentities(tx, pool.id, from, to, now)
  await markLoginsChanged(tx, to, now)
}

/** Gives the identity those logins that no identity has yet. */
async function addLogins(tx: Tx, { pool, logins, owners }: LockedClaim, id: string, now: number): Promise<void> {
  const added = logins.filter((_login, at) => owners[at] === undefined)
  if (added.length === 0) return
  requirePossibleLogins(pool, [...(await listLogins(tx, pool.id, [id], mostLogins + 1)), ...added])
  for (const login of added) if (!(await insertLogin(tx, { id, poolId: pool.id }, login, now))) throw new Overtaken()
  await markLoginsChanged(tx, id, now)
}

/** An identity has one login of each public provider, and any number of developer users within the limit. */
function requirePossibleLogins({ developerProvider }: IdentityPool, logins: readonly IdentityLogin[]): void {
  const providers = logins.map(({ provider }) => provider).filter((provider) => provider !== developerProvider)
  const twice = providers.find((provider, at) => providers.indexOf(provider) !== at)
  if (twice !== undefined) {
    throw new ApiError('ResourceConflictException', `Logins already linked: the identity has another login of ${twice}.`)
  }
  if (logins.length > mostLogins) {
    throw new ApiError('ResourceConflictException', `An identity can have at most ${mostLogins} linked logins.`)
  }
}

/** @throws ApiError NotAuthorizedException when the identity was merged into another one */
export function requireEnabled(identity: Identity): Identity {
  if (identity.disabledAt !== undefined) throw identityForbidden(identity.id)
  return identity
}

export function identityForbidden(id: string): ApiError {
  return new ApiError('NotAuthorizedException', `Access to Identity '${id}' is forbidden.`)
}

export function identityNotFound(id: string): ApiError {
  return new ApiError('ResourceNotFoundException', `Identity '${id}' not found.`)
}

export function loginsDoNotMatch(): ApiError {
  const message = "Logins don't match. Please include at least one valid login for this identity or identity pool."
  return new ApiError('NotAuthorizedException', message)
}

/** The error for a request without logins in a pool that has no guests. */
export function guestsNotAllowed(): ApiError {
  return new ApiError('NotAuthorizedException', 'Unauthenticated access is not supported for this identity pool.')
}
