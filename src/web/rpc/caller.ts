import { ApiError } from '../../contract/api-error.ts'
import { definitionOf } from '../../contract/model.ts'
import type { Auth, OperationName } from '../../contract/operation.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { requireSecretHash } from '../../pools/secret-hash.ts'
import { type AccessTokenDeps, requireAccessToken } from '../../tokens/access-token.ts'
import type { TokenCaller } from '../../users/caller.ts'

/** What the gateway found out about whoever calls, by the kind of proof that the operation asks for. */
type Caller = AppClientCaller | TokenCaller | undefined

/** The members the proofs are in; the contract has checked that they are there, and of the right type. */
type Proofs = {
  readonly ClientId?: string
  readonly Username?: string
  readonly SecretHash?: string
  readonly AccessToken?: string
  readonly Session?: string
}

export type CallerDeps = AccessTokenDeps & { readonly pools: PoolCatalog }

type Called = { readonly name: OperationName; readonly auth: Auth }

/** Throws ApiError when the proof is missing or wrong. `iam` was proven before: by the signature, which is over the whole request. */
export async function identifyCaller(deps: CallerDeps, { name, auth }: Called, request: unknown): Promise<Caller> {
  const proofs = request as Proofs
  if (auth === 'app-client') {
    const owner = await deps.pools.getClient(proofs.ClientId ?? '')
    requireSecretHash(owner.client, proofs.Username ?? '', proofs.SecretHash)
    return owner
  }
  if (auth === 'access-token') return identifyByToken(deps, name, proofs.AccessToken)
  if (auth === 'session-or-token') {
    if ((proofs.AccessToken === undefined) === (proofs.Session === undefined)) {
      throw new ApiError('InvalidParameterException', 'Either AccessToken or Session must be provided, and not both.')
    }
    return proofs.Session === undefined ? identifyByToken(deps, name, proofs.AccessToken) : undefined
  }
  return undefined
}

async function identifyByToken(deps: CallerDeps, name: OperationName, token: string | undefined): Promise<TokenCaller> {
  if (token === undefined) throw new ApiError('NotAuthorizedException', 'Invalid Access Token')
  try {
    return await requireAccessToken(deps, token)
  } catch (error) {
    throw asListed(name, error)
  }
}

/** Not every operation's model has a word for a token whose user is gone; to its callers the token is simply no good any more. */
function asListed(name: OperationName, error: unknown): unknown {
  const isUserGone = error instanceof ApiError && error.code === 'UserNotFoundException'
  if (!isUserGone || definitionOf(name).errors.includes('UserNotFoundException')) return error
  return new ApiError('NotAuthorizedException', 'Access Token has been revoked')
}
