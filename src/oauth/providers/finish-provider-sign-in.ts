import { ApiError } from '../../contract/api-error.ts'
import type { FederatedIdentity } from '../../federation/federated-identity.ts'
import { FederationError } from '../../federation/federation-error.ts'
import { type FreshnessWish, isOfEarlierSignIn, requireFreshSignIn } from '../../federation/fresh-sign-in.ts'
import { type FederatedSignInDeps, ProofNeeded, signInFederated } from '../../federation/people/sign-in-federated.ts'
import type { ProviderProof } from '../../federation/provider.ts'
import type { ProviderSession } from '../../federation/provider-session.ts'
import { providerExtensionOf } from '../../pools/extensions/federation-extension.ts'
import { federationOf } from '../../pools/extensions/pool-extensions.ts'
import type { IdentityProvider } from '../../pools/identity-providers/identity-provider.ts'
import { findIdentityProvider } from '../../pools/identity-providers/identity-provider-repository.ts'
import type { Pool } from '../../pools/pool.ts'
import type { HostedSignIn } from '../../signin/hosted/hosted-sign-in.ts'
import { identityMark } from '../../users/linked-identities/linked-identity.ts'
import { answerForUser } from '../authorize/authorization-answer.ts'
import type { AuthorizationRequest } from '../authorize/authorization-request.ts'
import type { AuthorizeDeps } from '../authorize/authorize.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { beginDomainSession } from '../domain-session/domain-session.ts'
import { referenceTo } from '../domain-session/session-cookie.ts'
import { errorOfApi } from '../error-of-api.ts'
import { findPendingStep } from '../login/find-step.ts'
import type { Continue, SignedIn } from '../login/login.ts'
import type { PendingIdentity } from '../login/page-step.ts'
import { linkPending } from '../login/pending-identity.ts'
import { OAuthError } from '../oauth-error.ts'
import { type Parameters, receiveParameters } from '../parameters.ts'
import { askForProof, noProofPossible } from './ask-for-proof.ts'
import type { ProviderSignInDeps } from './begin-provider-sign-in.ts'

export type ProviderAnswerDeps = ProviderSignInDeps & AuthorizeDeps & FederatedSignInDeps

/** The answer of a provider, and what has to be true of the provider. */
export type ArrivedAnswer = {
  readonly providerName: string
  readonly proof: ProviderProof
  readonly freshness: FreshnessWish | undefined
  readonly answer: Parameters
  /**
   * Whether the provider began: no request of ours has asked it for anything. Any site can make a browser send such an answer, and the
   * identity may be that of an attacker, who waits for the user to link it.
   */
  readonly isUnsolicited: boolean
  /** Throws a FederationError for a provider that may not answer so. */
  readonly requireProvider?: (provider: IdentityProvider) => void
}

/**
 * Verifies the answer of an identity provider, signs the user in, and answers the app. Or sends the browser to the sign-in page, where the
 * identity has to be linked to a user who exists.
 *
 * @throws OAuthError for the app, when the user cannot sign in.
 */
export async function finishProviderSignIn(
  deps: ProviderAnswerDeps,
  browser: BrowserRequest,
  request: AuthorizationRequest,
  arrived: ArrivedAnswer,
): Promise<SignedIn | Continue> {
  const { pool } = request
  const { signedIn, identity, atProvider } = await signIn(deps, browser, request, arrived)
  if (signedIn.kind === 'continue') return signedIn
  // A device of the pool is remembered for its own second factor, which a provider's users do not have.
  const result = { ...signedIn, authTime: authTimeOf(signedIn, arrived), deviceKey: undefined }
  const sent = { pool, cookie: browser.sessionCookieOf(pool.id) }
  const { providerName } = arrived
  const provenAt = isAskedForNewSignIn(arrived) ? signedIn.provenAt : undefined
  const began = { ...result, provenAt, isRemembered: false, providerName, identity, atProvider }
  const { session, cookie } = await beginDomainSession(deps, sent, began)
  const authenticated = { ...result, domainSession: referenceTo(session) }
  const answer = await answerForUser(deps, request, authenticated, browser.context)
  return { kind: 'signed-in', session: { ...cookie, poolId: pool.id }, devices: undefined, ...answer }
}

