import { requiresPushedRequests } from '../../pools/page-address.ts'
import { findLevel } from '../../tokens/assurance.ts'
import { readIdTokenHint } from '../id-token-hint.ts'
import { OAuthError } from '../oauth-error.ts'
import { listIn } from '../parameters.ts'
import { readResource } from '../resource-indicators.ts'
import { requireKnownScopes } from '../scopes-of-users.ts'
import { intersect, readClaimsParameter } from './claims-parameter.ts'
import {
  type RequestStep,
  readChallenge,
  readIdentityProvider,
  readNonce,
  readPrompts,
  readResponseType,
  refuseRepeated,
} from './request-checks.ts'

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

/**
 * OpenID Connect Core §3.1.2.6, RFC 6749 §4.1.2.1. Only `code` and `token` are supported: there are no hybrid flows, and an ID token never
 * comes without a code or an access token. Without the parameter, the request is incomplete.
 */
const refuseUnknownResponseType: RequestStep = (_deps, { received: { parameters } }) => {
  const responseType = parameters.get('response_type')
  if (responseType === undefined || responseType === 'code' || responseType === 'token') return {}
  throw new OAuthError('unsupported_response_type')
}

const readKnownScopes: RequestStep = async (deps, { client, granted, received }) => ({
  granted: { ...granted, scopes: await requireKnownScopes(deps, client, listIn(received.parameters, 'scope')) },
})

/** RFC 8707 §2, on the classic pages as well. */
const readResourceAlways: RequestStep = (_deps, { granted, received }) => ({
  granted: { ...granted, resource: readResource(received.parameters, 'invalid_target') },
})

/** The classic pages honour `prompt` as well. */
const readPromptsAlways: RequestStep = (deps, request) => readPrompts(deps, { ...request, isManagedLogin: true })

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
  return { acceptedSubs: [hint.sub] }
}

/** RFC 9449 §10. */
const readKey: RequestStep = (_deps, { received }) => {
  const boundTo = received.parameters.get('dpop_jkt')
  if (boundTo !== undefined && !/^[\w-]{43}$/.test(boundTo)) throw new OAuthError('invalid_request')
  return { boundTo }
}

/**
 * `claims` and `acr_values` (OpenID Connect Core §3.1.2.1, §5.5). Names that are no attributes of the pool are left out, so that codes and
 * tokens stay small. Values of `acr` in `claims` come before `acr_values`.
 */
const readClaims: RequestStep = (_deps, { pool, granted, acceptedSubs, received: { parameters } }) => {
  const text = parameters.get('claims')
  const { userInfo = [], idToken = [], subs, acr } = text === undefined ? {} : readClaimsParameter(text)
  const accepted = intersect([acceptedSubs, subs])
  if (accepted?.length === 0) throw new OAuthError('invalid_request', { description: 'The request accepts no user.' })
  const attributes = (names: readonly string[]) => pool.schema.map(({ name }) => name).filter((name) => names.includes(name))
  const claims = { userInfo: attributes(userInfo), idToken: attributes(idToken) }
  const hasClaims = claims.userInfo.length > 0 || claims.idToken.length > 0
  const values = acr?.values ?? listIn(parameters, 'acr_values')
  const levels = values?.flatMap((name) => findLevel(pool, name) ?? []) ?? []
  const isEssential = acr?.isEssential ?? false
  // Nothing that the user could do leads to a level that the pool does not have.
  if (isEssential && levels.length === 0) throw new OAuthError('unmet_authentication_requirements')
  return {
    acceptedSubs: accepted,
    granted: hasClaims ? { ...granted, claims } : granted,
    assurance: levels.length === 0 ? undefined : { levels, isEssential },
  }
}

/** OpenID Connect Core §3.1.2.1. Unknown languages have no effect. */
const readUiLocales: RequestStep = (_deps, { received: { parameters } }) => ({ uiLocales: listIn(parameters, 'ui_locales') })

/** The steps of manner strict, in their order. */
export const strictRequestSteps: readonly RequestStep[] = [
  requirePushedRequest,
  refuseRequestObjects,
  refuseRepeated,
  refuseUnknownResponseType,
  readResponseType,
  readIdentityProvider,
  readChallenge,
  readKnownScopes,
  readResourceAlways,
  readNonce,
  checkResponseMode,
  readPromptsAlways,
  readMaxAge,
  readHint,
  readKey,
  readClaims,
  readUiLocales,
]
