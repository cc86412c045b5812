import { networkOf } from '../../base/network-of.ts'
import { ApiError } from '../../contract/api-error.ts'
import { mannerOf } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'
import { findScopeDescriptions } from '../../pools/resource-servers/scopes.ts'
import { limitWrongGuesses } from '../../protection/attempt-limit.ts'
import { lockUser } from '../../users/user-repository.ts'
import { isManagedLogin, type PageClient, requirePageClient } from '../authorize/authorization-request.ts'
import { type AuthorizeDeps, findUsableSession, type PoolCookie } from '../authorize/authorize.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { cookieAfterUse, type LiveSession } from '../domain-session/domain-session.ts'
import { PageError } from '../page-error.ts'
import { type Parameters, receiveParameters } from '../parameters.ts'
import { type DeviceAuthorization, openFoundDevice, possibleIdsOf, readUserCode, sealFoundDevice } from './device-authorization.ts'
import { decideDeviceAuthorization, findDeviceAuthorization } from './device-authorization-repository.ts'
import { deviceParameter, deviceQuery } from './device-target.ts'
import { mayUseDeviceGrant } from './may-use-device-grant.ts'

/** The page asks for the user code. `userCode` is the one that the address brought, or the one that was refused. */
export type UserCodeForm = {
  readonly kind: 'code'
  readonly pool: Pool
  /** The client that the address names. */
  readonly client: PageClient | undefined
  readonly userCode: string
  readonly problem: ApiError | undefined
}

/** The user code was right. The browser goes to the page for this device. */
type DeviceFound = { readonly kind: 'found'; readonly location: string }

/** The user has to sign in first. */
type SignInFirst = { readonly kind: 'sign-in' }

/** The sign-in failed in a way that the sign-in page cannot tell. */
export type SignInFailed = { readonly kind: 'failed'; readonly client: PageClient }

/** The page asks the user to allow or deny what the device asks for. */
export type DecisionForm = {
  readonly kind: 'decision'
  readonly client: PageClient
  readonly account: LiveSession
  readonly userCode: string
  readonly scopes: readonly string[]
  /** What the resource servers say about scopes of theirs. */
  readonly descriptions: ReadonlyMap<string, string>
  readonly resource: string | undefined
}

/** The user has decided. The browser keeps the cookie `session`, if it changed. */
export type Decided = {
  readonly kind: 'approved' | 'denied'
  readonly client: PageClient
  readonly session: PoolCookie | undefined
}

/**
 * The page of the device grant (RFC 8628 §3.3). Without a device in the address it asks for the user code, and with one for the user's
 * decision. A code in the address (`verification_uri_complete`) is only filled in: the user always compares it with that of the device.
 *
 * @throws PageError when the address names no pool of manner strict, or a client that may not use the grant.
 */
export async function openDevicePage(
  deps: AuthorizeDeps,
  browser: BrowserRequest,
): Promise<UserCodeForm | SignInFirst | SignInFailed | DecisionForm> {
  const place = await findPlace(deps, browser)
  const { client, parameters } = place
  if (!parameters.has(deviceParameter)) return codeForm(place, readUserCode(parameters.get('user_code') ?? '') ?? '', undefined)
  if (parameters.has('error') && client !== undefined) return { kind: 'failed', client }
  return withDevice(deps, browser, place, async (form) => form)
}

/**
 * Takes the user code that a user typed. Wrong codes are limited (RFC 8628 §5.1).
 *
 * @throws PageError as `openDevicePage` does.
 */
export async function submitUserCode(deps: AuthorizeDeps, browser: BrowserRequest, form: Parameters): Promise<UserCodeForm | DeviceFound> {
  const place = await findPlace(deps, browser)
  const { id: poolId } = place.pool
  const typed = form.get('user_code') ?? ''
  const userCode = readUserCode(typed)
  try {
    if (userCode === undefined) throw wrongCode()
    const attempts = [
      { poolId, subject: `address:${networkOf(browser.context.ip)}`, action: 'UserCodeOfNetwork' },
      { poolId, subject: 'pool', action: 'UserCodeOfPool' },
    ] as const
    const ids = possibleIdsOf(deps.secrets, poolId, userCode)
    const found = await limitWrongGuesses(deps.db, attempts, deps.clock.now(), () => findPending(deps, place, ids))
    if (found === undefined) throw wrongCode()
    const sealed = sealFoundDevice(deps.secrets, poolId, { id: found.id, userCode })
    return { kind: 'found', location: `/device?${deviceQuery(found.clientId, sealed)}` }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return codeForm(place, userCode ?? typed, error)
  }
}

/**
 * Takes the decision of the user. It counts only for the user whom the page has shown.
 *
 * @throws PageError as `openDevicePage` does.
 */
