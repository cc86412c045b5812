import { newClientSecret } from '../../base/ids.ts'
import { readRequest } from '../../contract/read-request.ts'
import type { AppClient, ClientSecret } from '../../pools/app-client.ts'
import { readNewClient } from '../../pools/app-client-wire.ts'
import { isWritableByClients } from '../../pools/attribute-rules.ts'
import { clientExtensionsOf } from '../../pools/client-extensions/client-extensions.ts'
import type { Pool } from '../../pools/pool.ts'
import type { ClientMetadata } from './client-metadata.ts'

type Registered = {
  readonly metadata: ClientMetadata
  readonly scopes: readonly string[]
  readonly tokenHash: string
  readonly now: number
}

/**
 * A new client with the metadata. It offers the users of the pool itself, and all of `providers`. It may only use the hosted pages and
 * refresh tokens: with the flows of the API it could get tokens with more scopes. It neither reads nor writes custom attributes.
 */
export function draftRegisteredClient(
  pool: Pool,
  id: string,
  registered: Registered & { readonly providers: readonly string[] },
): AppClient {
  const standard = pool.schema.map(({ name }) => name).filter((name) => !name.includes(':'))
  const request = readRequest('CreateUserPoolClient', {
    UserPoolId: pool.id,
    ClientName: nameOf(registered.metadata),
    ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'],
    SupportedIdentityProviders: ['COGNITO', ...registered.providers],
    ReadAttributes: standard,
    WriteAttributes: standard.filter(isWritableByClients),
    PreventUserExistenceErrors: 'ENABLED',
    AllowedOAuthFlowsUserPoolClient: true,
  })
  return withMetadata(readNewClient(request, { id, pool, secrets: [], now: registered.now }), registered)
}

/** `client` with the metadata in place of the old ones (RFC 7592 §2.2). Settings that are no metadata stay. */
export function withMetadata(client: AppClient, { metadata, scopes, tokenHash, now }: Registered): AppClient {
  const { redirectUris, postLogoutRedirectUris, authMethod, clientName, keys, jwksUri } = metadata
  return {
    ...client,
    name: nameOf(metadata),
    updatedAt: now,
    secrets: secretsOf(client, authMethod, now),
    callbackUrls: ifAny(redirectUris),
    logoutUrls: ifAny(postLogoutRedirectUris),
    defaultRedirectUri: redirectUris.find((uri) => uri === client.defaultRedirectUri),
    oauthFlows: [metadata.grant === 'authorization_code' ? 'code' : 'client_credentials'],
    oauthScopes: scopes,
    extensions: {
      ...clientExtensionsOf(client),
      privateKeyJwt: { keys, jwksUri },
      pushedRequests: { isRequired: metadata.requiresPushedRequests },
    },
    registration: {
      tokenHash,
      clientName,
      secretMethod: authMethod === 'client_secret_post' ? authMethod : 'client_secret_basic',
      information: metadata.information,
    },
  }
}

const ifAny = <Value>(values: readonly Value[]): readonly Value[] | undefined => (values.length === 0 ? undefined : values)

/**
 * A client with keys has a secret that is never shown. Without it, the API would take the client for a public one, because the API does not
 * know keys.
 */
function secretsOf({ id, secrets }: AppClient, authMethod: ClientMetadata['authMethod'], now: number): readonly ClientSecret[] {
  if (authMethod === 'none') return []
  return secrets.length > 0 ? secrets : [{ id: `${id}--${Math.floor(now / 1000)}`, value: newClientSecret(), createdAt: now }]
}

/** The name of the app client: that of the metadata in the characters and the length that CreateUserPoolClient accepts. */
export function nameOf({ clientName = '' }: Pick<ClientMetadata, 'clientName'>): string {
  const name = clientName
    .replace(/[^\w\s+=,.@-]+/g, '-')
    .replace(/\s+/g, ' ')
    .trim()
  return name.slice(0, 128) || 'registered client'
}
