import { createInitialAccessToken } from './client-registration/initial-access-tokens/create-initial-access-token.operation.ts'
import { deleteInitialAccessToken } from './client-registration/initial-access-tokens/delete-initial-access-token.operation.ts'
import { listInitialAccessTokens } from './client-registration/initial-access-tokens/list-initial-access-tokens.operation.ts'
import { checkIdentityProvider } from './providers/check-identity-provider.operation.ts'

/** The API operations of this module. */
export const oauthOperations = [createInitialAccessToken, listInitialAccessTokens, deleteInitialAccessToken, checkIdentityProvider] as const
