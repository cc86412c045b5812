import { RequestRefusal } from '../../access/request-refusal.ts'
import type { FindRole } from '../../access/roles/role-cache.ts'
import { AssumeRoleError, beginSession } from '../../access/sessions/assume-role.ts'
import { sessionPrincipal } from '../../access/sessions/session-principal.ts'
import { type Headers, headerValues } from '../../access/signed-request.ts'
import { ApiError } from '../../contract/api-error.ts'
import { type LoginToken, readLoginToken } from '../../identity-pools/logins/login-token.ts'
import { type UserPoolLoginDeps, userPoolProviderName, verifyUserPoolToken } from '../../identity-pools/logins/user-pool-login.ts'
import { verifyAccessToken, verifyClientToken } from '../../tokens/access-token.ts'
import { issuerOf } from '../../tokens/issue-tokens.ts'
import { preferredRoleOf } from '../../users/groups/group.ts'
import { listMemberships } from '../../users/groups/group-member-repository.ts'
import type { AuthorizedPrincipal, TokenClient, TokenUser } from './authorized-principal.ts'

export type BearerDeps = UserPoolLoginDeps & { readonly accountId: string; readonly findRole: FindRole }

/** What a service requires of the token. */
export type BearerRequirements = {
  readonly userPoolId: string | undefined
  /** Undefined accepts every app client of the user pool. */
  readonly clientIds: readonly string[] | undefined
  /** The token must have all of them. A token without a user has no groups. */
  readonly groups: readonly string[]
  readonly scopes: readonly string[]
}

/** The shortest session of a role, in seconds. The session of a decision ends with the decision. */
const sessionSeconds = 900
const longestToken = 16_384

/** The token of an Authorization header with the scheme Bearer (RFC 6750 §2.1). Undefined for any other header. */
export function bearerTokenOf(headers: Headers): string | undefined {
  const values = headerValues(headers, 'authorization')
  const bearer = values.find((value) => /^\s*bearer(?:\s|$)/i.test(value))
  if (bearer === undefined) return undefined
  if (values.length > 1) throw invalidToken("The header 'authorization' must not be sent more than once.")
  return bearer.trim().slice('bearer'.length).trim()
}

/**
 * Verifies an ID token or access token of a user pool, and finds the role of its user. An access token may also be one that an app client
 * got for itself.
 * @throws RequestRefusal when the token is not valid, was revoked, or lacks what the service requires
 */
export async function verifyBearer(
  deps: BearerDeps,
  text: string,
  requirements: BearerRequirements,
  { withRole }: { readonly withRole: boolean },
): Promise<AuthorizedPrincipal> {
  const { userPoolId } = requirements
  if (userPoolId === undefined) throw invalidToken('The request has a bearer token, but the service named no user pool (UserPoolId).')
  const token = readToken(text)
  const { exp } = token.claims
  const common = { payloadSigned: false, expiresAt: typeof exp === 'number' ? exp * 1000 : undefined }
  if (isOfClient(token)) {
    const client = await refusing(token, () => readClient(deps, userPoolId, token, requirements))
    requireClient(client, requirements)
    requireNames({ ...client, groups: [] }, requirements)
    return { type: 'Client', signing: undefined, user: undefined, client, ...common }
  }
  const user = await refusing(token, () => readUser(deps, userPoolId, token))
  requireClient(user, requirements)
  requireNames(user, requirements)
  return { type: 'User', signing: withRole ? await roleOf(deps, user, token) : undefined, user, client: undefined, ...common }
}

/** Chooses the verification, which trusts none of these claims before the signature is checked. */
function isOfClient({ claims }: LoginToken): boolean {
  return claims['token_use'] === 'access' && claims['event_id'] === undefined && claims['sub'] === claims['client_id']
}

/**
 * Only scopes limit what a client may do, so that its token counts where the service requires a scope or names its clients. Elsewhere the
 * service asks for a user.
 */
