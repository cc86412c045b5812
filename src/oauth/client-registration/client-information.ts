import type { AppClient } from '../../pools/app-client.ts'
import { clientExtensionsOf, hasKeys } from '../../pools/client-extensions/client-extensions.ts'
import { allowsFlow } from '../../signin/client-flows.ts'
import { nameOf } from './registered-client.ts'

/** What a registered client learns about itself (RFC 7591 §3.2.1, RFC 7592 §3). */
export type ClientInformation = Readonly<Record<string, unknown>>

/** The client's settings of now, as metadata: the operator may have changed them. `token` is the registration access token. */
export function clientInformation(client: AppClient, { token, uri }: { readonly token: string; readonly uri: string }): ClientInformation {
  const { privateKeyJwt, pushedRequests } = clientExtensionsOf(client)
  const [secret] = hasKeys(client) ? [] : client.secrets
  return {
    client_id: client.id,
    client_id_issued_at: Math.floor(client.createdAt / 1000),
    ...(secret !== undefined && { client_secret: secret.value, client_secret_expires_at: 0 }),
    registration_access_token: token,
    registration_client_uri: uri,
    redirect_uris: client.callbackUrls ?? [],
    ...(client.logoutUrls !== undefined && { post_logout_redirect_uris: client.logoutUrls }),
    token_endpoint_auth_method: authMethodOf(client),
    ...grantsOf(client),
    client_name: clientNameOf(client),
    scope: (client.oauthScopes ?? []).join(' '),
    ...(privateKeyJwt.keys !== undefined && { jwks: { keys: privateKeyJwt.keys } }),
    ...(privateKeyJwt.jwksUri !== undefined && { jwks_uri: privateKeyJwt.jwksUri }),
    require_pushed_authorization_requests: pushedRequests.isRequired,
    ...client.registration?.information,
  }
}

function authMethodOf(client: AppClient): string {
  if (hasKeys(client)) return 'private_key_jwt'
  return client.secrets.length === 0 ? 'none' : (client.registration?.secretMethod ?? 'client_secret_basic')
}

function grantsOf(client: AppClient): { readonly grant_types: readonly string[]; readonly response_types: readonly string[] } {
  const flows = client.oauthFlows ?? []
  const [hasCode, hasToken] = [flows.includes('code'), flows.includes('implicit')]
  return {
    grant_types: [
      ...(hasCode ? ['authorization_code'] : []),
      ...(hasCode && allowsFlow(client, 'refresh') ? ['refresh_token'] : []),
      ...(hasToken ? ['implicit'] : []),
      ...(flows.includes('client_credentials') ? ['client_credentials'] : []),
    ],
    response_types: [...(hasCode ? ['code'] : []), ...(hasToken ? ['token'] : [])],
  }
}

/** The name that the client sent, unless the operator has given it another one. */
function clientNameOf({ name, registration }: AppClient): string {
  const sent = registration?.clientName
  return sent !== undefined && nameOf({ clientName: sent }) === name ? sent : name
}