export async function submitDecision(
  deps: AuthorizeDeps,
  browser: BrowserRequest,
  form: Parameters,
): Promise<UserCodeForm | SignInFirst | DecisionForm | Decided> {
  const place = await findPlace(deps, browser)
  return withDevice(deps, browser, place, async (shown, found) => {
    const { client, account } = shown
    const decision = form.get('decision')
    if (form.get('account') !== account.session.id || (decision !== 'allow' && decision !== 'deny')) return shown
    if (!(await decide(deps, found, account, decision === 'allow'))) return codeForm(place, '', wrongCode())
    const { id: poolId } = place.pool
    const changed = cookieAfterUse(deps, { pool: place.pool, cookie: browser.sessionCookieOf(poolId) })
    return { kind: decision === 'allow' ? 'approved' : 'denied', client, session: changed && { ...changed, poolId } }
  })
}

/** The pool of the page, and the client that the address names. */
type Place = { readonly pool: Pool; readonly client: PageClient | undefined; readonly parameters: Parameters }

/** A domain names the pool. On the main host the client does. */
async function findPlace(deps: AuthorizeDeps, { host, query }: BrowserRequest): Promise<Place> {
  const received = receiveParameters(query)
  const { parameters, wrong, areTooMany } = received
  if (wrong.size > 0 || areTooMany) throw new PageError('invalid_request')
  const isNamed = parameters.has('client_id') || host.kind !== 'domain'
  const owner = isNamed ? await requirePageClient(deps, host, received) : undefined
  const pool = owner?.pool ?? (host.kind === 'domain' ? await deps.pools.findPool(host.domain.poolId) : undefined)
  if (pool === undefined || mannerOf(pool) !== 'STRICT') throw new PageError('page_not_offered', owner?.client.id)
  if (owner !== undefined && !mayUseDeviceGrant(owner)) throw new PageError('unauthorized_client', owner.client.id)
  const client = owner && { ...owner, isManagedLogin: await isManagedLogin(deps, host, pool.id) }
  return { pool, client, parameters }
}

const codeForm = ({ pool, client }: Place, userCode: string, problem: ApiError | undefined): UserCodeForm => ({
  kind: 'code',
  pool,
  client,
  userCode,
  problem,
})

/** One error for all codes that are of no use, so that it says nothing about a guess. */
const wrongCode = () => new ApiError('CodeMismatchException', 'The user code is not valid.')

/** What has one of these ids and waits for a decision. An address that names a client is good for devices of that client only. */
async function findPending(deps: AuthorizeDeps, { pool, client }: Place, ids: readonly string[]): Promise<DeviceAuthorization | undefined> {
  const found = await findDeviceAuthorization(deps.db, { poolId: pool.id, ids })
  if (found === undefined || found.decision !== null || found.expiresAt <= deps.clock.now()) return undefined
  if (client !== undefined) return client.client.id === found.clientId ? found : undefined
  const owner = await deps.pools.findClient(found.clientId)
  return owner !== undefined && mayUseDeviceGrant(owner) ? found : undefined
}

/** Does `work` with the page for the device in the address, if the device still waits and the user is signed in. */
async function withDevice<T>(
  deps: AuthorizeDeps,
  browser: BrowserRequest,
  place: Place,
  work: (form: DecisionForm, found: DeviceAuthorization) => Promise<T>,
): Promise<T | UserCodeForm | SignInFirst> {
  const { client, pool } = place
  const opened = openFoundDevice(deps.secrets, pool.id, place.parameters.get(deviceParameter) ?? '')
  const found = opened && (await findPending(deps, place, [opened.id]))
  if (client === undefined || opened === undefined || found === undefined) return codeForm(place, '', wrongCode())
  const account = await findUsableSession(deps, browser, { pool, client: client.client, prompts: [] })
  if (account === undefined) return { kind: 'sign-in' }
  const { scopes, resource } = found.details.granted
  const descriptions = await findScopeDescriptions(deps.db, pool.id, scopes)
  return work({ kind: 'decision', client, account, userCode: opened.userCode, scopes, descriptions, resource }, found)
}

/**
 * Stores the decision. False when it is too late, and when the user was disabled, signed out everywhere or deleted in this moment. Locks the
 * user's row until the commit, so that a deletion of the user sees the approval.
 */
async function decide(
  { db, clock }: AuthorizeDeps,
  found: DeviceAuthorization,
  { user, session }: LiveSession,
  isApproved: boolean,
): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const locked = await lockUser(tx, user.poolId, user.sub)
    if (!locked?.enabled || locked.signedOutAt !== user.signedOutAt) return false
    const { authTime, methods } = session
    const approval = isApproved ? { sub: user.sub, authTime, methods, userSignedOutAt: user.signedOutAt } : null
    return decideDeviceAuthorization(tx, found, { approval, now: clock.now() })
  })
}
