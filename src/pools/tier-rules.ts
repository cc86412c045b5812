import { ApiError } from '../contract/api-error.ts'
import type { Pool } from './pool.ts'
import { defaultAcrValues } from './registration-wire.ts'

type Tier = Pool['tier']

const rank: Readonly<Record<Tier, number>> = { LITE: 0, ESSENTIALS: 1, PLUS: 2 }

/**
 * Throws when the pool is set up to use what its tier does not include: TierChangeNotAllowedException when the pool came down to that
 * tier from `previousTier`, else FeatureUnavailableInTierException.
 */
export function requireFeaturesOfTier(pool: Pool, previousTier: Tier = pool.tier): void {
  const features = featuresAbove(pool)
  if (features.length === 0) return
  const code = rank[pool.tier] < rank[previousTier] ? 'TierChangeNotAllowedException' : 'FeatureUnavailableInTierException'
  throw new ApiError(
    code,
    `The following features need to be disabled for the ${pool.tier} pricing tier configured: ${features.join(', ')}`,
  )
}

/** Threat Protection and Passwordless Sign-In are the service's own names for them (observed). */
function featuresAbove(pool: Pool): readonly string[] {
  const features: string[] = []
  if (pool.tier !== 'PLUS' && usesThreatProtection(pool.addOns)) features.push('Threat Protection')
  if (pool.tier !== 'LITE') return features
  if (pool.allowedFirstFactors.some((factor) => factor !== 'PASSWORD')) features.push('Passwordless Sign-In')
  if ((pool.passwordPolicy.historySize ?? 0) > 0) features.push('Password History')
  if ((pool.triggers.byName.PreTokenGeneration?.version ?? 'V1_0') !== 'V1_0') features.push('Access Token Customization')
  if (pool.dynamicClientRegistration?.enabled) features.push('Dynamic Client Registration')
  if (Object.entries(pool.acrValues ?? {}).some(([level, value]) => value !== defaultAcrValues[level])) {
    features.push('Custom Authentication Context Class References')
  }
  return features
}

export function usesThreatProtection(addOns: Pool['addOns']): boolean {
  return addOns !== undefined && addOns.advancedSecurityMode !== 'OFF'
}
