import { operation } from '../contract/operation.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import { contextFromServer } from '../protection/user-context.ts'
import { initiate, type SignInDeps } from './initiate.ts'
import { writeStepResult } from './wire.ts'

export const adminInitiateAuth = operation('AdminInitiateAuth', {
  auth: 'iam',

  async handle(request, deps: SignInDeps & { pools: PoolCatalog }, _caller: undefined, from) {
    const { pool, client } = await deps.pools.getClientOfPool(request.UserPoolId, request.ClientId)
    const attempt = {
      flow: request.AuthFlow,
      parameters: request.AuthParameters ?? {},
      session: request.Session,
      audience: 'admin',
      userContext: contextFromServer(from, request.ContextData),
      userAgent: from.userAgent,
      clientMetadata: request.ClientMetadata,
    } as const
    return writeStepResult(await initiate(deps, { pool, client }, attempt))
  },
})
