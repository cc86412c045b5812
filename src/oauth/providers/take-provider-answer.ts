import { ApiError } from '../../contract/api-error.ts'
import { FederationError } from '../../federation/federation-error.ts'
import { clientIdIn, hashOf, type ProviderSignIn } from '../../federation/pending/provider-sign-in.ts'
import { deleteProviderSignIn, findProviderSignIn, keepAnswer } from '../../federation/pending/provider-sign-in-repository.ts'
import { type FederatedSignInDeps, signInFederated } from '../../federation/people/sign-in-federated.ts'
import { findIdentityProvider } from '../../pools/identity-providers/identity-provider-repository.ts'
import type { HostedSignIn } from '../../signin/hosted/hosted-sign-in.ts'
import { answerForUser } from '../authorize/authorization-answer.ts'
import type { AuthorizationRequest } from '../authorize/authorization-request.ts'
import { type AuthorizeDeps, type RedirectToApp, readingForApp } from '../authorize/authorize.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { cookieWithSession } from '../domain-session/domain-session.ts'
import { errorOfApi } from '../error-of-api.ts'
import type { SignedIn } from '../login/login.ts'
import { OAuthError } from '../oauth-error.ts'
import { PageError } from '../page-error.ts'
import type { Parameters, ReceivedParameters } from '../parameters.ts'
import { receiveParameters } from '../parameters.ts'
import { findClientOfHost } from '../request-host.ts'
import type { ProviderSignInDeps } from './begin-provider-sign-in.ts'

export type ProviderAnswerDeps = ProviderSignInDeps & AuthorizeDeps & FederatedSignInDeps

/**
 * Keeps an answer that came as a form from the provider's site. Such a form brings no cookies, so the browser has to come back with a GET.
 * Answers that nobody waits for are dropped.
 */
export async function keepProviderAnswer(deps: ProviderSignInDeps, { host }: BrowserRequest, form: string): Promise<string> {
  const { parameters } = receiveParameters(form)
  const state = stateIn(parameters)
  const owner = await findClientOfHost(deps, host, clientIdIn(state) ?? '')
  if (owner === undefined) throw new PageError('invalid_request')
  await keepAnswer(deps.db, deps.secrets, { poolId: owner.pool.id, id: hashOf(state) }, form)
  return state
}

/**
 * Takes the answer of an identity provider, once, in the browser that was sent there. The browser goes on to the app.
 *
 * @throws PageError when no sign-in of this browser waits for the answer.
 */
export async function takeProviderAnswer(
  deps: ProviderAnswerDeps,
  browser: BrowserRequest,
  browserToken: string | undefined,
): Promise<SignedIn | RedirectToApp> {
  const received = receiveParameters(browser.query)
  const signIn = await consumeSignIn(deps, browser, stateIn(received.parameters), browserToken)
  const answer = answerOf(signIn, received)
  const { query, proof } = signIn.details
  return readingForApp(deps, { ...browser, query }, async (read) => {
    // The nonce of the sign-in at the provider stands in for the one that the app left out, as at Cognito.
    const request = { ...read, nonce: read.nonce ?? proof.nonce }
    const result = await signInBy(deps, browser, request, { signIn, answer })
    const { pool } = request
    const cookie = await cookieWithSession(deps, { pool, cookie: browser.sessionCookieOf(pool.id) }, { ...result, isRemembered: false })
    const session = { ...cookie, poolId: pool.id }
    return { kind: 'signed-in', session, ...(await answerForUser(deps, request, result, browser.context)) }
  })
}

const stateIn = (parameters: Parameters): string => parameters.get('state') ?? parameters.get('RelayState') ?? ''

async function consumeSignIn(
  deps: ProviderSignInDeps,
  { host }: BrowserRequest,
  state: string,
  browserToken: string | undefined,
): Promise<ProviderSignIn> {
  const owner = await findClientOfHost(deps, host, clientIdIn(state) ?? '')
  const key = owner && { poolId: owner.pool.id, id: hashOf(state) }
  const found = key && (await findProviderSignIn(deps.db, deps.secrets, key))
  const isOfBrowser = browserToken !== undefined && found?.details.browser === hashOf(browserToken)
  if (found === undefined || !isOfBrowser || found.expiresAt <= deps.clock.now()) throw new PageError('invalid_request')
  if (!(await deleteProviderSignIn(deps.db, found))) throw new PageError('invalid_request')
  return found
}

function answerOf({ answer }: ProviderSignIn, received: ReceivedParameters): Parameters {
  const { parameters, wrong, areTooMany } = answer === null ? received : receiveParameters(answer)
  if (wrong.size > 0 || areTooMany) throw new PageError('invalid_request')
  return parameters
}

type Answered = { readonly signIn: ProviderSignIn; readonly answer: Parameters }

async function signInBy(
  deps: ProviderAnswerDeps,
  { context }: BrowserRequest,
  { pool, client }: AuthorizationRequest,
  { signIn, answer }: Answered,
): Promise<HostedSignIn> {
  const { providerName, proof } = signIn.details
  try {
    const provider = await findIdentityProvider(deps.db, deps.secrets, pool.id, providerName)
    const isOffered = client.id === signIn.clientId && client.identityProviders?.includes(providerName)
    if (provider === undefined || !isOffered) throw new FederationError('The identity provider is not available for this client.')
    const identity = await deps.federation.finish(provider, { poolId: pool.id, proof, answer })
    return await signInFederated(deps, { pool, client, identity, from: context })
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === undefined) throw error
    deps.federation.logFailure({ poolId: pool.id, clientId: client.id, provider: providerName }, error)
    throw refusal
  }
}

/** What the app is told. Faults of the server go on. */
function refusalOf(error: unknown): OAuthError | undefined {
  if (error instanceof FederationError) return new OAuthError(error.error, { description: error.message, cause: error })
  const known = errorOfApi(error)
  if (known?.error === 'temporarily_unavailable') return undefined
  if (error instanceof ApiError) return new OAuthError('invalid_request', { description: error.message.trim(), cause: error })
  return known
}
