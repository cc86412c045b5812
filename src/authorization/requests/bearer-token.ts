import type { SigningPrincipal } from '../../access/credential.ts'
import type { FindRole } from '../../access/roles/role-cache.ts'
import { draftSession, trusts, type WebIdentity } from '../../access/sessions/assume-role.ts'
import { sessionPrincipal } from '../../access/sessions/session-principal.ts'
import { headerValues, type RequestHead } from '../../access/signed-request.ts'
import { ApiError } from '../../contract/api-error.ts'
import { ExpiredLoginError, type LoginToken, readLoginToken } from '../../identity-pools/logins/login-token.ts'
import {
  type UserPoolLoginDeps,
  type UserPoolToken,
  userPoolProviderName,
  verifyAnyUserPoolToken,
} from '../../identity-pools/logins/user-pool-login.ts'
import { issuerOf } from '../../tokens/issue-tokens.ts'
import { defaultTokenCustomization } from '../../tokens/run-pre-token-generation.ts'
import { RefusedCredentials, type Requester, type TokenRequirements } from './requester.ts'

export type BearerDeps = UserPoolLoginDeps & { readonly accountId: string; readonly findRole: FindRole }

/** The token in `Authorization: Bearer` (RFC 6750 §2.1). Undefined for a request with other credentials, or without. */
export function findBearerToken({ headers }: RequestHead): string | undefined {
  const [value, ...others] = headerValues(headers, 'authorization')
  if (others.length > 0) throw new RefusedCredentials('INVALID_CREDENTIALS', 'The request has several Authorization headers.')
  return value === undefined ? undefined : /^Bearer +([\w~+/.=-]+)$/i.exec(value)?.[1]
}

/**
 * Who a token of a user pool was issued to.
 * @throws RefusedCredentials when the token is not valid, or does not meet the requirements
 */
export async function identifyTokenOwner(deps: BearerDeps, text: string, requirements: TokenRequirements): Promise<Requester> {
  const { userPoolId } = requirements
  if (userPoolId === undefined) {
    throw new RefusedCredentials('INVALID_CREDENTIALS', 'A bearer token is accepted only where the service names the user pool.')
  }
  const token = await verify(deps, userPoolId, text)
  requireMet(token, requirements)
  const { clientId, subject, groups, scopes, expiresAt } = token
  return {
    principal: token.kind === 'user' ? await principalOf(deps, userPoolId, token) : undefined,
    isPayloadSigned: false,
    expiresAt,
    description: {
      Kind: token.kind === 'user' ? 'USER' : 'CLIENT',
      UserPoolId: userPoolId,
      ClientId: clientId,
      ...(token.kind === 'user' && { Sub: subject, Username: token.username, Groups: groups }),
      Scopes: scopes,
    },
  }
}

async function verify(deps: BearerDeps, userPoolId: string, text: string): Promise<UserPoolToken> {
  try {
    const token: LoginToken = readLoginToken(text)
    if (token.claims['iss'] !== issuerOf(deps.publicUrl, userPoolId)) {
      throw new RefusedCredentials('INVALID_CREDENTIALS', `The token is not one of the user pool ${userPoolId}.`)
    }
    return await verifyAnyUserPoolToken(deps, userPoolId, token)
  } catch (error) {
    if (error instanceof ExpiredLoginError) throw new RefusedCredentials('EXPIRED', error.message)
    throw error instanceof ApiError ? new RefusedCredentials('INVALID_CREDENTIALS', error.message) : error
  }
}

function requireMet(token: UserPoolToken, { clientIds, groups, scopes }: TokenRequirements): void {
  if (clientIds !== undefined && !clientIds.includes(token.clientId)) {
    throw new RefusedCredentials('MISSING_REQUIREMENT', 'The token is one of another app client.')
  }
  if (groups !== undefined && !groups.some((group) => token.groups.includes(group))) {
    throw new RefusedCredentials('MISSING_REQUIREMENT', 'The user is in none of the allowed groups.')
  }
  const missing = scopes?.find((scope) => !token.scopes.includes(scope))
  if (missing !== undefined) throw new RefusedCredentials('MISSING_REQUIREMENT', `The token lacks the scope ${missing}.`)
}

/**
 * The role of a user decides, if it trusts the user pool, just as if the user had assumed it. It is the role of the ID token, or of the
 * user's group with the lowest precedence.
 */
async function principalOf(
  deps: BearerDeps,
  userPoolId: string,
  token: Extract<UserPoolToken, { kind: 'user' }>,
): Promise<Pick<SigningPrincipal, 'policies' | 'keys'> | undefined> {
  const arn = token.preferredRole ?? (await defaultTokenCustomization(deps.db, token.user)).groups.preferredRole
  const role = arn === undefined ? undefined : await deps.findRole(arn)
  if (role === undefined) return undefined
  const provider = userPoolProviderName(deps.region, userPoolId)
  const webIdentity: WebIdentity = {
    principal: `arn:aws:iam::${deps.accountId}:oidc-provider/${provider}`,
    provider,
    audience: token.clientId,
    subject: token.subject,
    amr: undefined,
    tags: {},
    identity: undefined,
  }
  const input = { roleArn: role.arn, webIdentity, sessionName: token.subject, lifetimeSeconds: 0 }
  return trusts(role, input) ? sessionPrincipal(draftSession(role, input, deps.clock.now()), role) : undefined
}
