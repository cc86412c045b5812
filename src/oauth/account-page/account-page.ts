import { ApiError } from '../../contract/api-error.ts'
import { hostedPagesOf } from '../../pools/extensions/pool-extensions.ts'
import { securityStampOf } from '../../users/security-stamp.ts'
import type { User } from '../../users/user.ts'
import { findUser } from '../../users/user-repository.ts'
import { findOnlyClient } from '../account/change-password.ts'
import { isManagedLogin, type PageClient, requirePageClient } from '../authorize/authorization-request.ts'
import { findUsableSession, type PoolCookie } from '../authorize/authorize.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { isConfidential } from '../client-authentication.ts'
import { cookieAfterNewPassword, cookieAfterUse, cookieWithout } from '../domain-session/domain-session.ts'
import { PageError } from '../page-error.ts'
import { type Parameters, receiveParameters } from '../parameters.ts'
import { type Account, type ActionState, accountOf, stateOf } from './account.ts'
import type { AccountPageDeps } from './account-page-deps.ts'
import { type AccountSection, accountSections } from './account-target.ts'
import type { Action, ActionResult, Done, Ending, Section } from './section.ts'
import { sections } from './sections.ts'

/** The user has to sign in: for the first time in this browser, or once more to prove that it is still the user. */
type SignInNeeded = { readonly kind: 'sign-in'; readonly client: PageClient; readonly isFresh: boolean }

/** A sign-in for this page failed in a way that the sign-in page cannot tell. */
type SignInFailed = { readonly kind: 'failed'; readonly client: PageClient; readonly problem: ApiError | undefined }

export type ShownSection = {
  readonly kind: 'section'
  readonly account: Account
  readonly section: AccountSection
  readonly view: unknown
  readonly states: ReadonlyMap<string, ActionState>
  /** The sections that the user has. */
  readonly offered: readonly AccountSection[]
  readonly problem: ApiError | undefined
  readonly done: Done | undefined
  /** The form that was refused. */
  readonly form: Parameters | undefined
  /** The cookie of the browser, where it changes. */
  readonly session: PoolCookie | undefined
}

/** The session in this browser is over. The browser keeps the cookie `session`, or drops it. */
export type AccountLeft = {
  readonly kind: 'ended'
  readonly client: PageClient
  readonly ending: Ending
  readonly session: PoolCookie | undefined
}

type AccountFile = { readonly kind: 'file'; readonly account: Account; readonly name: string; readonly content: object }

export type AccountOutcome = SignInNeeded | SignInFailed | ShownSection | AccountLeft | AccountFile

/**
 * A section of the account page.
 *
 * @throws PageError when the address names no app client whose users have the page, and when the user has no such section.
 */
export async function openSection(
  deps: AccountPageDeps,
  browser: BrowserRequest,
  name: AccountSection,
  problem?: ApiError,
): Promise<SignInNeeded | SignInFailed | ShownSection> {
  const client = await findPageClient(deps, browser)
  const account = await findAccount(deps, client, browser)
  const error = receiveParameters(browser.query).parameters.get('error')
  const found = problem ?? problemOfSignIn(error)
  const shown =
    account === undefined ? ({ kind: 'sign-in', client, isFresh: false } as const) : await show(deps, account, name, { problem: found })
  // A provider that refuses leads back here. Without this page the user would be sent there again at once.
  return shown.kind === 'sign-in' && error !== undefined ? { kind: 'failed', client, problem: found } : shown
}

/** What the page says of the error of a sign-in at an identity provider. Undefined: nothing that would help the user. */
const problemOfSignIn = (error: string | undefined): ApiError | undefined =>
  error === 'login_required' ? new ApiError('NotAuthorizedException', 'The identity provider did not confirm a new sign-in.') : undefined

const sectionOf = (name: AccountSection) => sections[name] as Section<unknown>

/** The action that a form asks for. Undefined when the section has none of that name. */
export function actionOf(name: AccountSection, form: Parameters): Action<unknown> | undefined {
  const { actions } = sectionOf(name)
  const action = form.get('action') ?? ''
  return Object.hasOwn(actions, action) ? actions[action] : undefined
}

/**
 * Takes a form of a section.
 *
 * @throws PageError as `openSection` does, and when the page does not offer the action.
 */
export async function submitSection(
  deps: AccountPageDeps,
  browser: BrowserRequest,
  name: AccountSection,
  { action, form }: { readonly action: Action<unknown>; readonly form: Parameters },
): Promise<AccountOutcome> {
  const client = await findPageClient(deps, browser)
  const account = await findAccount(deps, client, browser)
  if (account === undefined) return { kind: 'sign-in', client, isFresh: false }
  if (!isOffered(account, name)) throw notOffered(client)
  const state = stateOf(account, action)
  if (state === 'denied') throw notOffered(client)
  if (state === 'needs-proof') return { kind: 'sign-in', client, isFresh: true }
  try {
    requireShownUser(account, form)
    return await finish(deps, account, name, await action.run(deps, account, form))
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return refuse(deps, account, name, { action, form, problem: error })
  }
}

/** The field of all forms with the user whom the page has shown. */
export const shownUserField = 'account'

/**
 * In another tab another user may have signed in since. The form was not meant for that user's account.
 *
 * @throws ApiError NotAuthorizedException when the form shows another user.
 */
function requireShownUser({ user }: Account, form: Parameters): void {
  if (form.get(shownUserField) === user.sub) return
  throw new ApiError('NotAuthorizedException', 'This page has expired. Please try again.')
}

