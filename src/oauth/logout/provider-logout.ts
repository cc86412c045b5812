import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { Federation } from '../../federation/federation.ts'
import { FederationError } from '../../federation/federation-error.ts'
import { hashOf } from '../../federation/hash.ts'
import { clientIdIn, newState, providerSignInMs } from '../../federation/pending/provider-sign-in.ts'
import {
  deleteProviderSignIn,
  findProviderSignIn,
  insertProviderSignIn,
  keepAnswer,
} from '../../federation/pending/provider-sign-in-repository.ts'
import type { ProviderSession } from '../../federation/provider-session.ts'
import { findIdentityProvider } from '../../pools/identity-providers/identity-provider-repository.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'
import type { Db } from '../../storage/db.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { PageError } from '../page-error.ts'
import { type Parameters, receiveParameters } from '../parameters.ts'
import { endpointBaseOfHost, findClientOfHost } from '../request-host.ts'

export type ProviderLogoutDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: Secrets
  readonly pools: PoolCatalog
  readonly publicUrl: string
  readonly federation: Federation
}

/** A token that the browser keeps. Only this browser can come back from the provider. */
export type BrowserToken = () => string

/** A logout that waits until the browser comes back from an identity provider. The sessions of this server have ended before. */
type WaitingLogout = {
  readonly providerName: string
  readonly requestId: string | undefined
  readonly returnUri: string
  /** SHA-256 of the browser's token. */
  readonly browser: string
  /** Where the browser goes in the end. Null when the app named nothing. */
  readonly location: string | null
  /** The sessions at further providers. */
  readonly left: readonly ProviderSession[]
}

type Leaving = {
  /** Where the browser goes in the end. Undefined when the app named nothing. */
  readonly location: string | undefined
  readonly sessions: readonly ProviderSession[]
  readonly browserToken: BrowserToken
}

/**
 * Where the browser goes after a logout: to the first provider whose session is to end, else to `location`. A provider that cannot be used is
 * passed by: the user is signed out here, and goes on.
 */
export async function leaveByProviders(
  deps: ProviderLogoutDeps,
  { host }: BrowserRequest,
  { pool, client }: PoolAndClient,
  { location, sessions, browserToken }: Leaving,
): Promise<string | undefined> {
  for (const [index, session] of sessions.entries()) {
    const { providerName } = session
    try {
      const provider = await findIdentityProvider(deps.db, deps.secrets, pool.id, providerName)
      if (provider === undefined) continue
      const state = newState(client.id)
      const returnUri = `${endpointBaseOfHost(deps.publicUrl, host)}/${provider.config.type === 'SAML' ? 'saml2' : 'oauth2'}/logout`
      const begun = await deps.federation.beginLogout({ poolId: pool.id, provider, session, returnUri, state })
      if (begun === undefined) continue
      const { requestId } = begun
      const left = sessions.slice(index + 1)
      const details: WaitingLogout = {
        providerName,
        requestId,
        returnUri,
        browser: hashOf(browserToken()),
        location: location ?? null,
        left,
      }
      const expiresAt = deps.clock.now() + providerSignInMs
      await insertProviderSignIn(deps.db, deps.secrets, { poolId: pool.id, id: idOf(state), clientId: client.id, details, expiresAt })
      return begun.location
    } catch (error) {
      if (!(error instanceof FederationError)) throw error
      deps.federation.logLogoutFailure({ poolId: pool.id, clientId: client.id, provider: providerName }, error)
    }
  }
  return location
}

/** A logout and a sign-in never have the same id, so neither can be answered in place of the other. */
const idOf = (state: string): string => hashOf(`logout ${state}`)

const stateIn = (parameters: Parameters): string => parameters.get('RelayState') ?? parameters.get('state') ?? ''

/**
 * Takes a LogoutResponse that came as a form from the provider's site. Such a form brings no cookies, so it is kept until the browser comes
 * back with a GET. Returns the state that the GET has to bring.
 *
 * @throws PageError when the form cannot be an answer. Logouts that a provider begins are refused, as at Cognito.
 */
export async function takeLogoutForm(deps: ProviderLogoutDeps, { host }: BrowserRequest, form: string): Promise<string> {
  const { parameters, wrong, areTooMany } = receiveParameters(form)
  const state = stateIn(parameters)
  const owner = await findClientOfHost(deps, host, clientIdIn(state) ?? '')
  const isAnswer = wrong.size === 0 && !areTooMany && parameters.has('SAMLResponse') && !parameters.has('SAMLRequest')
  if (owner === undefined || !isAnswer) throw new PageError('invalid_request')
  await keepAnswer(deps.db, deps.secrets, { poolId: owner.pool.id, id: idOf(state) }, form)
  return state
}

/** The browser is back from all providers. `location` is undefined when the app named nothing. */
export type LeftProviders = PoolAndClient & { readonly location: string | undefined }

/**
 * Takes the answer of a provider after a logout, once, in the browser that was sent there. The browser goes on to the next provider, or to
 * the app.
 *
 * @throws PageError when no logout of this browser waits for the answer, or the answer is not the provider's.
 */
export async function takeLogoutAnswer(
  deps: ProviderLogoutDeps,
  browser: BrowserRequest,
  { kept, browserToken }: { readonly kept: string | undefined; readonly browserToken: BrowserToken },
): Promise<LeftProviders> {
  const received = receiveParameters(browser.query)
  const state = stateIn(received.parameters)
  const owner = await findClientOfHost(deps, browser.host, clientIdIn(state) ?? '')
  const key = owner && { poolId: owner.pool.id, id: idOf(state) }
  const found = key && (await findProviderSignIn<WaitingLogout>(deps.db, deps.secrets, key))
  const isOfBrowser = kept !== undefined && found?.details.browser === hashOf(kept)
  const isInTime = found !== undefined && deps.clock.now() < found.expiresAt
  if (owner === undefined || found?.clientId !== owner.client.id || !isOfBrowser || !isInTime) throw new PageError('invalid_request')
  if (!(await deleteProviderSignIn(deps.db, found))) throw new PageError('invalid_request')
  const { parameters, wrong, areTooMany } = found.answer === null ? received : receiveParameters(found.answer)
  if (wrong.size > 0 || areTooMany) throw new PageError('invalid_request')
  const query = found.answer === null ? browser.query : undefined
  await checkAnswer(deps, owner, found.details, { state, answer: parameters, query })
  const { location, left: sessions } = found.details
  const next = await leaveByProviders(deps, browser, owner, { location: location ?? undefined, sessions, browserToken })
  return { ...owner, location: next }
}

type Answer = { readonly state: string; readonly answer: Parameters; readonly query: string | undefined }

/** A provider that was deleted in the meantime cannot be asked any more. */
async function checkAnswer(deps: ProviderLogoutDeps, { pool, client }: PoolAndClient, waiting: WaitingLogout, answer: Answer) {
  const { providerName, requestId, returnUri } = waiting
  const failed = { poolId: pool.id, clientId: client.id, provider: providerName }
  const provider = await findIdentityProvider(deps.db, deps.secrets, pool.id, providerName)
  if (provider === undefined) return
  try {
    const problem = await deps.federation.finishLogout(provider, { poolId: pool.id, requestId, returnUri, ...answer })
    // The provider has answered, so the user need not stay: there is nothing more to try.
    if (problem !== undefined) deps.federation.logLogoutFailure(failed, new FederationError(problem))
  } catch (error) {
    if (!(error instanceof FederationError)) throw error
    deps.federation.logLogoutFailure(failed, error)
    throw new PageError('invalid_request', client.id)
  }
}
