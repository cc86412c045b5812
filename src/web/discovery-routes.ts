import type { FastifyInstance } from 'fastify'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import { issuerOf } from '../tokens/issue-tokens.ts'
import type { SigningKeys } from '../tokens/signing-keys.ts'

type Deps = { readonly pools: PoolCatalog; readonly signingKeys: SigningKeys; readonly publicUrl: string }
type PoolPath = { Params: { userPoolId: string } }

/** For token verifiers: the pool's JWK set (RFC 7517) and its OpenID Connect discovery document. */
export function discoveryRoutes(app: FastifyInstance, { pools, signingKeys, publicUrl }: Deps): void {
  const cacheSeconds = 300

  app.get<PoolPath>('/:userPoolId/.well-known/jwks.json', async (request, reply) => {
    const pool = await pools.findPool(request.params.userPoolId)
    if (pool === undefined) return reply.callNotFound()
    reply.headers(publicCacheHeaders(cacheSeconds))
    return { keys: await signingKeys.published(pool.id) }
  })

  app.get<PoolPath>('/:userPoolId/.well-known/openid-configuration', async (request, reply) => {
    const pool = await pools.findPool(request.params.userPoolId)
    if (pool === undefined) return reply.callNotFound()
    reply.headers(publicCacheHeaders(cacheSeconds))
    const issuer = issuerOf(publicUrl, pool.id)
    // The document of OpenID Connect Discovery 1.0 §3. It lacks the OAuth 2.0 endpoints until the hosted pages are built.
    return {
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      id_token_signing_alg_values_supported: ['RS256'],
      subject_types_supported: ['public'],
      response_types_supported: ['code', 'token'],
      scopes_supported: ['openid', 'email', 'phone', 'profile'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    }
  })
}

const publicCacheHeaders = (maxAgeSeconds: number) => ({
  'access-control-allow-origin': '*',
  'cache-control': `public, max-age=${maxAgeSeconds}`,
})