async function readClient(
  deps: BearerDeps,
  poolId: string,
  { claims, text }: LoginToken,
  { clientIds, scopes: required }: BearerRequirements,
): Promise<TokenClient> {
  requireIssuer(deps, poolId, claims)
  const { client, scopes } = await verifyClientToken(deps, text)
  if (clientIds === undefined && required.length === 0) {
    throw invalidToken('The token is of an app client without a user, and the service requires neither scopes nor app clients.')
  }
  return { poolId, clientId: client.id, scopes }
}

function requireIssuer(deps: BearerDeps, poolId: string, claims: LoginToken['claims']): void {
  if (claims['iss'] !== issuerOf(deps.publicUrl, poolId)) throw invalidToken('The token is of another user pool.')
}

function readToken(text: string): LoginToken {
  if (text.length > longestToken) throw invalidToken('The token is too long.')
  try {
    return readLoginToken(text)
  } catch (error) {
    throw error instanceof ApiError ? invalidToken('The token is not a JSON Web Token.') : error
  }
}

async function readUser(deps: BearerDeps, poolId: string, token: LoginToken): Promise<TokenUser> {
  const { claims, text } = token
  requireIssuer(deps, poolId, claims)
  const groups = textsOf(claims['cognito:groups'])
  if (claims['token_use'] === 'access') {
    const { client, user } = await verifyAccessToken(deps, text)
    const scopes = String(claims['scope']).split(' ')
    return { poolId, clientId: client.id, sub: user.sub, username: user.username, groups, scopes }
  }
  const { audience, subject } = await verifyUserPoolToken(deps, poolId, token, { isAccepted: true, checksRevocation: true })
  return { poolId, clientId: audience, sub: subject, username: String(claims['cognito:username']), groups, scopes: [] }
}

/** Runs a verification. Its errors become refusals. */
async function refusing<T>({ claims }: LoginToken, verify: () => Promise<T>): Promise<T> {
  try {
    return await verify()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const isExpired = /expired/i.test(error.message) && typeof claims['exp'] === 'number'
    throw new RequestRefusal(isExpired ? 'ExpiredToken' : 'InvalidToken', error.message)
  }
}

function requireClient({ clientId }: TokenClient, { clientIds }: BearerRequirements): void {
  if (clientIds !== undefined && !clientIds.includes(clientId)) throw invalidToken('The token is of another app client.')
}

function requireNames(caller: Pick<TokenUser, 'groups' | 'scopes'>, requirements: BearerRequirements): void {
  const group = requirements.groups.find((name) => !caller.groups.includes(name))
  if (group !== undefined) throw new RequestRefusal('not-allowed', `The caller is not in the group ${group}.`)
  const scope = requirements.scopes.find((name) => !caller.scopes.includes(name))
  if (scope !== undefined) throw new RequestRefusal('not-allowed', `The token does not have the scope ${scope}.`)
}

/** The role of the user, as if the user had assumed it. Undefined when the user has no role, or the role does not trust the user. */
async function roleOf(
  deps: BearerDeps,
  { poolId, sub, clientId }: TokenUser,
  { claims }: LoginToken,
): Promise<AuthorizedPrincipal['signing']> {
  const preferred =
    claims['token_use'] === 'id' ? claims['cognito:preferred_role'] : preferredRoleOf(await listMemberships(deps.db, poolId, sub))
  if (typeof preferred !== 'string') return undefined
  const provider = userPoolProviderName(deps.region, poolId)
  const webIdentity = {
    principal: `arn:aws:iam::${deps.accountId}:oidc-provider/${provider}`,
    provider,
    audience: clientId,
    subject: sub,
    amr: undefined,
    tags: {},
    identity: undefined,
  }
  try {
    const { session, role } = await beginSession(deps, {
      roleArn: preferred,
      webIdentity,
      sessionName: sub,
      lifetimeSeconds: sessionSeconds,
    })
    return sessionPrincipal(session, role)
  } catch (error) {
    if (error instanceof AssumeRoleError) return undefined
    throw error
  }
}

const textsOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.filter((text) => typeof text === 'string') : [])

const invalidToken = (message: string) => new RequestRefusal('InvalidToken', message)
