import { ApiError, invalidParameter } from '../contract/api-error.ts'
import type { AppClient } from './app-client.ts'
import { userScopes } from './resource-servers/scopes.ts'

/** Loopback hosts may use plain HTTP, because their traffic does not leave the machine (RFC 8252 §7.3). */
const loopbackHosts: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/** Schemes with which a browser would run or show the content of the URL, instead of passing it to an app. */
const forbiddenSchemes: readonly string[] = ['about:', 'blob:', 'data:', 'file:', 'filesystem:', 'javascript:', 'vbscript:', 'view-source:']

/**
 * @throws ApiError InvalidParameterException when a redirect URL is invalid or the OAuth settings are incomplete
 * @throws ApiError InvalidOAuthFlowException when the flows do not fit each other or the client
 * @throws ApiError ScopeDoesNotExistException when a scope does not exist
 */
export function requireValidOAuth(client: AppClient, existingScopes: ReadonlySet<string>): void {
  for (const url of [...(client.callbackUrls ?? []), ...(client.logoutUrls ?? [])]) requireRedirectUrl(url)
  if (client.defaultRedirectUri !== undefined && !client.callbackUrls?.includes(client.defaultRedirectUri)) {
    throw invalidParameter('DefaultRedirectURI must be one of the CallbackURLs.')
  }
  if (client.oauthEnabled && (client.oauthFlows === undefined || client.oauthScopes === undefined)) {
    throw invalidParameter('AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.')
  }
  requireValidFlows(client)
  const unknown = client.oauthScopes?.find((scope) => !existingScopes.has(scope))
  if (unknown !== undefined) throw new ApiError('ScopeDoesNotExistException', `Invalid scope requested: ${unknown}`)
}

function requireValidFlows(client: AppClient): void {
  const flows = client.oauthFlows ?? []
  if (flows.includes('client_credentials')) requireValidClientCredentials(client)
  else if (flows.length > 0 && client.callbackUrls === undefined) {
    throw invalidFlow('CallbackUrls can not be empty when code flow or implicit flow is selected')
  }
}

/** With `client_credentials`, the client acts for itself. There is no user, so scopes about a user make no sense. */
function requireValidClientCredentials(client: AppClient): void {
  if ((client.oauthFlows?.length ?? 0) > 1) {
    throw invalidFlow('client_credentials flow can not be selected along with code flow or implicit flow.')
  }
  if (client.secrets.length === 0) {
    throw invalidFlow('client_credentials flow can not be selected if client does not have a client secret.')
  }
  const userScope = client.oauthScopes?.find((scope) => userScopes.includes(scope))
  if (userScope !== undefined) throw invalidFlow(`${userScope} is not supported with client_credentials flow`)
}

/** A redirect URL is absolute, has no fragment (RFC 6749 §3.1.2), and must not expose codes to the network. */
export function requireRedirectUrl(text: string): void {
  const url = URL.parse(text)
  if (url === null || text.includes('#'))
    throw invalidParameter(`${text} is not a valid redirect URL: it must be absolute and have no fragment.`)
  if (url.protocol === 'http:' && !loopbackHosts.includes(url.hostname)) {
    throw invalidParameter(`${text} is not a valid redirect URL: it must use HTTPS unless its host is localhost, 127.0.0.1 or [::1].`)
  }
  if (forbiddenSchemes.includes(url.protocol)) throw invalidParameter(`${text} is not a valid redirect URL: its scheme is not allowed.`)
}

function invalidFlow(message: string): ApiError {
  return new ApiError('InvalidOAuthFlowException', message)
}
