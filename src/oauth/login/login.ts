import { ApiError } from '../../contract/api-error.ts'
import { signInNameOf } from '../../messaging/test-user-code.ts'
import { allowsFlow } from '../../signin/client-flows.ts'
import { chooseOnPage, type PageStepResult, signInOnPage } from '../../signin/hosted/hosted-sign-in.ts'
import { offerPasskeys, type PasskeyOffer, signInByPasskeyOnPage } from '../../signin/hosted/passkey-sign-in.ts'
import { takesRecoveryCode } from '../../signin/hosted/takes-recovery-code.ts'
import type { SignInDeps } from '../../signin/initiate.ts'
import { metLevel } from '../../tokens/assurance.ts'
import { maySelfServe } from '../../users/self-service/self-service.ts'
import { type AppAnswer, answerForUser } from '../authorize/authorization-answer.ts'
import type { AuthorizationRequest } from '../authorize/authorization-request.ts'
import { type AuthorizeDeps, findUsableSession, type PoolCookie, type RedirectToApp, readingForApp } from '../authorize/authorize.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { asksForFreshProof, deviceAfterSignIn, visitorOf } from '../devices/browser-device.ts'
import type { DeviceCookie } from '../devices/device-cookie.ts'
import { beginDomainSession } from '../domain-session/domain-session.ts'
import { proofOf } from '../domain-session/proof.ts'
import { referenceTo } from '../domain-session/session-cookie.ts'
import type { Parameters } from '../parameters.ts'
import { offersPasskey } from '../passkeys/offer-passkey.ts'
import { leadsToPasskeys } from '../passkeys/then-passkeys.ts'
import { isMadeFor, offersOwnUsers, ownUsers } from '../providers/find-provider.ts'
import { findStep } from './find-step.ts'
import { withOnlySetupMethod } from './mfa-setup.ts'
import { challengeStep, type DoneStep, newPageStep, type PageAttempt, type PageStep, queryForStep } from './page-step.ts'
import { linkPending, type PendingIdentityDeps, requirePending } from './pending-identity.ts'
import { nameIn } from './typed-values.ts'

export type LoginDeps = AuthorizeDeps & SignInDeps & PendingIdentityDeps

/** What the sign-in page shows: the form for an authorization request, and what was wrong with the last attempt. */
export type LoginForm = {
  readonly kind: 'form'
  readonly request: AuthorizationRequest
  readonly username: string
  readonly problem: ApiError | undefined
  /** What the user has done right before. */
  readonly done?: DoneStep['done'] | undefined
}

/** The user has more to do. The browser keeps `step` and goes to the page of the step. */
export type Continue = { readonly kind: 'continue'; readonly request: AuthorizationRequest; readonly step: PageStep }

/** The user has signed in: the browser keeps the cookie `session` and goes to the app. */
export type SignedIn = AppAnswer & {
  readonly kind: 'signed-in'
  readonly session: PoolCookie
  /** The cookie with the devices of the browser, where it changes. */
  readonly devices: DeviceCookie | undefined
}

/**
 * The sign-in page. It may be opened directly, with the parameters of an authorization request.
 *
 * @throws PageError when client or redirect URI cannot be used.
 */
export async function openLogin(deps: LoginDeps, browser: BrowserRequest): Promise<LoginForm | RedirectToApp> {
  return readingForApp(deps, browser, async (request) => {
    const done = findStep(deps, browser, request, 'done')
    const known = done?.username ?? request.received.parameters.get('login_hint')
    const username = known ?? (await findNameToProve(deps, browser, request)) ?? ''
    return { kind: 'form', request, username, problem: undefined, done: done?.done }
  })
}

/** The name of the signed-in user, who is to prove for the account page that they still sit at the browser. */
async function findNameToProve(deps: LoginDeps, browser: BrowserRequest, request: AuthorizationRequest): Promise<string | undefined> {
  if (!asksForFreshProof(request)) return undefined
  const live = await findUsableSession(deps, browser, { ...request, prompts: [] })
  return live && signInNameOf(request.pool, live.user)
}

/**
 * Takes the form of the sign-in page. A refused sign-in shows the form again, with the reason that InitiateAuth would give.
 *
 * @throws PageError when client or redirect URI cannot be used.
 */
export async function submitLogin(
  deps: LoginDeps,
  browser: BrowserRequest,
  form: Parameters,
): Promise<LoginForm | Continue | SignedIn | RedirectToApp> {
  return readingForApp(deps, browser, async (request) => {
    const username = nameIn(request.pool, form)
    try {
      const pending = requirePending(deps, browser, request, form.get('step'))
      const attempt = { username, isRemembered: form.has('remember'), pending }
      return await toNextPage(deps, browser, request, { ...attempt, result: await begin(deps, browser, request, form) })
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      const detour = detourFor(request, { username, error, query: browser.query, now: deps.clock.now() })
      return detour ?? { kind: 'form', request, username, problem: error }
    }
  })
}

