import { JwtVerifier } from 'aws-jwt-verify'
import { validateCognitoJwtFields } from 'aws-jwt-verify/cognito-verifier'
import { SimpleJwksCache } from 'aws-jwt-verify/jwk'
import type { TestServer } from './test-server.ts'

type Expected = { readonly poolId: string; readonly clientId: string; readonly tokenUse: 'access' | 'id' }
type Payload = Record<string, unknown>

/**
 * Verifies tokens as an application's server does: by `aws-jwt-verify` with our JWK set. The Cognito verifier of this library accepts AWS's
 * issuers only, so the general verifier makes the checks of the Cognito verifier. The library's own fetcher uses HTTPS only, so the
 * verifier gets another fetcher.
 */
export function tokenVerifier(server: TestServer, { poolId, clientId, tokenUse }: Expected): { verify(token: string): Promise<Payload> } {
  const issuer = `${server.url}/${poolId}`
  const jwksCache = new SimpleJwksCache({ fetcher: { fetch: async (uri) => (await fetch(uri)).arrayBuffer() } })
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