async function finish(
  deps: AccountPageDeps,
  account: Account,
  name: AccountSection,
  result: ActionResult<unknown>,
): Promise<AccountOutcome> {
  switch (result.kind) {
    case 'file':
      return { ...result, account }
    case 'ended':
      return leave(deps, account, result.ending)
    case 'step':
      return show(deps, account, name, { view: result.view })
    case 'done':
      return showChanged(deps, account, name, { done: result.done })
    case 'new-password':
      return showChanged(deps, account, name, { done: { kind: 'saved' } }, result.stored)
  }
}

/** After a refusal the user may be another one, or be gone. */
async function refuse(
  deps: AccountPageDeps,
  account: Account,
  name: AccountSection,
  { action, ...refused }: { readonly action: Action<unknown>; readonly form: Parameters; readonly problem: ApiError },
): Promise<AccountOutcome> {
  const current = await findAccount(deps, account, account.browser)
  if (current === undefined) return { kind: 'sign-in', client: account, isFresh: false }
  return show(deps, current, name, { ...refused, view: await action.retry?.(deps, current) })
}

type Shown = Partial<Pick<ShownSection, 'view' | 'problem' | 'done' | 'form' | 'session'>>

/** The section after a change of the user. `stored` is the user whom a new password has made. */
async function showChanged(
  deps: AccountPageDeps,
  account: Account,
  name: AccountSection,
  shown: Shown,
  stored?: User,
): Promise<AccountOutcome> {
  const { pool, browser, session } = account
  const user = await findUser(deps.db, pool.id, session.sub)
  // Another request has set another password or signed the user out everywhere meanwhile. The stamp of that would undo it for this browser.
  const isLockedOut = user === undefined || securityStampOf(user) !== securityStampOf(stored ?? account.user)
  if (isLockedOut || !user.enabled) return { kind: 'sign-in', client: account, isFresh: false }
  const sent = { pool, cookie: browser.sessionCookieOf(pool.id) }
  const renewed = stored && cookieAfterNewPassword(deps, sent, session.id, stored)
  const changed = await accountOf(deps, account, browser, { user, session })
  // The section goes with the last thing in it.
  return show(deps, changed, isOffered(changed, name) ? name : 'overview', {
    ...shown,
    ...(renewed && { session: { ...renewed, poolId: pool.id } }),
  })
}

/** @throws PageError when the user has no such section. */
async function show(deps: AccountPageDeps, account: Account, name: AccountSection, shown: Shown): Promise<ShownSection | SignInNeeded> {
  const { pool, browser } = account
  if (!isOffered(account, name)) throw notOffered(account)
  if (viewState(account, name) === 'needs-proof') return { kind: 'sign-in', client: account, isFresh: true }
  const found = sectionOf(name)
  const states = new Map(Object.entries(found.actions).map(([action, condition]) => [action, stateOf(account, condition)]))
  const view = shown.view ?? (await found.open(deps, account, (action) => states.get(action) === 'allowed'))
  const used = cookieAfterUse(deps, { pool, cookie: browser.sessionCookieOf(pool.id) })
  const session = shown.session ?? (used && { ...used, poolId: pool.id })
  const offered = accountSections.filter((one) => isOffered(account, one))
  const { problem, done, form } = shown
  return { kind: 'section', account, section: name, view, states, offered, problem, done, form, session }
}

function leave(deps: AccountPageDeps, account: Account, ending: Ending): AccountLeft {
  const { pool, browser, session } = account
  const cookie = cookieWithout(deps, { pool, cookie: browser.sessionCookieOf(pool.id) }, [session])
  return { kind: 'ended', client: account, ending, session: cookie && { ...cookie, poolId: pool.id } }
}

/** What a switch forbids is not there. */
function isOffered(account: Account, name: AccountSection): boolean {
  return sectionOf(name).isOffered(account) && viewState(account, name) !== 'denied'
}

/** Whether the user may see the section. A switch can ask for a fresh sign-in even for that. */
const viewState = (account: Account, name: AccountSection): ActionState =>
  stateOf(account, { switches: sectionOf(name).shows, isSensitive: false })

const notOffered = ({ client }: PageClient): PageError => new PageError('page_not_offered', client.id)

/** The client that the address names, or else the only client with pages of the pool whose domain the host is. */
async function findPageClient(deps: AccountPageDeps, browser: BrowserRequest): Promise<PageClient> {
  const received = receiveParameters(browser.query)
  const { parameters, wrong, areTooMany } = received
  if (wrong.size > 0 || areTooMany) throw new PageError('invalid_request')
  const only = parameters.has('client_id') ? undefined : await findOnlyClient(deps, browser.host)
  const owner = only ?? (await requirePageClient(deps, browser.host, received))
  const client = { ...owner, isManagedLogin: await isManagedLogin(deps, browser.host, owner.pool.id) }
  // Anybody who is signed in can name a client here. What a client with a secret may do needs the secret.
  if (!hostedPagesOf(owner.pool).accountPage || isConfidential(owner.client)) throw notOffered(client)
  return client
}

/**
 * The user of the browser's session. Undefined without a session, and for a session from before the user set another password or signed out
 * everywhere: the page must not be open to the person from whom the user has just locked the account.
 */
async function findAccount(deps: AccountPageDeps, client: PageClient, browser: BrowserRequest): Promise<Account | undefined> {
  const live = await findUsableSession(deps, browser, { pool: client.pool, client: client.client, prompts: [] })
  if (live === undefined || live.user.status === 'RESET_REQUIRED') return undefined
  if (securityStampOf(live.user) !== live.session.securityStamp) return undefined
  const { pool, client: app, isManagedLogin } = client
  return accountOf(deps, { pool, client: app, isManagedLogin }, browser, live)
}
