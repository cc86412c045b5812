import { operation } from '../contract/operation.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import { contextFromServer } from '../protection/user-context.ts'
import { initiate, type SignInDeps } from './initiate.ts'
import { writeProgress } from './wire.ts'

export const adminInitiateAuth = operation('AdminInitiateAuth', {
  auth: 'iam',

  async handle(request, deps: SignInDeps & { pools: PoolCatalog }, _caller: undefined, from) {
    const { pool, client } = await deps.pools.getClientOfPool(request.UserPoolId, request.ClientId)
    const context = contextFromServer(from, request.ContextData)
    const attempt = {
      flow: request.AuthFlow,
      parameters: request.AuthParameters ?? {},
      session: request.Session,
      door: 'admin',
      context,
      userAgent: from.userAgent,
      clientMetadata: request.ClientMetadata,
    } as const
    return writeProgress(await initiate(deps, pool, client, attempt))
  },
})
