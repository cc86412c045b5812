import { operation } from '../contract/operation.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import { contextFromServer } from '../protection/user-context.ts'
import { callerContextOf } from '../triggers/trigger.ts'
import type { SignInDeps } from './initiate.ts'
import { respond } from './respond.ts'
import { writeProgress } from './wire.ts'

export const adminRespondToAuthChallenge = operation('AdminRespondToAuthChallenge', {
  auth: 'iam',

  async handle(request, deps: SignInDeps & { pools: PoolCatalog }, _caller: undefined, from) {
    const { pool, client } = await deps.pools.getClientOfPool(request.UserPoolId, request.ClientId)
    const context = contextFromServer(from, request.ContextData)
    const response = {
      challenge: request.ChallengeName,
      session: request.Session,
      responses: request.ChallengeResponses ?? {},
      context,
      caller: callerContextOf(client, from, request.ClientMetadata),
    }
    return writeProgress(await respond(deps, pool, client, response))
  },
})