type Refusal = Pick<PageAttempt, 'username' | 'pending'> & { readonly error: ApiError; readonly query: string; readonly now: number }

/** Where a user goes who cannot sign in yet: to confirm the account, or to set a new password. The user can ask for a code there. */
export function detourFor(request: AuthorizationRequest, { username, pending, error, query, now }: Refusal): Continue | undefined {
  const kinds = { UserNotConfirmedException: 'confirm', PasswordResetRequiredException: 'reset' } as const
  const kind = kinds[error.code as keyof typeof kinds]
  if (kind === undefined) return undefined
  return {
    kind: 'continue',
    request,
    step: newPageStep(request.client.id, { kind, username, pending, destination: undefined, query: queryForStep(query) }, now),
  }
}

/**
 * Whether the sign-in page asks for the name first, and then lets the user choose how to sign in. Pools choose this by
 * AllowedFirstAuthFactors, and clients by ALLOW_USER_AUTH. The classic hosted UI knows passwords only.
 */
export function isNameFirst({ pool, client, isManagedLogin }: AuthorizationRequest): boolean {
  return isManagedLogin && allowsFlow(client, 'choice') && pool.allowedFirstFactors.some((factor) => factor !== 'PASSWORD')
}

/** Whether a passkey reaches a level of assurance that the app asks for. */
const isPasskeyEnough = ({ assurance }: AuthorizationRequest): boolean =>
  assurance === undefined || !assurance.isEssential || metLevel(assurance, ['swk']) !== undefined

/** What the sign-in page offers to browsers with passkeys. */
export async function passkeyOfferOf(deps: LoginDeps, request: AuthorizationRequest): Promise<PasskeyOffer | undefined> {
  return isNameFirst(request) && isPasskeyEnough(request) ? offerPasskeys(deps, request) : undefined
}

async function begin(deps: LoginDeps, browser: BrowserRequest, request: AuthorizationRequest, form: Parameters): Promise<PageStepResult> {
  if (!offersOwnUsers(request.client)) throw new ApiError('NotAuthorizedException', 'Incorrect username or password.')
  const from = visitorOf(deps, browser, request)
  const username = nameIn(request.pool, form)
  const [credential, session] = [form.get('credential'), form.get('passkey_session')]
  if (isNameFirst(request) && credential && session) return signInByPasskeyOnPage(deps, request, { session, credential, from })
  if (isNameFirst(request)) return chooseOnPage(deps, request, { username, from })
  return signInOnPage(deps, request, { username, password: form.get('password') ?? '', from })
}

/** The page after a step of a sign-in: that of the next challenge, or the app. */
export async function toNextPage(
  deps: LoginDeps,
  browser: BrowserRequest,
  request: AuthorizationRequest,
  {
    username,
    isRemembered,
    pending,
    wantsDevice = false,
    result,
  }: PageAttempt & { readonly wantsDevice?: boolean; readonly result: PageStepResult },
): Promise<Continue | SignedIn> {
  const { pool, client } = request
  const now = deps.clock.now()
  if (result.kind === 'challenge') {
    const recoveryCode = takesRecoveryCode(deps, pool, result.challenge) ? 'offered' : undefined
    const step = await withOnlySetupMethod(deps, challengeStep({ username, isRemembered, pending }, result.challenge, recoveryCode))
    return { kind: 'continue', request, step: newPageStep(client.id, step, now) }
  }
  const user = await linkPending(deps, request, result.user, pending)
  const proof = proofOf(result)
  const canConfirm = maySelfServe(request, 'ConfirmDevice', proof, now) === 'allowed'
  const canDecide = maySelfServe(request, 'UpdateDeviceStatus', proof, now) === 'allowed'
  const device = await deviceAfterSignIn(deps, browser, { pool, user, wantsDevice, canConfirm, canDecide })
  const signedIn = { ...result, user, deviceKey: device.key }
  const { session, cookie } = await beginDomainSession(
    deps,
    { pool, cookie: browser.sessionCookieOf(pool.id) },
    { ...signedIn, isRemembered, providerName: ownUsers },
  )
  const authenticated = { ...signedIn, domainSession: referenceTo(session) }
  // From the page for passkeys the browser would go to the provider, after a sign-in that has proved an identity of that provider.
  const isOffered = isNameFirst(request) && isMadeFor(request, session)
  const isPasskeyNext = leadsToPasskeys(browser) || (isOffered && (await offersPasskey(deps, browser, request, signedIn)))
  const answer = isPasskeyNext
    ? { location: `/passkeys/add?${browser.query}` }
    : await answerForUser(deps, request, authenticated, browser.context)
  return { kind: 'signed-in', session: { ...cookie, poolId: pool.id }, devices: device.cookie, ...answer }
}
