import { ApiError } from '../../contract/api-error.ts'
import type { Pool } from '../../pools/pool.ts'
import { requireTier, type Tiers } from '../../pools/tier-rules.ts'
import { type AccessTokenDeps, authenticationOf, requireAccessToken } from '../../tokens/access-token.ts'
import { type AssuranceLevel, findLevel } from '../../tokens/assurance.ts'
import type { RequestParameters } from '../parameters.ts'
import type { Proof } from '../sign-in.ts'
import { proofsOf } from './methods.ts'

/** What a client asks for when a sign-in has to reach a certain level of assurance. */
export type StepUpRequest = {
  /** The levels that the client accepts, the preferred one first; never empty. */
  readonly levels: readonly AssuranceLevel[]
  /** The earlier authentication that the client's ACCESS_TOKEN vouches for; undefined without ACCESS_TOKEN. */
  readonly earlier: EarlierAuthentication | undefined
}

/** What an access token says: whose it is, what that user proved, and its `auth_time` in epoch seconds (`since`). */
type EarlierAuthentication = { readonly sub: string; readonly proofs: readonly Proof[]; readonly since: number }

export type StepUpDeps = AccessTokenDeps & { readonly tiers: Tiers }

/**
 * Reads TARGET_ACR_VALUES, ACCESS_TOKEN and MAX_AGE. Undefined without TARGET_ACR_VALUES.
 *
 * @throws ApiError InvalidParameterException when one of the parameters is invalid, or when ACCESS_TOKEN or MAX_AGE comes without
 * TARGET_ACR_VALUES.
 * @throws ApiError FeatureUnavailableInTierException when the pool's tier does not offer TARGET_ACR_VALUES.
 * @throws ApiError NotAuthorizedException when the access token is another pool's.
 * @throws ApiError as `requireAccessToken` does.
 */
export async function readStepUp(deps: StepUpDeps, pool: Pool, parameters: RequestParameters): Promise<StepUpRequest | undefined> {
  const { TARGET_ACR_VALUES: target, ACCESS_TOKEN: token, MAX_AGE: maxAge } = parameters
  if (!target) {
    if (token || maxAge) throw invalid('ACCESS_TOKEN and MAX_AGE need TARGET_ACR_VALUES.')
    return undefined
  }
  requireTier(deps.tiers, pool, { feature: 'TARGET_ACR_VALUES', tier: 'ESSENTIALS' })
  const levels = target.split(' ').flatMap((acr) => findLevel(pool, acr) ?? [])
  if (levels.length === 0) throw invalid('TARGET_ACR_VALUES has no value that the user pool knows.')
  if (maxAge && !/^\d{1,9}$/.test(maxAge)) throw invalid('MAX_AGE must be a number of seconds.')
  const earlier = token ? await readEarlierAuthentication(deps, pool, token) : undefined
  // If the earlier authentication is older than MAX_AGE, its proofs do not count here. The access token stays valid.
  const isStale = earlier !== undefined && maxAge && earlier.since + Number(maxAge) < Math.floor(deps.clock.now() / 1000)
  return { levels, earlier: isStale ? { ...earlier, proofs: [] } : earlier }
}

async function readEarlierAuthentication(deps: StepUpDeps, pool: Pool, token: string): Promise<EarlierAuthentication> {
  const caller = await requireAccessToken(deps, token)
  if (caller.pool.id !== pool.id) throw new ApiError('NotAuthorizedException', 'Invalid Access Token')
  const { methods, authTime } = authenticationOf(token)
  return { sub: caller.user.sub, proofs: proofsOf(methods), since: authTime }
}

const invalid = (message: string) => new ApiError('InvalidParameterException', message)
