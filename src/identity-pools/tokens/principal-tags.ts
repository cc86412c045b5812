import type { IdentityPool } from '../identity-pool.ts'
import type { VerifiedLogin } from '../logins/login-token.ts'
import { findTagMap } from '../principal-tags/tag-attribute-map.ts'

const tagsOfTokens: Readonly<Record<string, string>> = { client: 'aud', username: 'sub' }

/** The longest value of a tag. */
const maxValueLength = 256

/**
 * The principal tags of an identity by the maps of its login providers. When two logins give the same tag, the first login counts. Keys that
 * differ only in case are the same tag, because policies ignore the case.
 */
export function principalTagsOf(pool: IdentityPool, logins: readonly VerifiedLogin[]): Record<string, string> {
  const tags = logins.toReversed().flatMap((login) => Object.entries(tagsOf(pool, login)))
  return Object.fromEntries(new Map(tags.map((tag) => [tag[0].toLowerCase(), tag])).values())
}

/** A claim that is missing, or that no tag can hold, gives no tag. */
function tagsOf(pool: IdentityPool, { providerNames, claims, defaultTags = tagsOfTokens }: VerifiedLogin): Record<string, string> {
  const map = providerNames.map((name) => findTagMap(pool, name)).find((found) => found !== undefined)
  if (map === undefined) return {}
  const found = Object.entries(map.usesDefaults ? defaultTags : map.tags).flatMap(([key, claim]) => {
    const value = Object.hasOwn(claims, claim) ? textOf(claims[claim]) : undefined
    return value === undefined ? [] : [[key, value] as const]
  })
  return Object.fromEntries(found)
}

function textOf(value: unknown): string | undefined {
  const isScalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  const text = isScalar ? String(value) : undefined
  return text === undefined || text === '' || text.length > maxValueLength ? undefined : text
}
