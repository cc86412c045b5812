import { operation } from '../contract/operation.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import { contextFromClient } from '../protection/user-context.ts'
import { initiate, type SignInDeps } from './initiate.ts'
import { writeStepResult } from './wire.ts'

export const initiateAuth = operation('InitiateAuth', {
  auth: 'public',

  async handle(request, deps: SignInDeps & { pools: PoolCatalog }, _caller: undefined, from) {
    const { pool, client } = await deps.pools.getClient(request.ClientId)
    const origin = { pool, client, username: request.AuthParameters?.['USERNAME'], now: deps.clock.now() }
    const attempt = {
      flow: request.AuthFlow,
      parameters: request.AuthParameters ?? {},
      session: request.Session,
      audience: 'public',
      userContext: contextFromClient(from, origin, request.UserContextData),
      userAgent: from.userAgent,
      clientMetadata: request.ClientMetadata,
      audit: undefined,
    } as const
    return writeStepResult(await initiate(deps, { pool, client }, attempt))
  },
})
