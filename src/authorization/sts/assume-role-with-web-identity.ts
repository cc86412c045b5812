import { PolicyError } from '../../access/policy-error.ts'
import { readPolicy } from '../../access/read-policy.ts'
import { parseRoleArn } from '../../access/roles/role.ts'
import { type AssumeRoleDeps, AssumeRoleError, assumeRole } from '../../access/sessions/assume-role.ts'
import { maxSessionTokenLength } from '../../access/sessions/role-session.ts'
import { Violations } from '../../contract/violations.ts'
import type { StsParameters, StsRequest, StsResult } from './sts-action.ts'
import { StsError } from './sts-error.ts'
import { verifyWebIdentity, type WebIdentityDeps } from './web-identity.ts'

export type AssumeRoleWithWebIdentityDeps = WebIdentityDeps & AssumeRoleDeps

/** The checked parameters. */
type Checked = {
  readonly roleArn: string
  readonly sessionName: string
  readonly token: string
  readonly policy: string | undefined
  readonly lifetimeSeconds: number
}

const defaultSeconds = 3600

/**
 * Checks the parameters, before any work is done for them.
 * @throws StsError ValidationError or MalformedPolicyDocument, with AWS's texts
 * @throws ApiError InvalidParameterException with all constraints that the parameters break
 */
export function checkAssumption(parameters: StsParameters): Checked {
  const violations = new Violations()
  checkText(violations, parameters, 'RoleArn', { least: 20, most: 2048 })
  checkText(violations, parameters, 'RoleSessionName', { least: 2, most: 64, pattern: '[\\w+=,.@-]*' })
  checkText(violations, parameters, 'WebIdentityToken', { least: 4, most: 20_000, isSecret: true })
  if (parameters.has('Policy')) checkText(violations, parameters, 'Policy', { least: 1, most: 2048 })
  const lifetimeSeconds = checkDuration(violations, parameters.get('DurationSeconds'))
  violations.throwIfAny()
  for (const name of parameters.keys()) {
    if (name === 'ProviderId' || name.startsWith('PolicyArns')) {
      throw new StsError('ValidationError', `Lifeguard does not support ${name === 'ProviderId' ? name : 'PolicyArns'}. Leave it out.`)
    }
  }
  const [roleArn = '', sessionName = '', token = ''] = ['RoleArn', 'RoleSessionName', 'WebIdentityToken'].map((name) =>
    parameters.get(name),
  )
  if (parseRoleArn(roleArn) === undefined) throw new StsError('ValidationError', 'Request ARN is invalid')
  const policy = parameters.get('Policy')
  if (policy !== undefined) checkPolicy(policy)
  return { roleArn, sessionName, token, policy, lifetimeSeconds }
}

type TextRules = { readonly least: number; readonly most: number; readonly pattern?: string; readonly isSecret?: boolean }

function checkText(violations: Violations, parameters: StsParameters, name: string, rules: TextRules): void {
  const value = parameters.get(name)
  const path = `${name.charAt(0).toLowerCase()}${name.slice(1)}`
  if (value === undefined) {
    violations.addNull(path)
    return
  }
  const shown = rules.isSecret ? undefined : value
  if (rules.pattern !== undefined && !new RegExp(`^${rules.pattern}$`).test(value)) {
    violations.add(path, `Member must satisfy regular expression pattern: ${rules.pattern}`, shown)
  }
  if (value.length < rules.least) violations.add(path, `Member must have length greater than or equal to ${rules.least}`, shown)
  if (value.length > rules.most) violations.add(path, `Member must have length less than or equal to ${rules.most}`, shown)
}

function checkDuration(violations: Violations, text: string | undefined): number {
  if (text === undefined) return defaultSeconds
  if (!/^-?\d{1,9}$/.test(text)) throw new StsError('MalformedInput', 'DurationSeconds must be a whole number.')
  const seconds = Number(text)
  if (seconds < 900) violations.add('durationSeconds', 'Member must have value greater than or equal to 900', text)
  if (seconds > 43_200) violations.add('durationSeconds', 'Member must have value less than or equal to 43200', text)
  return seconds
}

/** @throws StsError MalformedPolicyDocument when this server could not enforce the policy as it is written */
function checkPolicy(text: string): void {
  try {
    readPolicy(text, 'role')
  } catch (error) {
    throw error instanceof PolicyError ? new StsError('MalformedPolicyDocument', error.message, { cause: error }) : error
  }
}

/**
 * Begins a session of a role for the user of a web identity token.
 * @throws StsError as `verifyWebIdentity` does
 * @throws StsError AccessDenied when there is no such role, or it does not trust the user
 * @throws StsError ValidationError when the role's sessions are shorter
 * @throws StsError PackedPolicyTooLarge when the policy and the tags of the session are too long together
 */
export async function assumeRoleWithWebIdentity(
  deps: AssumeRoleWithWebIdentityDeps,
  { roleArn, sessionName, token, policy, lifetimeSeconds }: Checked,
  { requestKeys }: Pick<StsRequest, 'requestKeys'>,
): Promise<StsResult> {
  const webIdentity = await verifyWebIdentity(deps, token)
  const input = { roleArn, sessionName, webIdentity, lifetimeSeconds, policy, requestKeys }
  const { keyId, secret, sessionToken, expiresAt, arn, userId } = await assumeRole(deps, input).catch(explain)
  const isPacked = policy !== undefined || Object.keys(webIdentity.tags).length > 0
  return {
    Credentials: {
      AccessKeyId: keyId,
      SecretAccessKey: secret,
      SessionToken: sessionToken,
      Expiration: new Date(expiresAt).toISOString().replace(/\.\d+Z$/, 'Z'),
    },
    SubjectFromWebIdentityToken: webIdentity.subject,
    AssumedRoleUser: { AssumedRoleId: userId, Arn: arn },
    Audience: webIdentity.audience,
    Provider: webIdentity.principal,
    PackedPolicySize: isPacked ? Math.ceil((sessionToken.length / maxSessionTokenLength) * 100) : undefined,
  }
}

function explain(error: unknown): never {
  if (!(error instanceof AssumeRoleError)) throw error
  switch (error.reason) {
    case 'denied':
      throw new StsError('AccessDenied', error.message)
    case 'too-long':
      throw new StsError('ValidationError', 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
    case 'too-large':
      throw new StsError('PackedPolicyTooLarge', error.message)
  }
}
