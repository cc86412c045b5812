import type { AppClient } from '../pools/app-client.ts'
import type { ClaimRule, TokenKind } from '../pools/extensions/claim-rules.ts'
import { extensionsOf } from '../pools/extensions/pool-extensions.ts'
import type { Pool } from '../pools/pool.ts'
import type { User } from '../users/user.ts'
import { type Claims, claimValue } from './claim-value.ts'

/** What the claims of a token are made of. A token that a client gets for itself has neither user nor groups. */
type RuleFacts = {
  readonly pool: Pool
  readonly client: AppClient
  readonly user: User | undefined
  readonly groupNames: readonly string[]
}

/** The claims with those of the pool's rules. A rule without a value, such as that of an attribute which the user lacks, adds nothing. */
export function withRuledClaims(claims: Claims, token: TokenKind, facts: RuleFacts): Claims {
  const rules = extensionsOf(facts.pool).tokens?.claims ?? []
  let ruled = claims
  for (const rule of rules) {
    if (!rule.tokens.includes(token) || rule.clientIds?.includes(facts.client.id) === false) continue
    const value = claimOf(rule, facts)
    if (value !== undefined) ruled = withClaim(ruled, rule, value)
  }
  return ruled
}

function withClaim(claims: Claims, { name, inside }: ClaimRule, value: unknown): Claims {
  if (inside === undefined) return { ...claims, [name]: value }
  const before = claims[inside]
  const members = typeof before === 'object' && before !== null && !Array.isArray(before) ? before : {}
  return { ...claims, [inside]: { ...members, [name]: value } }
}

function claimOf({ source }: ClaimRule, { user, groupNames }: RuleFacts): unknown {
  if (source.kind === 'constant') return source.value
  if (user === undefined) return undefined
  if (source.kind === 'attribute') {
    const value = source.name === 'sub' ? user.sub : user.attributes[source.name]
    return value === undefined ? undefined : claimValue(source.name, value)
  }
  const { prefix, removesPrefix, rename } = source
  return groupNames
    .filter((name) => name.startsWith(prefix))
    .map((name) => (Object.hasOwn(rename, name) ? rename[name] : removesPrefix ? name.slice(prefix.length) : name))
}
