/** What a statement is about: everything that matches a pattern or, when negated, everything that matches none. */
export type Scope = { readonly patterns: readonly string[]; readonly negated: boolean }

export type Statement = {
  readonly effect: 'Allow' | 'Deny'
  /** Patterns in lower case: IAM compares actions without regard to case. */
  readonly actions: Scope
  readonly resources: Scope
}

/** An identity-based policy in the language of IAM, without conditions. */
export type Policy = { readonly statements: readonly Statement[] }

/** `denied`: a statement forbids it. `not-allowed`: no statement speaks of it, which is a refusal as well. */
export type Decision = 'allowed' | 'denied' | 'not-allowed'

/** The policy of a key that was created without one: everything this server can do. */
export const fullAccessPolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['cognito-idp:*', 'cognito-identity:*', 'lifeguard:*'], Resource: '*' }],
})

/** Decides as IAM does: an explicit Deny outweighs every Allow, and what nothing allows is refused. `action` is `service:Operation`. */
export function decide(policy: Policy, action: string, resource: string): Decision {
  const lowerCaseAction = action.toLowerCase()
  let decision: Decision = 'not-allowed'
  for (const statement of policy.statements) {
    if (!covers(statement.actions, lowerCaseAction) || !covers(statement.resources, resource)) continue
    if (statement.effect === 'Deny') return 'denied'
    decision = 'allowed'
  }
  return decision
}

function covers(scope: Scope, text: string): boolean {
  return scope.patterns.some((pattern) => matchesWildcard(pattern, text)) !== scope.negated
}

/**
 * Whether the whole text matches a pattern in which `*` stands for any characters (none, too) and `?` for exactly one.
 * It only ever returns to the latest `*`, since what an earlier one could take instead, the latest can take as well: at worst the
 * time is the product of the two lengths, whatever the pattern.
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  let p = 0
  let t = 0
  let star = -1
  let resumeAt = 0
  while (t < text.length) {
    // The star first: a `*` in the text is an ordinary character and must not pass for the one in the pattern.
    if (pattern[p] === '*') {
      star = p++
      resumeAt = t
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++
      t++
    } else if (star >= 0) {
      p = star + 1
      t = ++resumeAt
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}
