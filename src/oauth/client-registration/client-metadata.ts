import { ApiError } from '../../contract/api-error.ts'
import type { PublicJwk } from '../../pools/client-extensions/client-extensions.ts'
import { type JwksUriRule, requireJwksUri } from '../../pools/client-extensions/jwks-uri.ts'
import { readPublicKeys } from '../../pools/client-extensions/public-keys.ts'
import type { ClientRegistrationExtension, RegistrationGrant } from '../../pools/extensions/client-registration.ts'
import { OAuthError } from '../oauth-error.ts'
import { booleanIn, choiceIn, invalidMetadata, type SentMetadata, textIn, textsIn } from './metadata-members.ts'
import { redirectUrisIn } from './redirect-uris.ts'

const authMethods = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const

/** The metadata of a client (RFC 7591 §2, OpenID Connect Dynamic Client Registration §2), checked against the settings of the pool. */
export type ClientMetadata = {
  readonly redirectUris: readonly string[]
  readonly postLogoutRedirectUris: readonly string[]
  readonly authMethod: (typeof authMethods)[number]
  readonly grant: RegistrationGrant
  readonly clientName: string | undefined
  /** Undefined when the client names none. Then it gets all scopes that it may have. */
  readonly scopes: readonly string[] | undefined
  readonly keys: readonly PublicJwk[] | undefined
  readonly jwksUri: string | undefined
  readonly requiresPushedRequests: boolean
  /** Members that are kept and shown, and used for nothing. */
  readonly information: Readonly<Record<string, unknown>>
}

type Rules = { readonly registration: ClientRegistrationExtension; readonly jwksUriRule: JwksUriRule }

/**
 * Checks the metadata. Members that the server does not know are ignored (RFC 7591 §2).
 * @throws OAuthError invalid_client_metadata, invalid_redirect_uri, invalid_software_statement
 */
export function readClientMetadata(sent: SentMetadata, { registration, jwksUriRule }: Rules): ClientMetadata {
  if ((sent['software_statement'] ?? undefined) !== undefined) {
    throw new OAuthError('invalid_software_statement', { description: 'software statements are not supported' })
  }
  const grant = grantIn(sent, registration)
  const authMethod = choiceIn(sent, 'token_endpoint_auth_method', authMethods, 'client_secret_basic')
  if (grant === 'client_credentials' && authMethod === 'none') {
    throw invalidMetadata('the grant client_credentials needs a token_endpoint_auth_method other than none')
  }
  const redirectUris = redirectUrisIn(sent, 'redirect_uris', registration.allowedRedirectHosts)
  if (grant === 'authorization_code' && redirectUris.length === 0) {
    throw new OAuthError('invalid_redirect_uri', { description: 'the grant authorization_code needs redirect_uris' })
  }
  return {
    redirectUris,
    postLogoutRedirectUris: redirectUrisIn(sent, 'post_logout_redirect_uris', registration.allowedRedirectHosts),
    authMethod,
    grant,
    clientName: textIn(sent, 'client_name', 256),
    scopes: scopesIn(sent, registration),
    ...keysIn(sent, authMethod, jwksUriRule),
    requiresPushedRequests: booleanIn(sent, 'require_pushed_authorization_requests') ?? false,
    information: informationIn(sent),
  }
}

/** The one grant besides `refresh_token`. An app client of Cognito cannot have both grants. */
function grantIn(sent: SentMetadata, { allowedGrantTypes }: ClientRegistrationExtension): RegistrationGrant {
  const grants = textsIn(sent, 'grant_types', 10, 100) ?? ['authorization_code']
  const others = grants.filter((grant) => grant !== 'refresh_token')
  const [grant] = others
  if (others.length !== 1 || !allowedGrantTypes.some((allowed) => allowed === grant)) {
    throw invalidMetadata(`grant_types must name one of: ${allowedGrantTypes.join(', ')}; refresh_token may stand beside it`)
  }
  const responseTypes = textsIn(sent, 'response_types', 10, 100) ?? []
  if (responseTypes.some((type) => type !== 'code')) throw invalidMetadata('response_types can only be code')
  return grant as RegistrationGrant
}

function scopesIn(sent: SentMetadata, { allowedScopes }: ClientRegistrationExtension): readonly string[] | undefined {
  const scope = textIn(sent, 'scope', 4096)
  if (scope === undefined) return undefined
  const scopes = [...new Set(scope.split(' ').filter((name) => name !== ''))]
  if (scopes.length === 0 || scopes.some((name) => !allowedScopes.includes(name))) {
    throw invalidMetadata('scope has a value that the pool does not allow for registered clients')
  }
  return scopes
}

/** Keys count for `private_key_jwt` only. Clients may have keys for other purposes, which the server does not have. */
function keysIn(sent: SentMetadata, authMethod: ClientMetadata['authMethod'], rule: JwksUriRule): Pick<ClientMetadata, 'keys' | 'jwksUri'> {
  const jwks = sent['jwks'] ?? undefined
  const jwksUri = textIn(sent, 'jwks_uri', 1024)
  if (jwks !== undefined && jwksUri !== undefined) throw invalidMetadata('jwks and jwks_uri cannot be used together')
  if (authMethod !== 'private_key_jwt') return { keys: undefined, jwksUri: undefined }
  if (jwks === undefined && jwksUri === undefined) throw invalidMetadata('private_key_jwt needs jwks or jwks_uri')
  try {
    if (jwksUri !== undefined) requireJwksUri(rule, jwksUri, 'jwks_uri')
    return { keys: jwks === undefined ? undefined : readPublicKeys(jwks, 'jwks'), jwksUri }
  } catch (error) {
    if (error instanceof ApiError) throw invalidMetadata(error.message)
    throw error
  }
}

/** Addresses of pages about the client. The server never fetches them. */
const pageMembers: readonly string[] = ['client_uri', 'logo_uri', 'policy_uri', 'tos_uri']

function informationIn(sent: SentMetadata): Readonly<Record<string, unknown>> {
  const pages = pageMembers.map((name) => [name, textIn(sent, name, 1024)] as const)
  const wrong = pages.find(([, uri]) => uri !== undefined && !/^https?:$/.test(URL.parse(uri)?.protocol ?? ''))
  if (wrong !== undefined) throw invalidMetadata(`${wrong[0]} must be an http: or https: URL`)
  const texts = ['software_id', 'software_version', 'application_type'].map((name) => [name, textIn(sent, name, 256)] as const)
  const all = [['contacts', textsIn(sent, 'contacts', 10, 256)] as const, ...pages, ...texts]
  return Object.fromEntries(all.filter(([, value]) => value !== undefined))
}
