import { ApiError, type ErrorCode } from '../contract/api-error.ts'
import type { AppClient } from './app-client.ts'
import type { Pool } from './pool.ts'
import { defaultAcrValues } from './registration-wire.ts'

type Tier = Pool['tier']

/** Every pool has every feature, unless the server enforces `UserPoolTier` as Cognito does (`--enforce-tiers`). */
export type Tiers = { readonly enforced: boolean }

const rank: Readonly<Record<Tier, number>> = { LITE: 0, ESSENTIALS: 1, PLUS: 2 }

/**
 * Checks that the tier of the pool includes all features that its settings use.
 * @throws ApiError TierChangeNotAllowedException when the tier was lowered from `previousTier` and lacks such a feature
 * @throws ApiError FeatureUnavailableInTierException when the tier was not lowered and lacks such a feature
 */
export function requireFeaturesOfTier(tiers: Tiers, pool: Pool, previousTier: Tier = pool.tier): void {
  if (!tiers.enforced) return
  const features = featuresAbove(pool)
  if (features.length === 0) return
  const code = rank[pool.tier] < rank[previousTier] ? 'TierChangeNotAllowedException' : 'FeatureUnavailableInTierException'
  throw new ApiError(
    code,
    `The following features need to be disabled for the ${pool.tier} pricing tier configured: ${features.join(', ')}`,
  )
}

/** The tier that a feature needs. `code` is the error code of operations whose model does not list FeatureUnavailableInTierException. */
type TierRequirement = { readonly feature: string; readonly tier: Tier; readonly code?: ErrorCode }

/** @throws ApiError FeatureUnavailableInTierException, or the requirement's own code, when the pool's tier is too low */
export function requireTier(tiers: Tiers, pool: Pick<Pool, 'tier'>, { feature, tier, code }: TierRequirement): void {
  if (!tiers.enforced || rank[pool.tier] >= rank[tier]) return
  throw new ApiError(code ?? 'FeatureUnavailableInTierException', `${feature} is not available in the ${pool.tier} pricing tier.`)
}

export function requireTierOfClient(tiers: Tiers, pool: Pool, client: AppClient): void {
  if (client.authFlows?.includes('ALLOW_USER_AUTH')) requireTier(tiers, pool, { feature: 'ALLOW_USER_AUTH', tier: 'ESSENTIALS' })
}

/** The features that the pool uses and its tier lacks. Threat Protection and Passwordless Sign-In are Cognito's names (observed). */
function featuresAbove(pool: Pool): readonly string[] {
  const features: string[] = []
  if (pool.tier !== 'PLUS' && usesThreatProtection(pool.addOns)) features.push('Threat Protection')
  if (pool.tier !== 'LITE') return features
  if (pool.allowedFirstFactors.some((factor) => factor !== 'PASSWORD')) features.push('Passwordless Sign-In')
  if (pool.mfaFactors.email) features.push('Email MFA')
  if (pool.webAuthn !== undefined) features.push('Passkeys')
  if ((pool.passwordPolicy.historySize ?? 0) > 0) features.push('Password History')
  if ((pool.triggers.byName.PreTokenGeneration?.version ?? 'V1_0') !== 'V1_0') features.push('Access Token Customization')
  if (pool.dynamicClientRegistration?.enabled) features.push('Dynamic Client Registration')
  if (pool.sessionTracking?.enabled) features.push('User Session Tracking')
  if (Object.entries(pool.acrValues ?? {}).some(([level, value]) => value !== defaultAcrValues[level])) {
    features.push('Custom Authentication Context Class References')
  }
  return features
}

export function usesThreatProtection(addOns: Pool['addOns']): boolean {
  return addOns !== undefined && addOns.advancedSecurityMode !== 'OFF'
}
