import { matchesWildcard } from './wildcard.ts'

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
