/** What a statement covers: everything that matches one of the patterns or, when negated, everything that matches none of them. */
export type Scope = { readonly patterns: readonly string[]; readonly negated: boolean }

export type Statement = {
  readonly effect: 'Allow' | 'Deny'
  /** Patterns in lower case, because IAM ignores the case of actions. */
  readonly actions: Scope
  readonly resources: Scope
}

/** An identity-based policy in the language of IAM, without conditions. */
export type Policy = { readonly statements: readonly Statement[] }

/** `denied`: a statement denies the request. `not-allowed`: no statement covers the request, so it is refused as well. */
export type Decision = 'allowed' | 'denied' | 'not-allowed'

/** The policy of an access key that was created without a policy. It allows all operations of this server. */
export const fullAccessPolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['cognito-idp:*', 'cognito-identity:*', 'lifeguard:*'], Resource: '*' }],
})

/** Evaluates a policy as IAM does: an explicit Deny outweighs every Allow, and the default is to deny. `action` is `service:Operation`. */
export function evaluatePolicy(policy: Policy, action: string, resource: string): Decision {
  const lowerCaseAction = action.toLowerCase()
  let decision: Decision = 'not-allowed'
  for (const statement of policy.statements) {
    if (!covers(statement.actions, lowerCaseAction) || !covers(statement.resources, resource)) continue
    if (statement.effect === 'Deny') return 'denied'
    decision = 'allowed'
  }
  return decision
}

/** Whether a statement allows the action on at least one resource. Another statement may deny it there. */
export function allowsSomewhere({ statements }: Policy, action: string): boolean {
  return statements.some(({ effect, actions }) => effect === 'Allow' && covers(actions, action.toLowerCase()))
}

function covers(scope: Scope, text: string): boolean {
  return scope.patterns.some((pattern) => matchesWildcard(pattern, text)) !== scope.negated
}

/**
 * Whether the whole text matches a pattern in which `*` stands for zero or more characters and `?` for exactly one.
 * The function backtracks to the latest `*` only, because the latest one can match whatever an earlier one could. So the time is at most
 * proportional to the product of the two lengths.
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  let p = 0
  let t = 0
  let star = -1
  let resumeAt = 0
  while (t < text.length) {
    // Test for the star first: a `*` in the text is an ordinary character and must not match the one in the pattern.
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
