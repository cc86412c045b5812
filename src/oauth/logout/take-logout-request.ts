import { inTime } from '../../base/in-time.ts'
import { FederationError } from '../../federation/federation-error.ts'
import type { SamlMetadata } from '../../federation/saml/identity-provider-metadata.ts'
import { answerLogoutRequest, type LogoutAnswerToProvider } from '../../federation/saml/logout-answer.ts'
import {
  isSessionOf,
  type LogoutRequest,
  queryOfLogoutForm,
  readLogoutRequest,
  type SentLogoutRequest,
  verifyLogoutRequest,
} from '../../federation/saml/logout-request.ts'
import type { IdentityProvider } from '../../pools/identity-providers/identity-provider.ts'
import { findSamlProviders, listSamlProviders } from '../../pools/identity-providers/identity-provider-repository.ts'
import type { Pool } from '../../pools/pool.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { cookieWithout, type SessionCookie, sessionsAtProviders } from '../domain-session/domain-session.ts'
import { type EndedSession, endDomainSession } from '../domain-session/end-domain-session.ts'
import type { DomainSession } from '../domain-session/session-cookie.ts'
import { PageError } from '../page-error.ts'
import { type ReceivedParameters, receiveParameters } from '../parameters.ts'
import { endpointBaseOfHost } from '../request-host.ts'
import type { EndSessionDeps } from './end-session.ts'
import { findFrontChannelAddresses } from './front-channel.ts'

/** A user was signed out by the identity provider. */
export type LoggedOutByProvider = {
  readonly poolId: string
  /** The browser's cookie for the pool without the sessions that have ended. `undefined` drops it, `unchanged` leaves it as it is. */
  readonly cookie: SessionCookie | 'unchanged' | undefined
  /** Where the browser goes. Undefined where the provider names no address for answers. */
  readonly answer: LogoutAnswerToProvider | undefined
  /** Addresses of apps that the browser has to load first. */
  readonly frames: readonly string[]
}

/** A provider that may end sessions here, and the sessions of the browser that began there. */
type Candidate = {
  readonly pool: Pool
  readonly provider: IdentityProvider
  readonly metadata: SamlMetadata
  readonly sessions: ReturnType<typeof sessionsAtProviders>
}

/** The most providers of a pool, of all types, that are looked through for a sender. The sessions of the browser lead to any provider. */
const mostProviders = 50
/** For all metadata that one request makes the server fetch. */
const longestFetchesMs = 5000

/**
 * Where the browser goes with a LogoutRequest that came as a form. It comes back with a GET, which brings its cookies.
 *
 * @throws PageError when the form has no readable message.
 */
export function locationOfLogoutForm({ parameters, wrong, areTooMany }: ReceivedParameters): string {
  if (wrong.size > 0 || areTooMany) throw new PageError('invalid_request')
  try {
    return `/saml2/logout?${queryOfLogoutForm(parameters)}`
  } catch (error) {
    throw asPageError(error)
  }
}

/** Messages of strangers are not worth a line in the log. */
const asPageError = (error: unknown): unknown => (error instanceof FederationError ? new PageError('invalid_request') : error)

/**
 * Takes a LogoutRequest that an identity provider sent through the browser (SAML 2.0 Profiles §4.4.3). The sessions of the browser that began
 * there end if they are those of the user whom the request names: as by a logout of the browser, no token is revoked, and apps are told. The
 * provider learns whether there was such a session.
 *
 * @throws PageError when the request is not one of a provider that may end sessions here. Nothing has changed then.
 */
export async function takeLogoutRequest(deps: EndSessionDeps, browser: BrowserRequest): Promise<LoggedOutByProvider> {
  const { parameters, wrong, areTooMany } = receiveParameters(browser.query)
  if (wrong.size > 0 || areTooMany || parameters.has('SAMLResponse')) throw new PageError('invalid_request')
  const sent = await readSent(browser)
  let unmatched: Verified | undefined
  for await (const candidate of findCandidates(deps, browser, sent)) {
    const request = await verify(deps, browser, sent, candidate)
    if (request === undefined) continue
    const sessions = sessionsMeant(request, candidate)
    if (sessions.length > 0) return answer(deps, browser, { candidate, request }, sessions)
    unmatched ??= { candidate, request }
  }
  if (unmatched === undefined) throw new PageError('invalid_request')
  const { pool, provider } = unmatched.candidate
  const reason = new FederationError('The browser has no session of the user at the provider.')
  deps.federation.logLogoutFailure({ poolId: pool.id, provider: provider.id }, reason)
  return answer(deps, browser, unmatched, [])
}

type Verified = { readonly candidate: Candidate; readonly request: LogoutRequest }

function sessionsMeant(request: LogoutRequest, { pool, metadata: { entityId }, sessions }: Candidate): readonly DomainSession[] {
  const sides = { entityId, poolId: pool.id }
  return sessions
    .filter(({ atProvider: { subject } }) => subject !== undefined && isSessionOf(request, subject, sides))
    .map(({ session }) => session)
}

/** Ends the sessions, and tells the provider whether there were any. */
async function answer(
  deps: EndSessionDeps,
  browser: BrowserRequest,
  { candidate: { pool, metadata }, request: { id: requestId, relayState } }: Verified,
  sessions: readonly DomainSession[],
): Promise<LoggedOutByProvider> {
  const isSuccess = sessions.length > 0
  const toProvider = await answerLogoutRequest(deps, { poolId: pool.id, metadata, requestId, relayState, isSuccess })
  return { poolId: pool.id, answer: toProvider, ...(await endSessions(deps, browser, pool, sessions)) }
}

