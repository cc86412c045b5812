import { type ConditionTest, holds } from './condition.ts'
import { expand, isLike, noRequestKeys, type PolicyText, type RequestKeys, UndecidableError } from './policy-text.ts'

/** What a statement covers: everything that matches one of the patterns or, when negated, everything that matches none of them. */
export type Scope = { readonly patterns: readonly PolicyText[]; readonly negated: boolean }

export type Statement = {
  readonly effect: 'Allow' | 'Deny'
  /** Patterns in lower case, because IAM ignores the case of actions. */
  readonly actions: Scope
  readonly resources: Scope
  readonly conditions: readonly ConditionTest[]
}

/** A policy in the language of IAM: of an access key, of a role, or of a session. */
export type Policy = { readonly statements: readonly Statement[] }

export type Principal = { readonly type: 'Federated' | 'AWS' | 'Service'; readonly name: string }

/** A policy that says who may assume a role. */
export type TrustPolicy = { readonly statements: readonly (Statement & { readonly principals: readonly Principal[] })[] }

/** `denied`: a statement denies the request. `not-allowed`: no statement covers the request, so it is refused as well. */
export type Decision = 'allowed' | 'denied' | 'not-allowed'

/** The policy of an access key that was created without a policy. It allows all operations of this server. */
export const fullAccessPolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['cognito-idp:*', 'cognito-identity:*', 'lifeguard:*'], Resource: '*' }],
})

/**
 * Evaluates a policy as IAM does: an explicit Deny outweighs every Allow, and the default is to deny. `action` is `service:Operation`. A
 * request with keys that cannot be compared is denied.
 */
export function evaluatePolicy(policy: Policy, action: string, resource: string, keys = noRequestKeys): Decision {
  const lowerCaseAction = action.toLowerCase()
  let decision: Decision = 'not-allowed'
  for (const statement of policy.statements) {
    if (!covers(statement.actions, lowerCaseAction, keys) || !applies(statement, resource, keys)) continue
    if (statement.effect === 'Deny') return 'denied'
    decision = 'allowed'
  }
  return decision
}

/** Whether a statement may allow the action on at least one resource. Its condition or another statement may refuse it there. */
export function allowsSomewhere({ statements }: Policy, action: string): boolean {
  return statements.some(({ effect, actions }) => effect === 'Allow' && covers(actions, action.toLowerCase(), noRequestKeys))
}

/**
 * Evaluates policies that limit each other, such as those of a role and of a session: each of them has to allow the request.
 * @throws RangeError when there is no policy
 */
export function evaluatePolicies(policies: readonly Policy[], action: string, resource: string, keys = noRequestKeys): Decision {
  if (policies.length === 0) throw new RangeError('There is no policy to evaluate.')
  const decisions = policies.map((policy) => evaluatePolicy(policy, action, resource, keys))
  if (decisions.includes('denied')) return 'denied'
  return decisions.every((decision) => decision === 'allowed') ? 'allowed' : 'not-allowed'
}

/** Whether a principal may assume a role. The names of principals are compared exactly. */
export function evaluateTrustPolicy(policy: TrustPolicy, principal: Principal, action: string, keys = noRequestKeys): Decision {
  const statements = policy.statements.filter(({ principals }) =>
    principals.some(({ type, name }) => type === principal.type && name === principal.name),
  )
  return evaluatePolicy({ statements }, action, '*', keys)
}

/** A statement that cannot be decided denies the request. So it counts as covering when it denies, and as not covering when it allows. */
function applies(statement: Statement, resource: string, keys: RequestKeys): boolean {
  try {
    return covers(statement.resources, resource, keys) && statement.conditions.every((test) => holds(test, keys))
  } catch (error) {
    if (error instanceof UndecidableError) return statement.effect === 'Deny'
    throw error
  }
}

/**
 * @throws UndecidableError when a pattern of `NotResource` has a variable without a value. The pattern would be like no text, and so the
 *   statement would cover everything.
 */
function covers({ patterns, negated }: Scope, text: string, keys: RequestKeys): boolean {
  if (negated && patterns.some((pattern) => expand(pattern, keys) === undefined)) {
    throw new UndecidableError('A policy variable of NotResource has no value.')
  }
  return patterns.some((pattern) => isLike(pattern, text, keys)) !== negated
}
