import { JwtVerifier } from 'aws-jwt-verify'
import { validateCognitoJwtFields } from 'aws-jwt-verify/cognito-verifier'
import { SimpleJwksCache } from 'aws-jwt-verify/jwk'
import type { TestServer } from './test-server.ts'

type Expected = { readonly poolId: string; readonly clientId: string; readonly tokenUse: 'access' | 'id' }
type Payload = Record<string, unknown>

/**
 * Verifies tokens as an application's server does: by `aws-jwt-verify` with our JWK set. The Cognito verifier of this library accepts AWS's
 * issuers only, so the general verifier makes the checks of the Cognito verifier. The library's own fetcher uses HTTPS only, so a
 * server without TLS needs another one.
 */
export function tokenVerifier(server: TestServer, { poolId, clientId, tokenUse }: Expected): { verify(token: string): Promise<Payload> } {
  const issuer = `${server.url}/${poolId}`
  const fetcher = { fetch: async (uri: string) => (await fetch(uri)).arrayBuffer() }
  const jwksCache = new SimpleJwksCache(server.url.startsWith('https:') ? {} : { fetcher })
  const verifier = JwtVerifier.create(
    {
      issuer,
      jwksUri: `${issuer}/.well-known/jwks.json`,
      audience: null,
      customJwtCheck: ({ payload }) => validateCognitoJwtFields(payload, { clientId, tokenUse }),
    },
    { jwksCache },
  )
  return { verify: async (token) => ({ ...(await verifier.verify(token)) }) }
}
