import type { Clock } from '../base/clock.ts'
import type { Secrets } from '../base/secrets.ts'
import { ApiError } from '../contract/api-error.ts'
import { operation } from '../contract/operation.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import { isClientSecretValid } from '../pools/secret-hash.ts'
import type { Db } from '../storage/db.ts'
import { readRefreshToken } from './refresh-token.ts'
import { revokeSession } from './session-repository.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; pools: PoolCatalog }

/**
 * Ends the session of one refresh token, and with it every token issued from it. A token that is expired, unknown or already revoked is
 * not an error (RFC 7009 §2.2). RevokeAssociatedSessions has no effect, because Lifeguard has no single-sign-on sessions yet.
 */
export const revokeToken = operation('RevokeToken', {
  auth: 'public',

  async handle(request, { db, clock, secrets, pools }: Deps) {
    const owner = await pools.findClient(request.ClientId)
    if (owner === undefined || !isClientSecretValid(owner.client, request.ClientSecret)) {
      throw new ApiError('UnauthorizedException', 'Invalid client or client secret.')
    }
    const { client } = owner
    if (!client.tokenRevocation) throw new ApiError('UnsupportedOperationException', 'Token revocation is not enabled for this client.')
    if (looksLikeJwt(request.Token)) throw new ApiError('UnsupportedTokenTypeException', 'Only refresh tokens can be revoked.')

    const token = readRefreshToken(secrets, request.Token)
    if (token === undefined) return {}
    if (token.clientId !== client.id) throw new ApiError('UnauthorizedException', 'The token was issued to another client.')
    await revokeSession(db, { poolId: token.poolId, sub: token.sub, id: token.sessionId }, clock.now())
    return {}
  },
})

const looksLikeJwt = (token: string): boolean => token.split('.').length === 3
