import { ApiError } from '../../contract/api-error.ts'
import type { Pool } from '../../pools/pool.ts'
import { requireTier, type Tiers } from '../../pools/tier-rules.ts'
import { type AccessTokenDeps, authenticationOf, requireAccessToken } from '../../tokens/access-token.ts'
import { type AssuranceLevel, findLevel } from '../../tokens/assurance.ts'
import type { ChallengeName } from '../sign-in.ts'
import { proofsOf } from './methods.ts'

/** What somebody brings along who is to be authenticated to a certain level. */
export type StepUpRequest = {
  /** The levels that would do, the best first; never empty. */
  readonly levels: readonly AssuranceLevel[]
  /** What an access token says that its user has proven, and when, in epoch seconds. */
  readonly credit: { readonly sub: string; readonly proofs: readonly ChallengeName[]; readonly since: number } | undefined
}

export type StepUpDeps = AccessTokenDeps & { readonly tiers: Tiers }

/**
 * TARGET_ACR_VALUES with ACCESS_TOKEN and MAX_AGE; undefined without a target. Throws InvalidParameterException,
 * FeatureUnavailableInTierException, and what an access token is refused with.
 */
export async function readStepUp(
  deps: StepUpDeps,
  pool: Pool,
  parameters: Readonly<Record<string, string>>,
): Promise<StepUpRequest | undefined> {
  const { TARGET_ACR_VALUES: target, ACCESS_TOKEN: token, MAX_AGE: maxAge } = parameters
  if (!target) {
    if (token || maxAge) throw invalid('ACCESS_TOKEN and MAX_AGE need TARGET_ACR_VALUES.')
    return undefined
  }
  requireTier(deps.tiers, pool, 'ESSENTIALS', 'TARGET_ACR_VALUES')
  const levels = target.split(' ').flatMap((acr) => findLevel(pool, acr) ?? [])
  if (levels.length === 0) throw invalid('TARGET_ACR_VALUES has no value that the user pool knows.')
  if (maxAge && !/^\d{1,9}$/.test(maxAge)) throw invalid('MAX_AGE must be a number of seconds.')
  const credit = token ? await readCredit(deps, pool, token) : undefined
  // Too long ago: the token stays good for what it is, and counts for nothing here.
  const isStale = credit !== undefined && maxAge && credit.since + Number(maxAge) < Math.floor(deps.clock.now() / 1000)
  return { levels, credit: isStale ? { ...credit, proofs: [] } : credit }
}

async function readCredit(deps: StepUpDeps, pool: Pool, token: string): Promise<NonNullable<StepUpRequest['credit']>> {
  const caller = await requireAccessToken(deps, token)
  if (caller.pool.id !== pool.id) throw new ApiError('NotAuthorizedException', 'Invalid Access Token')
  const { methods, authTime } = authenticationOf(token)
  return { sub: caller.user.sub, proofs: proofsOf(methods), since: authTime }
}

const invalid = (message: string) => new ApiError('InvalidParameterException', message)
