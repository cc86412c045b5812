import { invalidParameter } from '../../contract/api-error.ts'
import { isLoopbackHost } from '../../loopback.ts'
import type { AppClient } from '../app-client.ts'

/** Names and addresses of hosts. URLs allow further characters, but some of them end a directive of a Content-Security-Policy. */
const plainHost = /^(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])$/

/**
 * Checks the address that browsers load when a session ends (OpenID Connect Front-Channel Logout 1.0 §2).
 * @throws ApiError InvalidParameterException when it is no web address, or no callback URL of the client has the same origin
 */
export function requireFrontChannelUri(client: Pick<AppClient, 'callbackUrls'>, uri: string, where: string): void {
  requireWebAddress(uri, where)
  if (!isOfCallbackOrigin(client, uri))
    throw invalidParameter(`${where} must have the scheme, the host and the port of one of the CallbackURLs.`)
}

/** Whether the address has the origin of a callback URL. Callback URLs may change after the address was set. */
export function isOfCallbackOrigin({ callbackUrls = [] }: Pick<AppClient, 'callbackUrls'>, uri: string): boolean {
  const { origin } = new URL(uri)
  return callbackUrls.some((url) => URL.parse(url)?.origin === origin)
}

/**
 * Checks the address to which logout tokens are sent (OpenID Connect Back-Channel Logout 1.0 §2.2).
 * @throws ApiError InvalidParameterException when it is no web address
 */
export function requireBackChannelUri(uri: string, where: string): void {
  requireWebAddress(uri, where)
}

function requireWebAddress(uri: string, where: string): void {
  const url = URL.parse(uri)
  const isWeb = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname))
  if (url === null || !isWeb) {
    throw invalidParameter(`${where} must be an absolute URL with HTTPS. Only hosts of this machine, such as localhost, may have HTTP.`)
  }
  if (uri.includes('#')) throw invalidParameter(`${where} must have no fragment (#).`)
  if (url.username !== '' || url.password !== '') throw invalidParameter(`${where} must have no user name and no password.`)
  if (!plainHost.test(url.hostname)) throw invalidParameter(`${where} must have a host of letters, digits, dots and hyphens.`)
}
