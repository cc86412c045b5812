import type { Principal, Scope } from './policy.ts'
import { PolicyError } from './policy-error.ts'
import { matchesWildcard } from './wildcard.ts'

/** A statement of a trust policy. Its patterns of actions are in lower case, and have no variables. */
type TrustStatement = { readonly principals: readonly Principal[]; readonly actions: Scope }

const assumeAction = 'sts:assumerolewithwebidentity'

/** The operators that hold only for a token with a value of the key that they compare. */
const pinningOperator = /^(?:ForAnyValue:)?String(?:Equals|EqualsIgnoreCase|Like)$/

/**
 * Checks that a statement which lets web identities assume a role limits whose users they are. IAM demands that for identity pools (IAM User
 * Guide, "Identity-provider controls for shared OIDC providers"). It does not demand it for the provider of one organization, whose clients
 * it has registered. Here nothing else limits the clients, so it is demanded as well.
 * @param condition the Condition as it was written. It has been read, so it is well-formed.
 * @throws PolicyError when the statement trusts all users of a provider
 */
export function requireAudience({ principals, actions }: TrustStatement, condition: unknown, where: string): void {
  const isAssumed = actions.patterns.some((pattern) => typeof pattern === 'string' && matchesWildcard(pattern, assumeAction))
  if (isAssumed === actions.negated) return
  const pinned = pinnedKeys(condition)
  for (const { type, name } of principals) {
    const keys = type === 'Federated' ? keysOf(name) : []
    if (keys.length === 0 || keys.some((key) => pinned.has(key.toLowerCase()))) continue
    throw new PolicyError(
      `${where} trusts all users of ${name}. Add StringEquals or StringLike on ${keys.map((key) => JSON.stringify(key)).join(' or ')} ` +
        'to its Condition. A value of wildcards only, or with a policy variable, limits nothing.',
    )
  }
}

/** The condition keys of which a statement needs one. None for principals that no token of this server's STS has. */
function keysOf(principal: string): readonly string[] {
  if (principal === 'cognito-identity.amazonaws.com') return [`${principal}:aud`]
  const [, issuer] = /^arn:[\w-]+:iam::\d*:oidc-provider\/(.+)$/.exec(principal) ?? []
  return issuer === undefined ? [] : [`${issuer}:aud`, `${issuer}:sub`]
}

/** The keys that the condition limits to certain values, in lower case. */
function pinnedKeys(condition: unknown): ReadonlySet<string> {
  const operators = Object.entries((condition ?? {}) as Record<string, Record<string, unknown>>)
  return new Set(
    operators
      .filter(([operator]) => pinningOperator.test(operator))
      .flatMap(([, keys]) => Object.entries(keys))
      .filter(([, values]) => [values].flat().every(isLimiting))
      .map(([key]) => key.toLowerCase()),
  )
}

/** A value of wildcards and separators, such as `*:*`, matches every id. One with a variable, such as the key itself, may match as well. */
const isLimiting = (value: unknown): boolean => typeof value === 'string' && /[\p{L}\p{N}]/u.test(value) && !/\$\{[^*?$]/.test(value)
