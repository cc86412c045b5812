import { standardAttributes } from '../pools/attribute-schema.ts'
import { endpointBaseOf } from '../pools/domains/endpoint-base.ts'
import { type Manner, mannerOf } from '../pools/extensions/pool-extensions.ts'
import type { Pool } from '../pools/pool.ts'
import { acrOf } from '../tokens/assurance.ts'
import { issuerOf } from '../tokens/issue-tokens.ts'
import { registrationMetadata } from './client-registration/registration-metadata.ts'
import { deviceGrantMetadata } from './device-grant/request-device-authorization.ts'
import { dpopMetadata } from './dpop/dpop-proof.ts'
import { introspectionMetadata } from './introspection/introspection.ts'
import { privateKeyJwtMetadata } from './private-key-jwt/private-key-jwt.ts'
import { pushedRequestMetadata } from './pushed-requests/push-request.ts'
import type { HostDeps } from './request-host.ts'
import { deviceCodeGrantType } from './token/device-code.ts'

/** OpenID Connect Discovery 1.0 §3, RFC 8414 §2, RFC 9207 §3; Front-Channel Logout 1.0 §3, Back-Channel Logout 1.0 §2.1. */
const coreMetadata = (_base: string, pool: Pool, uiLocales: readonly string[]) => ({
  acr_values_supported: ([1, 2, 3, 4] as const).map((level) => acrOf(pool, level)),
  authorization_response_iss_parameter_supported: true,
  claim_types_supported: ['normal'],
  claims_parameter_supported: true,
  claims_supported: [
    'sub',
    'iss',
    'aud',
    'exp',
    'iat',
    'auth_time',
    'nonce',
    'at_hash',
    'sid',
    'acr',
    'amr',
    ...standardAttributes.map(({ name }) => name).slice(1),
  ],
  backchannel_logout_session_supported: true,
  backchannel_logout_supported: true,
  code_challenge_methods_supported: ['S256'],
  frontchannel_logout_session_supported: true,
  frontchannel_logout_supported: true,
  grant_types_supported: ['authorization_code', 'implicit', 'refresh_token', 'client_credentials', deviceCodeGrantType],
  prompt_values_supported: ['none', 'login', 'select_account'],
  request_parameter_supported: false,
  request_uri_parameter_supported: false,
  response_modes_supported: ['query', 'fragment', 'form_post'],
  response_types_supported: ['code', 'token'],
  ui_locales_supported: uiLocales,
})

/** What pools of each manner have besides, or in place of, the members of Cognito. `base` is the address of the endpoints. */
const furtherMembers: Readonly<Record<Manner, readonly ((base: string, pool: Pool, uiLocales: readonly string[]) => object)[]>> = {
  COGNITO: [],
  STRICT: [coreMetadata, privateKeyJwtMetadata, introspectionMetadata, pushedRequestMetadata, dpopMetadata, deviceGrantMetadata],
}

/**
 * The discovery document of a pool (OpenID Connect Discovery 1.0 §3), with Cognito's members in Cognito's order. `uiLocales` are the
 * languages of the pages.
 */
export async function discoveryDocument(
  { pools, publicUrl, uiLocales }: HostDeps & { readonly uiLocales: readonly string[] },
  pool: Pool,
): Promise<Readonly<Record<string, unknown>>> {
  const base = endpointBaseOf(publicUrl, await pools.findDomainsOf(pool.id))
  const issuer = issuerOf(publicUrl, pool.id)
  return {
    authorization_endpoint: `${base}/oauth2/authorize`,
    end_session_endpoint: `${base}/logout`,
    id_token_signing_alg_values_supported: ['RS256'],
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    response_types_supported: ['code', 'token'],
    revocation_endpoint: `${base}/oauth2/revoke`,
    scopes_supported: ['openid', 'email', 'phone', 'profile'],
    subject_types_supported: ['public'],
    token_endpoint: `${base}/oauth2/token`,
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    userinfo_endpoint: `${base}/oauth2/userInfo`,
    ...Object.assign({}, ...furtherMembers[mannerOf(pool)].map((membersOf) => membersOf(base, pool, uiLocales))),
    ...registrationMetadata({ pool, base, mainBase: endpointBaseOf(publicUrl, []) }),
  }
}
