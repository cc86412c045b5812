import { hashOf } from '../../federation/hash.ts'
import { clientIdIn, type ProviderSignIn } from '../../federation/pending/provider-sign-in.ts'
import { deleteProviderSignIn, findProviderSignIn, keepAnswer } from '../../federation/pending/provider-sign-in-repository.ts'
import { type RedirectToApp, readingForApp } from '../authorize/authorize.ts'
import type { BrowserRequest } from '../browser-request.ts'
import type { Continue, SignedIn } from '../login/login.ts'
import { PageError } from '../page-error.ts'
import { type Parameters, type ReceivedParameters, receiveParameters } from '../parameters.ts'
import { findClientOfHost } from '../request-host.ts'
import type { ProviderSignInDeps } from './begin-provider-sign-in.ts'
import { finishProviderSignIn, type ProviderAnswerDeps } from './finish-provider-sign-in.ts'
import { isUnsolicited, takeUnsolicitedResponse } from './take-unsolicited-response.ts'

/** What the browser does next. `browser` brings the authorization request of the app. */
export type AnswerOutcome = { readonly browser: BrowserRequest; readonly outcome: SignedIn | Continue | RedirectToApp }

/** The browser has to come back with a GET, which brings its cookies. */
export type AnswerKept = { readonly kind: 'kept'; readonly state: string }

/**
 * Takes an answer that came as a form from the provider's site. Such a form brings no cookies, so the answer is kept until the browser comes
 * back. An answer to no waiting sign-in is dropped.
 *
 * @throws PageError when the form cannot be an answer.
 */
export async function takeProviderForm(
  deps: ProviderAnswerDeps,
  browser: BrowserRequest,
  form: string,
): Promise<AnswerKept | SignedIn | Continue | RedirectToApp> {
  const { parameters, wrong, areTooMany } = receiveParameters(form)
  if (wrong.size > 0 || areTooMany) throw new PageError('invalid_request')
  if (isUnsolicited(parameters)) return takeUnsolicitedResponse(deps, browser, parameters)
  const state = stateIn(parameters)
  const owner = await findClientOfHost(deps, browser.host, clientIdIn(state) ?? '')
  if (owner === undefined) throw new PageError('invalid_request')
  await keepAnswer(deps.db, deps.secrets, { poolId: owner.pool.id, id: hashOf(state) }, form)
  return { kind: 'kept', state }
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
): Promise<AnswerOutcome> {
  const received = receiveParameters(browser.query)
  // A response comes as a form only (SAML 2.0 Profiles §4.1.2): an address is kept in histories and logs. The sign-in goes on waiting.
  if (received.parameters.has('SAMLResponse')) throw new PageError('invalid_request')
  const signIn = await consumeSignIn(deps, browser, stateIn(received.parameters), browserToken)
  const answer = answerOf(signIn, received)
  const { query, proof, providerName, freshness } = signIn.details
  const at = { ...browser, query }
  const outcome = await readingForApp(deps, at, async (read) => {
    if (read.client.id !== signIn.clientId) throw new PageError('invalid_request')
    // The nonce of the sign-in at the provider stands in for the one that the app left out, as at Cognito.
    const request = { ...read, nonce: read.nonce ?? proof.nonce }
    const arrived = { providerName, proof, freshness, answer, isUnsolicited: false }
    return finishProviderSignIn(deps, at, request, arrived)
  })
  return { browser: at, outcome }
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
