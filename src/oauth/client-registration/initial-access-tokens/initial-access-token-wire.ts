import type { InitialAccessTokenType } from '../../../contract/generated/types.ts'
import type { InitialAccessToken } from './initial-access-token.ts'

export function writeInitialAccessToken(token: InitialAccessToken): InitialAccessTokenType {
  return {
    InitialAccessTokenId: token.id,
    Description: token.description === '' ? undefined : token.description,
    RemainingUses: token.remainingUses,
    CreatedAt: new Date(token.createdAt),
    ExpiresAt: new Date(token.expiresAt),
  }
}