async function readSent({ query }: BrowserRequest): Promise<SentLogoutRequest> {
  try {
    return await readLogoutRequest(query)
  } catch (error) {
    throw asPageError(error)
  }
}

/** Undefined for a request that is not good. The log says why. */
async function verify(
  deps: EndSessionDeps,
  { host }: BrowserRequest,
  sent: SentLogoutRequest,
  { pool, provider, metadata }: Candidate,
): Promise<LogoutRequest | undefined> {
  const destination = `${endpointBaseOfHost(deps.publicUrl, host)}/saml2/logout`
  try {
    return await verifyLogoutRequest(deps, sent, { poolId: pool.id, provider, metadata, destination })
  } catch (error) {
    if (!(error instanceof FederationError)) throw error
    deps.federation.logLogoutFailure({ poolId: pool.id, provider: provider.id }, error)
    return undefined
  }
}

async function endSessions(deps: EndSessionDeps, browser: BrowserRequest, pool: Pool, sessions: readonly DomainSession[]) {
  if (sessions.length === 0) return { cookie: 'unchanged' as const, frames: [] }
  const ended: EndedSession[] = []
  for (const session of sessions) ended.push(await endDomainSession(deps, session))
  deps.logoutWorker.wake()
  const cookie = cookieWithout(deps, { pool, cookie: browser.sessionCookieOf(pool.id) }, sessions)
  return { cookie, frames: await findFrontChannelAddresses(deps, pool, ended) }
}

/**
 * The providers that may have sent the request: first those by which the users of the browser signed in. On a domain also others of the pool:
 * the session here may have ended earlier than the one there, and the provider waits for an answer.
 */
async function* findCandidates(deps: EndSessionDeps, browser: BrowserRequest, { issuer }: SentLogoutRequest): AsyncGenerator<Candidate> {
  const endsAt = performance.now() + longestFetchesMs
  for (const poolId of browser.sessionPoolIds) {
    const pool = await deps.pools.findPool(poolId)
    if (pool === undefined) continue
    const sessions = sessionsAtProviders(deps, { pool, cookie: browser.sessionCookieOf(pool.id) })
    const used = new Set(sessions.map(({ atProvider }) => atProvider.providerName))
    for (const sender of await sendersInUse(deps, pool, { names: [...used], issuer, endsAt })) {
      yield { pool, ...sender, sessions: sessions.filter(({ atProvider }) => atProvider.providerName === sender.provider.id) }
    }
    if (browser.host.kind !== 'domain') continue
    for (const provider of await listSamlProviders(deps.db, deps.secrets, poolId, mostProviders)) {
      if (used.has(provider.id) || !mayEndSessions(provider) || !mayDescribe(provider, issuer)) continue
      const metadata = await knownMetadata(deps, provider)
      if (metadata?.entityId === issuer) yield { pool, provider, metadata, sessions: [] }
    }
  }
}

const mayEndSessions = ({ config }: IdentityProvider): boolean => config.details['IDPSignout'] === 'true'

/**
 * False where metadata in the settings cannot be of the issuer: they do not have its text, nor references that could stand for it. To read
 * them all would take long, and strangers may send requests.
 */
function mayDescribe({ config }: IdentityProvider, issuer: string): boolean {
  const { MetadataFile: file } = config.details
  return !file || file.includes('&') || file.includes(issuer)
}

type InUse = { readonly names: readonly string[]; readonly issuer: string; readonly endsAt: number }

/** Those of the providers that the issuer can be. Metadata is fetched only where it is not known to be of another issuer. */
async function sendersInUse(deps: EndSessionDeps, { id: poolId }: Pool, { names, issuer, endsAt }: InUse) {
  const senders: Pick<Candidate, 'provider' | 'metadata'>[] = []
  const providers = (await findSamlProviders(deps.db, deps.secrets, poolId, names)).filter(mayEndSessions)
  const described = await Promise.all(providers.map(async (provider) => ({ provider, known: await knownMetadata(deps, provider) })))
  const possible = described.filter(({ known }) => known === undefined || known.entityId === issuer)
  // A slow provider must not use up the time of one that is known to be the sender.
  for (const { provider } of possible.sort((a, b) => Number(b.known !== undefined) - Number(a.known !== undefined))) {
    try {
      const metadata = await metadataUntil(deps, provider, endsAt)
      if (metadata.entityId === issuer) senders.push({ provider, metadata })
    } catch (error) {
      if (!(error instanceof FederationError)) throw error
      deps.federation.logLogoutFailure({ poolId, provider: provider.id }, error)
    }
  }
  return senders
}

/** Undefined where metadata would have to be fetched, or cannot be used. */
async function knownMetadata({ federation }: EndSessionDeps, provider: IdentityProvider): Promise<SamlMetadata | undefined> {
  try {
    return await federation.sources.saml.known(provider)
  } catch (error) {
    if (error instanceof FederationError) return undefined
    throw error
  }
}

/**
 * The metadata of the provider. A fetch goes on after `endsAt`, a time of `performance.now`: other requests may wait for it.
 *
 * @throws FederationError when the metadata cannot be had by then.
 */
async function metadataUntil({ federation }: EndSessionDeps, provider: IdentityProvider, endsAt: number): Promise<SamlMetadata> {
  const late = (): never => {
    throw new FederationError('The metadata of the identity provider did not come in time.')
  }
  const leftMs = endsAt - performance.now()
  // A timer may fire a little early.
  return leftMs < 2 ? late() : inTime(federation.sources.saml.of(provider), leftMs, late)
}
