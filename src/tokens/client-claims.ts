import { type AppClient, accessTokenSeconds } from '../pools/app-client.ts'
import type { TokenChanges } from '../triggers/pre-token-generation.ts'
import { changeAccessClaims } from './changed-claims.ts'
import type { Claims } from './claim-value.ts'

/** What a client was granted for itself (RFC 6749 §4.4). Times in epoch seconds. */
export type ClientGrant = {
  readonly client: AppClient
  readonly issuer: string
  readonly scopes: readonly string[]
  readonly issuedAt: number
  readonly changes: TokenChanges | undefined
}

/** The access token of an app client that acts for nobody but itself: no user, so no session that could be ended, either. */
export function clientAccessClaims({ client, issuer, scopes, issuedAt, changes }: ClientGrant, jti: string): Claims {
  const claims = {
    sub: client.id,
    token_use: 'access',
    scope: scopes.join(' '),
    auth_time: issuedAt,
    iss: issuer,
    exp: issuedAt + accessTokenSeconds(client),
    iat: issuedAt,
    version: 2,
    jti,
    client_id: client.id,
  }
  return changes === undefined ? claims : changeAccessClaims(claims, changes, client)
}
