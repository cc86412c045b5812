import { PolicyError } from '../../access/policy-error.ts'
import type { RequestKeys } from '../../access/policy-text.ts'
import { readPolicy } from '../../access/read-policy.ts'
import { type AssumedRole, type AssumeRoleDeps, AssumeRoleError, assumeRole, type WebIdentity } from '../../access/sessions/assume-role.ts'
import { optionalInteger, optionalText, type Parameters, requireText } from './parameters.ts'
import { accessDenied, StsError } from './sts-error.ts'
import { verifyWebIdentityToken, type WebIdentityDeps } from './web-identity-token.ts'

const action = 'sts:AssumeRoleWithWebIdentity'
const defaultSeconds = 3600
const longestSeconds = 43_200
const longestPolicy = 2048

/** What the call answers. */
export type WebIdentitySession = AssumedRole & Pick<WebIdentity, 'audience' | 'subject' | 'provider'> & { readonly hasPolicy: boolean }

/**
 * Exchanges a token for the credentials of a role (AWS Security Token Service API Reference, "AssumeRoleWithWebIdentity"). `requestKeys` are
 * the condition keys of the request, such as `aws:SourceIp`.
 * @throws StsError
 */
export async function assumeRoleWithWebIdentity(
  deps: AssumeRoleDeps & WebIdentityDeps,
  parameters: Parameters,
  requestKeys: RequestKeys,
): Promise<WebIdentitySession> {
  const roleArn = requireText(parameters, 'RoleArn', { min: 20, max: 2048 })
  const sessionName = requireText(parameters, 'RoleSessionName', { min: 2, max: 64, pattern: /^[\w+=,.@-]*$/ })
  const token = requireText(parameters, 'WebIdentityToken', { min: 4, max: 20_000 })
  const lifetimeSeconds = optionalInteger(parameters, 'DurationSeconds', { min: 900, max: longestSeconds }) ?? defaultSeconds
  const policy = readSessionPolicy(parameters)
  requireUnused(parameters)
  const webIdentity = await verifyWebIdentityToken(deps, token)
  try {
    const role = await assumeRole(deps, { roleArn, webIdentity, sessionName, lifetimeSeconds, policy, requestKeys })
    const { audience, subject, provider } = webIdentity
    return { ...role, audience, subject, provider, hasPolicy: policy !== undefined }
  } catch (error) {
    throw error instanceof AssumeRoleError ? refusalOf(error) : error
  }
}

function readSessionPolicy(parameters: Parameters): string | undefined {
  const policy = optionalText(parameters, 'Policy', { min: 1, max: longestPolicy })
  if (policy === undefined) return undefined
  try {
    readPolicy(policy, 'role')
  } catch (error) {
    throw error instanceof PolicyError ? new StsError('MalformedPolicyDocument', error.message) : error
  }
  return policy
}

/** Managed policies and providers with an access token are not supported: to ignore them would give more rights than were asked for. */
function requireUnused(parameters: Parameters): void {
  for (const name of parameters.keys()) {
    if (name === 'ProviderId' || name.startsWith('PolicyArns.')) {
      throw new StsError(
        'InvalidParameterValue',
        `Lifeguard does not support the parameter ${name.split('.')[0]} of AssumeRoleWithWebIdentity.`,
      )
    }
  }
}

function refusalOf({ reason, message }: AssumeRoleError): StsError {
  switch (reason) {
    case 'denied':
      return accessDenied(action)
    case 'too-long':
      return new StsError('ValidationError', 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
    case 'too-large':
      return new StsError('PackedPolicyTooLarge', message)
  }
}
