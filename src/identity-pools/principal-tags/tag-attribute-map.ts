import { invalidParameter } from '../../contract/api-error.ts'
import type { Input, Output } from '../../contract/operation.ts'
import type { IdentityPool, TagAttributeMap } from '../identity-pool.ts'

/** The most bytes that the claim names of one map have together. */
const maxBytes = 460

/** The most maps of a pool. A pool with more providers than this would not fit its quotas. */
const maxMaps = 100

/** Undefined when the request neither asks for the default tags nor has tags of its own: it then removes the map. */
export function readTagMap({ UseDefaults = false, PrincipalTags = {} }: Input<'SetPrincipalTagAttributeMap'>): TagAttributeMap | undefined {
  const bytes = Object.values(PrincipalTags).reduce((sum, claim) => sum + Buffer.byteLength(claim), 0)
  if (bytes > maxBytes) {
    throw invalidParameter(`PrincipalTags: the attribute names have ${bytes} bytes together. They can have at most ${maxBytes}.`)
  }
  if (!UseDefaults && Object.keys(PrincipalTags).length === 0) return undefined
  return { usesDefaults: UseDefaults, tags: { ...PrincipalTags } }
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
