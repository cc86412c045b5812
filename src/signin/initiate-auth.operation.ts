import { operation } from '../contract/operation.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import { contextFromClient } from '../protection/user-context.ts'
import { initiate, type SignInDeps } from './initiate.ts'
import { writeProgress } from './wire.ts'

export const initiateAuth = operation('InitiateAuth', {
  auth: 'public',

  async handle(request, deps: SignInDeps & { pools: PoolCatalog }, _caller: undefined, from) {
    const { pool, client } = await deps.pools.getClient(request.ClientId)
    const context = contextFromClient(from, client, request.UserContextData)
    const attempt = {
      flow: request.AuthFlow,
      parameters: request.AuthParameters ?? {},
      session: request.Session,
      door: 'public',
      context,
      userAgent: from.userAgent,
      clientMetadata: request.ClientMetadata,
    } as const
    return writeProgress(await initiate(deps, pool, client, attempt))
  },
})
