import { ApiError } from '../../contract/api-error.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import type { UserCaller } from '../../users/caller.ts'
import { completeRegistration, type PasskeyRegistrationDeps, startRegistration } from '../../users/passkeys/register-passkey.ts'
import { securityStampOf } from '../../users/security-stamp.ts'
import { maySelfServe, requireSelfService, type SelfServiceProof } from '../../users/self-service/self-service.ts'
import { offersPasskeys } from '../account/offered-pages.ts'
import type { AuthorizationRequest } from '../authorize/authorization-request.ts'
import { type AuthorizeDeps, findUsableSession, type RedirectToApp, readingForApp } from '../authorize/authorize.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { isFreshProof, lacksSecondFactor } from '../domain-session/fresh-proof.ts'
import { type PageProof, proofOf } from '../domain-session/proof.ts'
import { PageError } from '../page-error.ts'
import type { Parameters } from '../parameters.ts'

/** A signed-in user, and what is known about the sign-in. */
type SignedInOwner = UserCaller & { readonly proof: PageProof }

export type AddPasskeyDeps = AuthorizeDeps & PasskeyRegistrationDeps

/** What the page shows. `options` go to the browser; undefined when the user cannot register a passkey, for the reason in `problem`. */
export type AddPasskeyForm = {
  readonly kind: 'form'
  readonly request: AuthorizationRequest
  readonly options: object | undefined
  readonly problem: ApiError | undefined
}

/**
 * A passkey outlives a session and a new password. So only a user who has signed in just now can add one, with all factors and whatever the
 * app asks for, and only while the password is the same and the user has not signed out everywhere.
 */
export const justNowSeconds = 300

/** The browser has no session that the client accepts. */
type SignInFirst = { readonly kind: 'sign-in' }
/** The user has a passkey now, or wants none. */
type Done = { readonly kind: 'done' /** The pool in which the user wants no passkey. */; readonly declinedIn?: string }

/**
 * The page on which the user of the browser's session registers a passkey. Every form of it has a new challenge.
 *
 * @throws PageError when client or redirect URI cannot be used, and when users cannot register passkeys.
 */
export function openAddPasskey(deps: AddPasskeyDeps, browser: BrowserRequest): Promise<AddPasskeyForm | SignInFirst | RedirectToApp> {
  return readingForApp(deps, browser, async (request) => {
    requirePasskeyPage(request)
    const owner = await findOwner(deps, browser, request)
    return owner === undefined ? { kind: 'sign-in' } : formFor(deps, request, owner, undefined)
  })
}

/**
 * Takes the passkey that the browser made.
 *
 * @throws PageError as `openAddPasskey` does.
 */
export function submitAddPasskey(
  deps: AddPasskeyDeps,
  browser: BrowserRequest,
  form: Parameters,
): Promise<AddPasskeyForm | SignInFirst | Done | RedirectToApp> {
  return readingForApp(deps, browser, async (request) => {
    if (form.get('action') === 'skip') return { kind: 'done', declinedIn: request.pool.id }
    requirePasskeyPage(request)
    const owner = await findOwner(deps, browser, request)
    if (owner === undefined) return { kind: 'sign-in' }
    try {
      requireAllowed(deps, owner)
      await completeRegistration(deps, { ...owner, sessionId: undefined }, credentialIn(form))
      return { kind: 'done' }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return formFor(deps, request, owner, error)
    }
  })
}

function requirePasskeyPage(request: AuthorizationRequest): void {
  if (!offersPasskeys(request)) throw new PageError('page_not_offered', request.client.id)
}

const operations = ['StartWebAuthnRegistration', 'CompleteWebAuthnRegistration'] as const

/** @throws ApiError NotAuthorizedException when the sign-in does not meet the conditions of one of the operations */
function requireAllowed({ clock }: AddPasskeyDeps, owner: SignedInOwner): void {
  for (const operation of operations) requireSelfService(owner, operation, owner.proof, clock.now())
}

/** Whether the pages let the user add a passkey after this sign-in. */
export function mayAddPasskey(owner: AppClientCaller, proof: SelfServiceProof, now: number): boolean {
  return operations.every((operation) => maySelfServe(owner, operation, proof, now) === 'allowed')
}

/** Undefined when the user has to sign in first. */
async function findOwner(deps: AddPasskeyDeps, browser: BrowserRequest, request: AuthorizationRequest): Promise<SignedInOwner | undefined> {
  // What the app asks for is checked when the app gets its answer.
  const wanted = { ...request, prompts: [], namedProvider: undefined, maxAge: justNowSeconds, assurance: undefined }
  const live = await findUsableSession(deps, browser, wanted)
  if (live === undefined || securityStampOf(live.user) !== live.session.securityStamp) return undefined
  const { pool, client } = request
  const owner = { pool, client, user: live.user, proof: proofOf(live.session) }
  const now = deps.clock.now()
  const isTooOld = operations.some((name) => maySelfServe(owner, name, owner.proof, now) === 'needs-fresh-sign-in')
  // A passkey can count as both factors. So the password and a remembered device must not be enough for one.
  const isFresh = isFreshProof(owner.proof, await lacksSecondFactor(deps.db, pool, live.user, owner.proof), now)
  return isTooOld || !isFresh ? undefined : owner
}

async function formFor(
  deps: AddPasskeyDeps,
  request: AuthorizationRequest,
  owner: SignedInOwner,
  problem: ApiError | undefined,
): Promise<AddPasskeyForm> {
  try {
    requireAllowed(deps, owner)
    return { kind: 'form', request, options: await startRegistration(deps, owner), problem }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return { kind: 'form', request, options: undefined, problem: problem ?? error }
  }
}

/**
 * The answer of the browser that has made a passkey.
 * @throws ApiError InvalidParameterException when it is not JSON
 */
export function credentialIn(form: Parameters): object {
  try {
    return JSON.parse(form.get('credential') ?? '') as object
  } catch {
    throw new ApiError('InvalidParameterException', 'The credential is not the answer of a passkey.')
  }
}