/**
 * Whether our request asked the provider to ask the user. Otherwise its own session may have answered, and the time in the answer proves
 * nothing: some providers give that of the answer.
 */
const isAskedForNewSignIn = ({ freshness, isUnsolicited }: ArrivedAnswer): boolean => freshness?.mostAgeSeconds === 0 && !isUnsolicited

/** An app that wants a sign-in of a certain age is told that of the sign-in at the provider. */
function authTimeOf({ authTime, provenAt }: HostedSignIn, { freshness }: ArrivedAnswer): number {
  if (provenAt === undefined || freshness === undefined) return authTime
  return isOfEarlierSignIn(provenAt * 1000, freshness) ? provenAt : authTime
}

type IdentitySignIn = {
  readonly signedIn: HostedSignIn | Continue
  /** The mark of the identity. The sign-in has tied it to its subject. */
  readonly identity: string
  readonly atProvider: ProviderSession | undefined
}

async function signIn(
  deps: ProviderAnswerDeps,
  browser: BrowserRequest,
  request: AuthorizationRequest,
  arrived: ArrivedAnswer,
): Promise<IdentitySignIn> {
  const { pool, client } = request
  const { providerName, proof, answer, requireProvider } = arrived
  let provider: IdentityProvider | undefined
  try {
    const isOffered = client.identityProviders?.includes(providerName)
    provider = isOffered ? await findIdentityProvider(deps.db, deps.secrets, pool.id, providerName) : undefined
    if (provider === undefined) throw new FederationError('The identity provider is not available for this client.', { reason: 'settings' })
    requireProvider?.(provider)
    const { assertionEncryption } = providerExtensionOf(federationOf(pool), provider.id)
    const identity = await deps.federation.finish(provider, { poolId: pool.id, proof, answer, assertionEncryption })
    if (arrived.freshness !== undefined) requireFreshSignIn(identity, arrived.freshness, deps.clock.now())
    const signedIn = await signInIdentity(deps, browser, request, { identity, isUnsolicited: arrived.isUnsolicited })
    const mark = identityMark({ providerName: provider.id, userId: identity.subject })
    return { signedIn, identity: mark, atProvider: isSignedOutToo(pool, provider) ? identity.session : undefined }
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === undefined) throw error
    const failed = { poolId: pool.id, clientId: client.id, provider: providerName, type: provider?.config.type, answer }
    await deps.federation.noteFailure(failed, error)
    throw refusal
  }
}

/** Signs in the user of the identity, and links another identity that has waited for that user. */
async function signInIdentity(
  deps: ProviderAnswerDeps,
  browser: BrowserRequest,
  request: AuthorizationRequest,
  { identity, isUnsolicited }: { readonly identity: FederatedIdentity; readonly isUnsolicited: boolean },
): Promise<HostedSignIn | Continue> {
  const { pool, client } = request
  try {
    const signedIn = await signInFederated(deps, { pool, client, identity, from: browser.context })
    return { ...signedIn, user: await linkPending(deps, request, signedIn.user, pendingOf(deps, browser, request)) }
  } catch (error) {
    if (!(error instanceof ProofNeeded)) throw error
    if (isUnsolicited) throw noProofPossible()
    return askForProof(deps, request, error)
  }
}

/** Another identity, which waits for the user to sign in. The button of the page has named its step. */
function pendingOf(deps: ProviderAnswerDeps, browser: BrowserRequest, request: AuthorizationRequest): PendingIdentity | undefined {
  const step = findPendingStep(deps, browser, request)
  return step?.id === receiveParameters(browser.query).parameters.get('step') ? step?.pending : undefined
}

/** Whether a logout here is to end the session at the provider as well. */
function isSignedOutToo(pool: Pool, { id, config: { type, details } }: IdentityProvider): boolean {
  return type === 'SAML' ? details['IDPSignout'] === 'true' : providerExtensionOf(federationOf(pool), id).signOutAtProvider
}

/** What the app is told. Faults of the server go on. */
function refusalOf(error: unknown): OAuthError | undefined {
  if (error instanceof FederationError) return new OAuthError(error.error, { description: error.message, cause: error })
  const known = errorOfApi(error)
  if (known?.error === 'temporarily_unavailable') return undefined
  if (error instanceof ApiError) return new OAuthError('invalid_request', { description: error.message.trim(), cause: error })
  return known
}
