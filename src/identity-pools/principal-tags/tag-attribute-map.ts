import { invalidParameter } from '../../contract/api-error.ts'
import type { Input, Output } from '../../contract/operation.ts'
import type { IdentityPool, TagAttributeMap } from '../identity-pool.ts'

/** The most bytes that the claim names of one map have together. */
const maxBytes = 460

/** The most maps of a pool. A pool with more providers than this would not fit its quotas. */
const maxMaps = 100

/**
 * Undefined when the request neither asks for the default tags nor has tags of its own: it then removes the map.
 * @throws ApiError InvalidParameterException when two keys differ only in case, or the claim names are too long together
 */
export function readTagMap({ UseDefaults = false, PrincipalTags = {} }: Input<'SetPrincipalTagAttributeMap'>): TagAttributeMap | undefined {
  requireDistinctTagKeys(PrincipalTags)
  const bytes = Object.values(PrincipalTags).reduce((sum, claim) => sum + Buffer.byteLength(claim), 0)
  if (bytes > maxBytes) {
    throw invalidParameter(`PrincipalTags: the attribute names have ${bytes} bytes together. They can have at most ${maxBytes}.`)
  }
  if (!UseDefaults && Object.keys(PrincipalTags).length === 0) return undefined
  return { usesDefaults: UseDefaults, tags: { ...PrincipalTags } }
}

/**
 * Policies ignore the case of tag keys, so two keys that differ only in case would be one tag with two values.
 * @throws ApiError InvalidParameterException when two keys differ only in case
 */
export function requireDistinctTagKeys(tags: Readonly<Record<string, string>>): void {
  const seen = new Map<string, string>()
  for (const key of Object.keys(tags)) {
    const other = seen.get(key.toLowerCase())
    if (other !== undefined) {
      throw invalidParameter(`PrincipalTags: the keys ${JSON.stringify(other)} and ${JSON.stringify(key)} differ only in case.`)
    }
    seen.set(key.toLowerCase(), key)
  }
}

export function findTagMap({ tagMaps }: Pick<IdentityPool, 'tagMaps'>, provider: string): TagAttributeMap | undefined {
  return Object.hasOwn(tagMaps, provider) ? tagMaps[provider] : undefined
}

/** @throws ApiError InvalidParameterException when the pool has too many maps */
export function withTagMap(pool: IdentityPool, provider: string, map: TagAttributeMap | undefined): IdentityPool {
  const others = Object.entries(pool.tagMaps).filter(([name]) => name !== provider)
  if (map !== undefined && others.length >= maxMaps) {
    throw invalidParameter(`There can be at most ${maxMaps} identity providers with principal tags in an identity pool.`)
  }
  return { ...pool, tagMaps: Object.fromEntries(map === undefined ? others : [...others, [provider, map]]) }
}

export function writeTagMap(poolId: string, provider: string, map: TagAttributeMap | undefined): Output<'GetPrincipalTagAttributeMap'> {
  return {
    IdentityPoolId: poolId,
    IdentityProviderName: provider,
    UseDefaults: map?.usesDefaults ?? false,
    PrincipalTags: { ...map?.tags },
  }
}
