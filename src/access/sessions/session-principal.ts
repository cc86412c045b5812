import type { SigningPrincipal } from '../credential.ts'
import type { Policy } from '../policy.ts'
import { PolicyError } from '../policy-error.ts'
import type { RequestKeys } from '../policy-text.ts'
import { readPolicy } from '../read-policy.ts'
import { parseRoleArn, type ReadRole } from '../roles/role.ts'
import { assumedRoleArn, assumedRoleId } from './assume-role.ts'
import { guestPolicy } from './guest-policies.ts'
import type { RoleSession } from './role-session.ts'

/**
 * Who a session belongs to, under the policies that its role has now. `reportPolicy` learns why the session's own policy cannot be enforced;
 * leave it out for a session that has none.
 */
export function sessionPrincipal(session: RoleSession, role: ReadRole, reportPolicy?: (reason: string) => void): SigningPrincipal {
  const policies: Policy[] = [role.permissions]
  if (session.policy !== undefined) policies.push(readSessionPolicy(session.policy, reportPolicy))
  if (session.isGuest) policies.push(guestPolicy)
  const accountId = parseRoleArn(role.arn)?.accountId ?? ''
  return {
    arn: assumedRoleArn(session),
    accountId,
    userId: assumedRoleId(session),
    policies,
    keys: sessionRequestKeys(session, accountId),
    session,
  }
}

/** The policy was checked when the session began. If another release did that, this one may be unable to enforce it: then it allows nothing. */
function readSessionPolicy(document: string, report?: (reason: string) => void): Policy {
  try {
    return readPolicy(document, 'role')
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error
    report?.(error.message)
    return { statements: [] }
  }
}

/** The condition keys that a session brings to each request. */
function sessionRequestKeys(session: RoleSession, accountId: string): RequestKeys {
  const keys = new Map<string, readonly string[]>([
    ...Object.entries(session.keys),
    ...Object.entries(session.tags).map(([key, value]) => [`aws:principaltag/${key.toLowerCase()}`, [value]] as const),
    ['aws:principalarn', [session.roleArn]],
    ['aws:principalaccount', [accountId]],
    ['aws:userid', [assumedRoleId(session)]],
    ['aws:tokenissuetime', [new Date(session.issuedAt).toISOString()]],
  ])
  return (name) => keys.get(name)
}
