import type { Clock } from '../../base/clock.ts'
import { type Manner, mannerOf } from '../../pools/extensions/pool-extensions.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'
import type { Db } from '../../storage/db.ts'
import type { RequestedAssurance } from '../../tokens/assurance.ts'
import type { GrantedScopes } from '../../tokens/granted-scopes.ts'
import { issuerOf } from '../../tokens/issue-tokens.ts'
import { findAccountTarget } from '../account-page/account-target.ts'
import { findDeviceTarget } from '../device-grant/device-target.ts'
import type { HintDeps } from '../id-token-hint.ts'
import { PageError } from '../page-error.ts'
import { listIn, type Parameters, type ReceivedParameters, receiveParameters } from '../parameters.ts'
import { expandPushedRequest } from '../pushed-requests/pushed-request.ts'
import { findClientOfHost, type RequestHost } from '../request-host.ts'
import { isCoveredByWildcard } from './wildcard-redirect.ts'

/** A page of ours on which a user has to be signed in. */
export type OwnPage = 'device' | 'account'

export type Prompt = 'none' | 'login' | 'select_account' | 'consent'

/** Where the answer goes: the redirect URI, and how the answer is added to it. Known as soon as client and redirect URI are right. */
export type AnswerTarget = {
  readonly redirectUri: string
  /** Whether the request named no redirect URI and the client's default stands in. */
  readonly isDefaultRedirect: boolean
  /**
   * Answers for `response_type=token` are in the fragment, which browsers do not send to servers. With `form_post` the browser sends the
   * answer as a form (OAuth 2.0 Form Post Response Mode).
   */
  readonly mode: 'query' | 'fragment' | 'form_post'
  /** What the answer has as `iss` (RFC 9207). Undefined in manner cognito. */
  readonly issuer: string | undefined
  readonly state: string | undefined
}

/** An app client, and which pages it has. */
export type PageClient = PoolAndClient & {
  /** Whether the pages are those of managed login. The classic hosted UI ignores some parameters. */
  readonly isManagedLogin: boolean
}

/** A request whose client and redirect URI are right. The rest is not checked. */
export type IdentifiedRequest = PageClient & {
  readonly target: AnswerTarget
  readonly received: ReceivedParameters
  /** The pushed request (RFC 9126) that the parameters come from. Undefined when the browser brought them. */
  readonly pushedId: string | undefined
  /**
   * The page of ours that the answer is for: that of the device grant, or the account page. The user's session is all that such a page
   * needs. Undefined when the answer is for an app.
   */
  readonly ownPage: OwnPage | undefined
}

/** What the app asks for (OpenID Connect Core §3.1.2.1). */
export type AuthorizationRequest = IdentifiedRequest & {
  readonly responseType: 'code' | 'token'
  readonly challenge: string | undefined
  readonly granted: GrantedScopes
  readonly nonce: string | undefined
  /** The thumbprint of the key that the client has to have for the code (RFC 9449 §10). */
  readonly boundTo?: string | undefined
  readonly prompts: readonly Prompt[]
  /** The identity provider that the app or the user has chosen, or `COGNITO`. Undefined before the choice. */
  readonly namedProvider?: string | undefined
  /** The user has to have signed in within so many seconds. */
  readonly maxAge?: number | undefined
  /** The `sub` of each user whom the app accepts. Undefined when it accepts all. */
  readonly acceptedSubs?: readonly string[] | undefined
  /** The languages that the app asks for, as BCP 47 tags, the preferred one first. */
  readonly uiLocales?: readonly string[] | undefined
  /** The levels of assurance that the app asks for. Undefined when it asks for none. */
  readonly assurance?: RequestedAssurance | undefined
}

export type AuthorizationRequestDeps = HintDeps & { readonly db: Db; readonly clock: Clock; readonly pools: PoolCatalog }

/**
 * Finds client and redirect URI of a request to the authorization endpoint or to the sign-in page.
 *
 * @throws PageError when one of them is missing, repeated or unknown, and when the client may not use OAuth.
 */
