import { JwtVerifier } from 'aws-jwt-verify'
import { validateCognitoJwtFields } from 'aws-jwt-verify/cognito-verifier'
import { SimpleJwksCache } from 'aws-jwt-verify/jwk'
import type { TestServer } from './test-server.ts'

type Expected = { readonly poolId: string; readonly clientId: string; readonly tokenUse: 'access' | 'id' }
type Payload = Record<string, unknown>

/**
 * What an application's own server does with a token: `aws-jwt-verify`, fed by our JWK set. Its Cognito variant takes no issuer but
 * AWS's, so this is the general one with the Cognito variant's checks; and it fetches by HTTPS only unless it is given a fetcher.
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
