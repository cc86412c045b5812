import { isLoopbackHost } from '../loopback.ts'
import type { PoolDomain } from '../pools/domains/pool-domain.ts'
import { issuerOf } from '../tokens/issue-tokens.ts'
import type { HostDeps } from './request-host.ts'

/** The discovery document of a pool (OpenID Connect Discovery 1.0 §3), with Cognito's members in Cognito's order. */
export async function discoveryDocument({ pools, publicUrl }: HostDeps, poolId: string): Promise<Readonly<Record<string, unknown>>> {
  const base = endpointBase(publicUrl, await pools.findDomainsOf(poolId))
  const issuer = issuerOf(publicUrl, poolId)
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
  }
}

/**
 * The address of the pool's endpoints: its custom domain, else its prefix domain, else the main host. All serve them. On a loopback host a
 * prefix domain is not named, because programs often cannot resolve names below `localhost`.
 */
function endpointBase(publicUrl: string, domains: readonly PoolDomain[]): string {
  const url = new URL(publicUrl)
  const custom = domains.find((domain) => domain.custom !== undefined)
  const [prefix] = isLoopbackHost(url.hostname) ? [] : domains
  const host = custom?.domain ?? (prefix && `${prefix.domain}.auth.${url.hostname}`) ?? url.hostname
  return `${url.protocol}//${host}${url.port === '' ? '' : `:${url.port}`}`
}
