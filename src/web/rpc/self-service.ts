import type { Clock } from '../../base/clock.ts'
import type { OperationName } from '../../contract/operation.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import { selfServiceOperations, switchOf } from '../../pools/extensions/self-service.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { authenticationOf } from '../../tokens/access-token.ts'
import type { TokenCaller } from '../../users/caller.ts'
import { requireSelfService, type SelfServiceOwner, selfServiceProofOf } from '../../users/self-service/self-service.ts'

type Deps = { readonly clock: Clock; readonly pools: PoolCatalog }

/** What the rule looks at in a request. The contract has checked the types. */
type Named = { readonly AccessToken?: string; readonly ClientId?: string; readonly UserPoolId?: string }

/**
 * Refuses an operation that the pool or the app client does not let users call for themselves. The settings are those of now, not of the
 * time when the token was issued. This is the one place that asks for API calls, so that no operation can be forgotten.
 *
 * @throws ApiError as `requireSelfService` does
 */
export async function requireAllowedSelfService(
  deps: Deps,
  name: OperationName,
  caller: AppClientCaller | TokenCaller | undefined,
  request: unknown,
): Promise<void> {
  const operation = switchOf(name)
  if (operation === undefined) return
  const named = request as Named
  // Without an access token, the operation is part of a sign-in, which asks for what it needs.
  if (selfServiceOperations[operation] === 'token' && named.AccessToken === undefined) return
  const owner = caller ?? (await findOwner(deps, named))
  if (owner === undefined) return
  const isByToken = caller !== undefined && 'user' in caller && named.AccessToken !== undefined
  const proof = isByToken ? selfServiceProofOf(caller.pool, authenticationOf(named.AccessToken)) : undefined
  requireSelfService(owner, operation, proof, deps.clock.now())
}

/** Whose rules count for a public operation. Undefined for a pool or client that does not exist: the operation answers that. */
async function findOwner({ pools }: Deps, { ClientId, UserPoolId }: Named): Promise<SelfServiceOwner | undefined> {
  if (ClientId !== undefined) return pools.findClient(ClientId)
  const pool = UserPoolId === undefined ? undefined : await pools.findPool(UserPoolId)
  return pool && { pool, client: undefined }
}
