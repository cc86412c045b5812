import { OAuthError } from '../oauth-error.ts'
import { listIn } from '../parameters.ts'
import { readCodeChallenge } from '../pkce.ts'
import { findNamedProvider } from '../providers/find-provider.ts'
import { readResource } from '../resource-indicators.ts'
import { requireUserScopes } from '../scopes-of-users.ts'
import type { AuthorizationRequest, AuthorizationRequestDeps, Prompt } from './authorization-request.ts'

/**
 * One step of reading an authorization request: it checks something, and returns what it adds to the request. It throws an OAuthError,
 * which goes to the redirect URI.
 */
export type RequestStep = (
  deps: AuthorizationRequestDeps,
  request: AuthorizationRequest,
) => Partial<AuthorizationRequest> | Promise<Partial<AuthorizationRequest>>

export const refuseRepeated: RequestStep = (_deps, { received }) => {
  if (received.wrong.size > 0) throw new OAuthError('invalid_request')
  return {}
}

/** The flows that the client may use are those of AllowedOAuthFlows. There is no hybrid flow. */
export const readResponseType: RequestStep = (_deps, { client, received }) => {
  const responseType = received.parameters.get('response_type')
  if (responseType !== 'code' && responseType !== 'token') throw new OAuthError('invalid_request')
  const flow = responseType === 'code' ? 'code' : 'implicit'
  if (!client.oauthFlows?.includes(flow)) throw new OAuthError('unauthorized_client')
  return { responseType }
}

/** The users of the pool itself sign in on its pages, and those of an identity provider at the provider. */
export const readIdentityProvider: RequestStep = async ({ db }, { pool, client, received: { parameters } }) => ({
  namedProvider: await findNamedProvider(db, { pool, client }, parameters),
})

/** RFC 7636, with codes only. */
export const readChallenge: RequestStep = (_deps, { responseType, received }) => ({
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
export const readPrompts: RequestStep = (_deps, { isManagedLogin, received }) => {
  const given = isManagedLogin ? (listIn(received.parameters, 'prompt') ?? []) : []
  if (given.includes('none') && given.length > 1) throw new OAuthError('invalid_request')
  return { prompts: given.filter((prompt): prompt is Prompt => prompts.includes(prompt)) }
}

export const readNonce: RequestStep = (_deps, { received }) => ({ nonce: received.parameters.get('nonce') })

/** The steps of Cognito, in their order. */
export const cognitoRequestSteps: readonly RequestStep[] = [
  refuseRepeated,
  readResponseType,
  readIdentityProvider,
  readChallenge,
  readScopes,
  readResourceOfRequest,
  readPrompts,
  readNonce,
]

/** A sign-in for the device page. What the device asks for was checked when it asked. */
export const devicePageSteps: readonly RequestStep[] = [refuseRepeated, readIdentityProvider]

/** The account page asks for a fresh sign-in by `prompt=login`, whichever pages the client has. */
const readLoginPrompt: RequestStep = (_deps, { received }) => ({
  prompts: received.parameters.get('prompt') === 'login' ? ['login'] : [],
})

/** A sign-in for the account page. */
export const accountPageSteps: readonly RequestStep[] = [refuseRepeated, readIdentityProvider, readLoginPrompt]
