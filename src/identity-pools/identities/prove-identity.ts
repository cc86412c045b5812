import { invalidParameter } from '../../contract/api-error.ts'
import { getIdentityPool } from '../change-identity-pool.ts'
import type { IdentityPool } from '../identity-pool.ts'
import { invalidLoginToken, type VerifiedLogin } from '../logins/login-token.ts'
import { type LoginDeps, type Logins, verifyLogins } from '../logins/verify-logins.ts'
import { ownProviders, verifyDeveloperToken } from '../tokens/identity-token.ts'
import { principalTagsOf } from '../tokens/principal-tags.ts'
import { findIdentityOfPool } from './identity-administration-repository.ts'
import {
  guestsNotAllowed,
  identityForbidden,
  identityNotFound,
  type ResolveDeps,
  requireEnabled,
  resolveIdentity,
} from './resolve-identity.ts'

export type ProveDeps = ResolveDeps & LoginDeps

/** The identity of a request without a signature. */
export type ProvenIdentity = {
  readonly pool: IdentityPool
  /** Another id than the one in the request when that identity was merged into this one. */
  readonly id: string
  readonly isGuest: boolean
  /** Empty for a guest and for a developer user. */
  readonly logins: readonly VerifiedLogin[]
  /** The claim `amr` of tokens of the identity. */
  readonly amr: readonly string[]
  readonly principalTags: Readonly<Record<string, string>>
}

type Options = {
  /** Throws when the pool does not allow the operation. Called before any login is verified. */
  readonly requirePool: (pool: IdentityPool) => void
  /** Whether a token of GetOpenIdTokenForDeveloperIdentity may prove the identity. */
  readonly acceptsDeveloperToken: boolean
}

/**
 * Proves with the logins of a request that the caller is the identity that it names. Links new logins, and merges identities. Without logins
 * the identity has to be a guest.
 * @throws ApiError ResourceNotFoundException when there is no such identity
 * @throws ApiError NotAuthorizedException when a login is not valid or not one of the identity, or guests are not allowed
 * @throws ApiError ResourceConflictException when the identity cannot have the logins
 */
export async function proveIdentity(
  deps: ProveDeps,
  { identityId, logins }: { readonly identityId: string; readonly logins: Logins },
  { requirePool, acceptsDeveloperToken }: Options,
): Promise<ProvenIdentity> {
  const identity = await findIdentityOfPool(deps.db, identityId)
  if (identity === undefined) throw identityNotFound(identityId)
  const pool = await getIdentityPool(deps.db, identity.identityPoolId)
  requirePool(pool)
  requireEnabled(identity)
  const developerToken = acceptsDeveloperToken ? findDeveloperToken(deps, logins) : undefined
  if (developerToken !== undefined)
    return { pool, id: identityId, ...(await proveDeveloperUser(deps, { pool, identityId, developerToken })) }

  const verified = await verifyLogins(deps, pool, logins)
  if (verified.length === 0) {
    if (identity.hadLogin) throw identityForbidden(identityId)
    if (!pool.allowsGuests) throw guestsNotAllowed()
    return { pool, id: identityId, isGuest: true, logins: [], amr: ['unauthenticated'], principalTags: {} }
  }
  const id = await resolveIdentity(deps, { pool, logins: verified, identityId })
  const methods = verified.flatMap(({ provider, amr }) => [provider, amr])
  return {
    pool,
    id,
    isGuest: false,
    logins: verified,
    amr: ['authenticated', ...methods],
    principalTags: principalTagsOf(pool, verified),
  }
}

/** @throws ApiError InvalidParameterException when other logins come with the token */
function findDeveloperToken({ publicUrl }: ProveDeps, logins: Logins): string | undefined {
  const own = ownProviders(publicUrl).find((provider) => Object.hasOwn(logins, provider))
  if (own === undefined) return undefined
  if (Object.keys(logins).length > 1) throw invalidParameter(`Logins: a token of ${own} cannot be combined with other logins.`)
  return logins[own]
}

async function proveDeveloperUser(
  deps: ProveDeps,
  { pool, identityId, developerToken }: { readonly pool: IdentityPool; readonly identityId: string; readonly developerToken: string },
): Promise<Pick<ProvenIdentity, 'isGuest' | 'logins' | 'amr' | 'principalTags'>> {
  const proof = await verifyDeveloperToken(deps, pool, identityId, developerToken)
  if (proof === undefined) throw invalidLoginToken("Can't pass in a Cognito token.")
  return { isGuest: false, logins: [], amr: proof.amr, principalTags: proof.principalTags }
}
