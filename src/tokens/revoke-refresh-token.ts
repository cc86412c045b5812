import type { Clock } from '../base/clock.ts'
import type { Secrets } from '../base/secrets.ts'
import { ApiError } from '../contract/api-error.ts'
import type { AppClient } from '../pools/app-client.ts'
import type { Db } from '../storage/db.ts'
import { readRefreshToken } from './refresh-token.ts'
import { revokeSession } from './session-repository.ts'

export type RevokeDeps = { readonly db: Db; readonly clock: Clock; readonly secrets: Secrets }

/**
 * Ends the session of a refresh token, and with it every token issued from it. A token that is expired, unknown or already revoked is not
 * an error (RFC 7009 §2.2). The caller has authenticated the client.
 *
 * @throws ApiError UnsupportedOperationException when token revocation is not enabled for the client.
 * @throws ApiError UnsupportedTokenTypeException when the token is not a refresh token.
 * @throws ApiError UnauthorizedException when the token was issued to another client.
 */
export async function revokeRefreshToken({ db, clock, secrets }: RevokeDeps, client: AppClient, text: string): Promise<void> {
  if (!client.tokenRevocation) throw new ApiError('UnsupportedOperationException', 'Token revocation is not enabled for this client.')
  if (looksLikeJwt(text)) throw new ApiError('UnsupportedTokenTypeException', 'Only refresh tokens can be revoked.')
  const token = readRefreshToken(secrets, text)
  if (token === undefined) return
  if (token.clientId !== client.id) throw new ApiError('UnauthorizedException', 'The token was issued to another client.')
  await revokeSession(db, { poolId: token.poolId, sub: token.sub, id: token.sessionId }, clock.now())
}

const looksLikeJwt = (token: string): boolean => token.split('.').length === 3
