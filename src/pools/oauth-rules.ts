import { ApiError, invalidParameter } from '../contract/api-error.ts'
import type { AppClient } from './app-client.ts'
import { userScopes } from './resource-servers/scopes.ts'

/** Hosts that never leave the machine, so that plain HTTP is good enough (RFC 8252 §7.3). */
const loopbackHosts: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/** Schemes that would run or show what stands in the address, instead of handing it to an app. */
const forbiddenSchemes: readonly string[] = ['about:', 'blob:', 'data:', 'file:', 'filesystem:', 'javascript:', 'vbscript:', 'view-source:']

/** Throws InvalidParameterException, InvalidOAuthFlowException or, for a scope that does not exist, ScopeDoesNotExistException. */
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

/** The client speaks for itself here: no user, so no scope that is about one. */
function requireValidClientCredentials(client: AppClient): void {
  if ((client.oauthFlows?.length ?? 0) > 1) {
    throw invalidFlow('client_credentials flow can not be selected along with code flow or implicit flow.')
  }
  if (client.secrets.length === 0) {
    throw invalidFlow('client_credentials flow can not be selected if client does not have a client secret.')
  }
  const ofUsers = client.oauthScopes?.find((scope) => userScopes.includes(scope))
  if (ofUsers !== undefined) throw invalidFlow(`${ofUsers} is not supported with client_credentials flow`)
}

/** Absolute, without fragment (RFC 6749 §3.1.2), and not open to whoever listens on the way. */
function requireRedirectUrl(text: string): void {
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
