import { type Manner, mannerOf } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'
import { readIdTokenHint } from '../id-token-hint.ts'
import { OAuthError } from '../oauth-error.ts'
import { listIn } from '../parameters.ts'
import { readCodeChallenge } from '../pkce.ts'
import { findNamedProvider } from '../providers/find-provider.ts'
import { requiresPushedRequests } from '../pushed-requests/pushed-request.ts'
import { readResource } from '../resource-indicators.ts'
import { requireUserScopes } from '../scopes-of-users.ts'
import type { AuthorizationRequest, AuthorizationRequestDeps, IdentifiedRequest, Prompt } from './authorization-request.ts'

/**
 * One step of reading an authorization request: it checks something, and returns what it adds to the request. It throws an OAuthError,
 * which goes to the redirect URI.
 */
export type RequestStep = (
  deps: AuthorizationRequestDeps,
  request: AuthorizationRequest,
) => Partial<AuthorizationRequest> | Promise<Partial<AuthorizationRequest>>

const refuseRepeated: RequestStep = (_deps, { received }) => {
  if (received.wrong.size > 0) throw new OAuthError('invalid_request')
  return {}
}

/** The flows that the client may use are those of AllowedOAuthFlows. There is no hybrid flow. */
const readResponseType: RequestStep = (_deps, { client, received }) => {
  const responseType = received.parameters.get('response_type')
  if (responseType !== 'code' && responseType !== 'token') throw new OAuthError('invalid_request')
  const flow = responseType === 'code' ? 'code' : 'implicit'
  if (!client.oauthFlows?.includes(flow)) throw new OAuthError('unauthorized_client')
  return { responseType }
}

/** The users of the pool itself sign in on its pages, and those of an identity provider at the provider. */
const readIdentityProvider: RequestStep = async ({ db }, { pool, client, received: { parameters } }) => ({
  providerName: await findNamedProvider(db, { pool, client }, parameters),
})

/** RFC 7636, with codes only. */
const readChallenge: RequestStep = (_deps, { responseType, received }) => ({
  challenge: responseType === 'code' ? readCodeChallenge(received.parameters) : undefined,
})

const readScopes: RequestStep = async ({ pools }, { client, granted, received }) => ({
  granted: { ...granted, scopes: await requireUserScopes(pools, client, listIn(received.parameters, 'scope')) },
})

/** RFC 8707. The classic hosted UI does not know it. */
const readResourceOfRequest: RequestStep = (_deps, { isManagedLogin, granted, received }) =>
  isManagedLogin ? { granted: { ...granted, resource: readResource(received.parameters) } } : {}

const prompts: readonly string[] = ['none', 'login', 'select_account', 'consent'] satisfies readonly Prompt[]

/** OpenID Connect Core §3.1.2.1: `none` stands alone. The classic hosted UI ignores the parameter. Unknown values have no effect. */
const readPrompts: RequestStep = (_deps, { isManagedLogin, received }) => {
  const given = isManagedLogin ? (listIn(received.parameters, 'prompt') ?? []) : []
  if (given.includes('none') && given.length > 1) throw new OAuthError('invalid_request')
  return { prompts: given.filter((prompt): prompt is Prompt => prompts.includes(prompt)) }
}

const readNonce: RequestStep = (_deps, { received }) => ({ nonce: received.parameters.get('nonce') })

/** RFC 9449 §10. */
const readKey: RequestStep = (_deps, { received }) => {
  const boundTo = received.parameters.get('dpop_jkt')
  if (boundTo !== undefined && !/^[\w-]{43}$/.test(boundTo)) throw new OAuthError('invalid_request')
  return { boundTo }
}

/** RFC 9126 §6. */
const requirePushedRequest: RequestStep = (_deps, request) => {
  if (request.pushedId !== undefined || !requiresPushedRequests(request)) return {}
  throw new OAuthError('invalid_request', { description: 'The client has to push its authorization requests.' })
}

/** OpenID Connect Core §3.1.2.6. A request URI that was pushed is gone by now: its parameters stand in its place. */
const refuseRequestObjects: RequestStep = (_deps, { received: { parameters }, pushedId }) => {
  if (parameters.has('request')) throw new OAuthError('request_not_supported')
  if (parameters.has('request_uri') && pushedId === undefined) throw new OAuthError('request_uri_not_supported')
  return {}
}

/** OAuth 2.0 Multiple Response Type Encoding Practices §2.1: tokens never come in a query. */
const checkResponseMode: RequestStep = (_deps, { responseType, received: { parameters } }) => {
  const mode = parameters.get('response_mode')
  const allowed = responseType === 'code' ? ['query', 'fragment', 'form_post'] : ['fragment', 'form_post']
  if (mode !== undefined && !allowed.includes(mode))
    throw new OAuthError('invalid_request', { description: 'The response_mode is not supported.' })
  return {}
}

/** OpenID Connect Core §3.1.2.1. */
const readMaxAge: RequestStep = (_deps, { received: { parameters } }) => {
  const text = parameters.get('max_age')
  if (text !== undefined && !/^\d{1,9}$/.test(text))
    throw new OAuthError('invalid_request', { description: 'max_age must be a number of seconds.' })
  return { maxAge: text === undefined ? undefined : Number(text) }
}

/** OpenID Connect Core §3.1.2.1. The token has to be the client's own. */
const readHint: RequestStep = async (deps, { pool, client, received: { parameters } }) => {
  const token = parameters.get('id_token_hint')
  if (token === undefined) return {}
  const hint = await readIdTokenHint(deps, pool, token)
  if (hint?.clientId !== client.id)
    throw new OAuthError('invalid_request', { description: 'The id_token_hint is no ID token of this client.' })
  return { hintedSub: hint.sub }
}

/** The classic pages honour `prompt` as well. */
const readPromptsAlways: RequestStep = (deps, request) => readPrompts(deps, { ...request, isManagedLogin: true })

/** The steps of Cognito, in their order. */
const cognitoRequestSteps: readonly RequestStep[] = [
  refuseRepeated,
  readResponseType,
  readIdentityProvider,
  readChallenge,
  readScopes,
  readResourceOfRequest,
  readPrompts,
  readNonce,
]

const requestSteps: Readonly<Record<Manner, readonly RequestStep[]>> = {
  COGNITO: cognitoRequestSteps,
  STRICT: [
    requirePushedRequest,
    refuseRequestObjects,
    ...cognitoRequestSteps,
    checkResponseMode,
    readPromptsAlways,
    readMaxAge,
    readHint,
    readKey,
  ],
}

/** The steps of the pool's manner. */
export const requestStepsOf = (pool: Pool): readonly RequestStep[] => requestSteps[mannerOf(pool)]

/**
 * Reads an identified request by the steps.
 *
 * @throws OAuthError for the redirect URI.
 */
export async function readAuthorizationRequest(
  deps: AuthorizationRequestDeps,
  steps: readonly RequestStep[],
  identified: IdentifiedRequest,
): Promise<AuthorizationRequest> {
  const unread = { responseType: 'code', challenge: undefined, nonce: undefined, prompts: [] } as const
  let request: AuthorizationRequest = { ...identified, ...unread, granted: { scopes: [], resource: undefined } }
  for (const step of steps) request = { ...request, ...(await step(deps, request)) }
  return request
}
