import { decodeJwt } from 'jose/jwt/decode'
import { mannerOf } from '../../pools/extensions/pool-extensions.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'
import { isManagedLogin, requirePageClient } from '../authorize/authorization-request.ts'
import type { AuthorizeDeps } from '../authorize/authorize.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { endDomainSessions, findAccounts, providerSessionsIn } from '../domain-session/domain-session.ts'
import { readIdTokenHint } from '../id-token-hint.ts'
import { PageError } from '../page-error.ts'
import { listIn, type Parameters, type ReceivedParameters, receiveParameters } from '../parameters.ts'
import { findClientOfHost } from '../request-host.ts'
import type { LogoutWorker } from './back-channel/logout-worker.ts'
import { findFrontChannelAddresses } from './front-channel.ts'
import { requireCognitoAddress } from './logout.ts'
import { type BrowserToken, leaveByProviders, type ProviderLogoutDeps } from './provider-logout.ts'

/**
 * The sessions of the browser are ended, or the user has to say so first. `location` is where the browser goes then; undefined when the app
 * named nothing. `frames` are addresses of apps that the browser has to load first. `isToProvider`: the browser goes to an identity provider,
 * before it goes where the app said.
 */
export type EndSession = PoolAndClient & {
  readonly kind: 'ended' | 'ask'
  readonly location: string | undefined
  readonly isToProvider: boolean
  readonly isManagedLogin: boolean
  readonly frames: readonly string[]
  /** The languages that the app asks for. */
  readonly uiLocales: readonly string[] | undefined
}

export type EndSessionDeps = AuthorizeDeps & ProviderLogoutDeps & { readonly logoutWorker: Pick<LogoutWorker, 'wake'> }

/** The parameters of Cognito's logout. */
const ofCognito = ['logout_uri', 'redirect_uri']

/**
 * The end-session endpoint of pools of manner strict (OpenID Connect RP-Initiated Logout 1.0), which takes the parameters of Cognito's logout
 * as well. An ID token of the signed-in user lets the app end the session at once. Otherwise a user who is signed in is asked, because any
 * page can lead a browser here. `isConfirmed` says that the user agreed. Undefined in pools of manner cognito.
 *
 * @throws PageError when the client or the address to return to cannot be used.
 */
export async function endSession(
  deps: EndSessionDeps,
  browser: BrowserRequest,
  { isConfirmed, browserToken }: { readonly isConfirmed: boolean; readonly browserToken: BrowserToken },
): Promise<EndSession | undefined> {
  const received = receiveParameters(browser.query)
  const { parameters, wrong, areTooMany } = received
  const owner = await findClient(deps, browser, received)
  if (owner === undefined || mannerOf(owner.pool) !== 'STRICT') return undefined
  const { pool, client } = owner
  if (wrong.size > 0 || areTooMany) throw new PageError('invalid_request', client.id)
  const isOfCognito = ofCognito.some((name) => parameters.has(name))
  const location = isOfCognito ? requireCognitoAddress(client, received) : returnAddress(owner, parameters)
  const token = parameters.get('id_token_hint')
  const hint = token === undefined ? undefined : await readIdTokenHint(deps, pool, token)
  // RP-Initiated Logout §2: the two have to name the same client.
  if (hint !== undefined && hint.clientId !== client.id) throw new PageError('invalid_request', client.id)
  const cookie = browser.sessionCookieOf(pool.id)
  const accounts = await findAccounts(deps, { pool, cookie })
  const isMeant = accounts.every(({ user }) => user.sub === hint?.sub)
  const uiLocales = listIn(parameters, 'ui_locales')
  const page = { pool, client, location, uiLocales, isManagedLogin: await isManagedLogin(deps, browser.host, pool.id) }
  if (!isConfirmed && !isMeant) return { ...page, kind: 'ask', isToProvider: false, frames: [] }
  const ended = await endDomainSessions(deps, { pool, cookie })
  deps.logoutWorker.wake()
  const sessions = providerSessionsIn(deps, { pool, cookie })
  const next = await leaveByProviders(deps, browser, owner, { location, sessions, browserToken })
  return {
    ...page,
    kind: 'ended',
    location: next,
    isToProvider: next !== location,
    frames: await findFrontChannelAddresses(deps, pool, ended),
  }
}

/** The client that `client_id` names, else the one of the ID token. The token is verified later. */
async function findClient(deps: { readonly pools: PoolCatalog }, { host }: BrowserRequest, received: ReceivedParameters) {
  const token = received.parameters.get('id_token_hint')
  if (received.parameters.has('client_id')) return requirePageClient(deps, host, received)
  const audience = token === undefined ? undefined : audienceIn(token)
  return audience === undefined ? undefined : findClientOfHost(deps, host, audience)
}

function audienceIn(token: string): string | undefined {
  try {
    const { aud } = decodeJwt(token)
    return typeof aud === 'string' ? aud : undefined
  } catch {
    return undefined
  }
}

/** One of the client's LogoutURLs, byte for byte, with the app's `state`. */
function returnAddress({ client }: PoolAndClient, parameters: Parameters): string | undefined {
  const wanted = parameters.get('post_logout_redirect_uri')
  if (wanted === undefined) return undefined
  const uri = client.logoutUrls?.find((url) => url === wanted)?.replace(/[^\x21-\x7e]+/gu, encodeURIComponent)
  if (uri === undefined) throw new PageError('redirect_mismatch', client.id)
  const state = parameters.get('state')
  return state === undefined ? uri : `${uri}${uri.includes('?') ? '&' : '?'}${new URLSearchParams({ state })}`
}