export async function identifyRequest(deps: AuthorizationRequestDeps, host: RequestHost, query: string): Promise<IdentifiedRequest> {
  const sent = receiveParameters(query)
  const owner = await requirePageClient(deps, host, sent)
  const devicePage = findDeviceTarget(owner, sent)
  if (devicePage !== undefined) return identifyForOwnPage(deps, host, { ...owner, received: sent, location: devicePage, ownPage: 'device' })
  const accountPage = findAccountTarget(owner, sent)
  if (accountPage !== undefined) {
    return identifyForOwnPage(deps, host, { ...owner, received: sent, location: accountPage, ownPage: 'account' })
  }
  const { received, pushedId } = await expandPushedRequest(deps, owner, sent)
  const { parameters, wrong, areTooMany } = received
  if (areTooMany || wrong.has('redirect_uri')) throw new PageError('invalid_request', owner.client.id)
  const { client, pool } = owner
  const redirectUri = findRedirectUri(owner, parameters)
  if (redirectUri === undefined) throw new PageError('redirect_mismatch', client.id)
  const target: AnswerTarget = {
    redirectUri,
    isDefaultRedirect: !parameters.has('redirect_uri'),
    ...answerMode[mannerOf(pool)](parameters, issuerOf(deps.publicUrl, pool.id)),
    state: parameters.get('state'),
  }
  return { pool, client, target, received, pushedId, ownPage: undefined, isManagedLogin: await isManagedLogin(deps, host, pool.id) }
}

async function identifyForOwnPage(
  deps: AuthorizationRequestDeps,
  host: RequestHost,
  found: PoolAndClient & { readonly location: string; readonly received: ReceivedParameters; readonly ownPage: OwnPage },
): Promise<IdentifiedRequest> {
  const { pool, client, location, received, ownPage } = found
  const target = { redirectUri: location, isDefaultRedirect: false, mode: 'query', issuer: undefined, state: undefined } as const
  return {
    pool,
    client,
    target,
    received,
    pushedId: undefined,
    ownPage,
    isManagedLogin: await isManagedLogin(deps, host, pool.id),
  }
}

type AnswerMode = Pick<AnswerTarget, 'mode' | 'issuer'>

const defaultMode = (parameters: Parameters): 'fragment' | 'query' => (parameters.get('response_type') === 'token' ? 'fragment' : 'query')

/** Answers to all flows with tokens go into the fragment, refusals too (OAuth 2.0 Multiple Response Type Encoding Practices §5). */
function standardMode(parameters: Parameters): 'fragment' | 'query' {
  const types = listIn(parameters, 'response_type') ?? []
  return types.includes('token') || types.includes('id_token') ? 'fragment' : 'query'
}

/** How the answer is sent, by the manner of the pool. An unknown `response_mode` is refused by a later step. */
const answerMode: Readonly<Record<Manner, (parameters: Parameters, issuer: string) => AnswerMode>> = {
  COGNITO: (parameters) => ({ mode: defaultMode(parameters), issuer: undefined }),
  STRICT: (parameters, issuer) => {
    const wanted = parameters.get('response_mode')
    return { mode: wanted === 'form_post' || wanted === 'fragment' ? wanted : standardMode(parameters), issuer }
  },
}

/**
 * The client that a request to a page names.
 *
 * @throws PageError when it is missing, repeated or unknown on this host, and when it may not use OAuth.
 */
export async function requirePageClient(
  { pools }: Pick<AuthorizationRequestDeps, 'pools'>,
  host: RequestHost,
  { parameters, wrong }: ReceivedParameters,
): Promise<PoolAndClient> {
  const clientId = parameters.get('client_id')
  if (wrong.has('client_id')) throw new PageError('invalid_request')
  if (clientId === undefined) throw new PageError('missing_client_id')
  const owner = await findClientOfHost({ pools }, host, clientId)
  if (!owner?.client.oauthEnabled) throw new PageError('unauthorized_client', clientId)
  return owner
}

/**
 * The redirect URI, byte for byte one of the client's, or covered by a wildcard label. Without one in the request the client's default stands
 * in, if the client has no more than one identity provider.
 */
function findRedirectUri({ pool, client }: PoolAndClient, parameters: Parameters): string | undefined {
  const given = parameters.get('redirect_uri')
  if (given !== undefined) return client.callbackUrls?.includes(given) || isCoveredByWildcard(pool, client, given) ? given : undefined
  return (client.identityProviders?.length ?? 0) <= 1 ? client.defaultRedirectUri : undefined
}

/** The version of the pages: that of the domain, of the pool's domain on the main host, and managed login in a pool without a domain. */
export async function isManagedLogin(
  { pools }: Pick<AuthorizationRequestDeps, 'pools'>,
  host: RequestHost,
  poolId: string,
): Promise<boolean> {
  if (host.kind === 'domain') return host.domain.managedLoginVersion === 2
  const domains = await pools.findDomainsOf(poolId)
  return domains.length === 0 || domains.some(({ managedLoginVersion }) => managedLoginVersion === 2)
}
