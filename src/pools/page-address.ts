import type { AppClientCaller } from './app-client.ts'
import { clientExtensionsOf } from './client-extensions/client-extensions.ts'
import { mannerOf, oauthOf } from './extensions/pool-extensions.ts'

/** Whether the authorization endpoint takes only pushed requests of the client: the pool or the client can demand it. */
export const requiresPushedRequests = ({ pool, client }: AppClientCaller): boolean =>
  mannerOf(pool) === 'STRICT' && (oauthOf(pool).requirePushedRequests === true || clientExtensionsOf(client).pushedRequests.isRequired)

/**
 * The parameters with which a page can be opened that no app asked for. Every page needs an app to return to. The first callback URL stands
 * in for a default. Only the app can push a request.
 */
export function returnAddressOf(owner: AppClientCaller): { readonly response_type: string; readonly redirect_uri: string } | undefined {
  const { client } = owner
  const redirectUri = client.defaultRedirectUri ?? client.callbackUrls?.find((url) => !url.includes('*'))
  const flow = client.oauthFlows?.find((name) => name === 'code' || name === 'implicit')
  if (requiresPushedRequests(owner) || !client.oauthEnabled || redirectUri === undefined || flow === undefined) return undefined
  return { response_type: flow === 'code' ? 'code' : 'token', redirect_uri: redirectUri }
}
