import { randomUUID } from 'node:crypto'
import { issuerOf } from '../../../tokens/issue-tokens.ts'
import { signJwt } from '../../../tokens/jwt.ts'
import type { SigningKeys } from '../../../tokens/signing-keys.ts'
import type { LogoutNotice } from '../../../users/session-clients/session-client-repository.ts'

export type LogoutTokenDeps = { readonly signingKeys: Pick<SigningKeys, 'signer'>; readonly publicUrl: string }

/** Two minutes are the longest lifetime that the standard recommends. */
const lifetimeSeconds = 120

/**
 * A logout token (OpenID Connect Back-Channel Logout 1.0 §2.4), signed with the key of the pool's ID tokens. It has no `token_use`, and a
 * type of its own, so that no verifier takes it for an ID token.
 */
export async function issueLogoutToken(
  { signingKeys, publicUrl }: LogoutTokenDeps,
  { poolId, sub, sid, clientId }: Pick<LogoutNotice, 'poolId' | 'sub' | 'sid' | 'clientId'>,
  now: number,
): Promise<string> {
  const iat = Math.floor(now / 1000)
  const claims = {
    iss: issuerOf(publicUrl, poolId),
    sub,
    aud: clientId,
    iat,
    exp: iat + lifetimeSeconds,
    jti: randomUUID(),
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    sid,
  }
  return signJwt(await signingKeys.signer(poolId, 'id'), claims, 'logout+jwt')
}
