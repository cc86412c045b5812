import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { serviceProviderMetadata } from '../federation/saml/service-provider-metadata.ts'
import { identityIssuerOf } from '../identity-pools/tokens/identity-token.ts'
import { discoveryDocument } from '../oauth/discovery.ts'
import { endpointBaseOf } from '../pools/domains/endpoint-base.ts'
import { mannerOf } from '../pools/extensions/pool-extensions.ts'
import type { Pool } from '../pools/pool.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import type { SigningCertificateDeps } from '../pools/signing-certificate/signing-certificate.ts'
import { identityPoolKeys, type SigningKeys } from '../tokens/signing-keys.ts'
import { languages } from './pages/texts.ts'

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

  const sendDocument = async (request: FastifyRequest<PoolPath>, reply: FastifyReply, isThere: (pool: Pool) => boolean) => {
    const pool = await pools.findPool(request.params.userPoolId)
    if (pool === undefined || !isThere(pool)) return reply.callNotFound()
    return reply.headers(publicCacheHeaders(cacheSeconds)).send(await discoveryDocument({ pools, publicUrl, uiLocales: languages }, pool))
  }
  app.get<PoolPath>('/:userPoolId/.well-known/openid-configuration', (request, reply) => sendDocument(request, reply, () => true))
  // RFC 8414 §3.1 puts the name before the path of the issuer. Some clients append it, as OpenID Connect does.
  for (const path of ['/.well-known/oauth-authorization-server/:userPoolId', '/:userPoolId/.well-known/oauth-authorization-server']) {
    app.get<PoolPath>(path, (request, reply) => sendDocument(request, reply, (pool) => mannerOf(pool) === 'STRICT'))
  }
}

/** For SAML identity providers: the pool's metadata as a service provider. */
export function samlMetadataRoutes(app: FastifyInstance, deps: Pick<Deps, 'pools' | 'publicUrl'> & SigningCertificateDeps): void {
  app.get<PoolPath>('/:userPoolId/saml2/metadata', async (request, reply) => {
    const pool = await deps.pools.findPool(request.params.userPoolId)
    if (pool === undefined) return reply.callNotFound()
    const base = endpointBaseOf(deps.publicUrl, await deps.pools.findDomainsOf(pool.id))
    reply.headers({ 'cache-control': 'public, max-age=300', 'content-type': 'application/samlmetadata+xml' })
    return serviceProviderMetadata(deps, pool, base)
  })
}

/** For services that trust the tokens of identity pools, such as an STS. All identity pools have one issuer. */
export function identityDiscoveryRoutes(app: FastifyInstance, { signingKeys, publicUrl }: Omit<Deps, 'pools'>): void {
  const cacheSeconds = 300
  const issuer = identityIssuerOf(publicUrl)

  app.get('/identity/.well-known/jwks.json', async (_request, reply) => {
    reply.headers(publicCacheHeaders(cacheSeconds))
    return { keys: await signingKeys.published(identityPoolKeys) }
  })

  app.get('/identity/.well-known/openid-configuration', async (_request, reply) => {
    reply.headers(publicCacheHeaders(cacheSeconds))
    return {
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      id_token_signing_alg_values_supported: ['RS512'],
      subject_types_supported: ['public'],
      response_types_supported: ['token'],
      claims_supported: ['sub', 'aud', 'amr', 'iss', 'exp', 'iat'],
    }
  })
}

const publicCacheHeaders = (maxAgeSeconds: number) => ({
  'access-control-allow-origin': '*',
  'cache-control': `public, max-age=${maxAgeSeconds}`,
})
