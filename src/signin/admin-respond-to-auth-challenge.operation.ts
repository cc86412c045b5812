import { operation } from '../contract/operation.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import { contextFromServer } from '../protection/user-context.ts'
import { callerContextOf } from '../triggers/trigger.ts'
import type { SignInDeps } from './initiate.ts'
import { respond } from './respond.ts'
import { writeStepResult } from './wire.ts'

export const adminRespondToAuthChallenge = operation('AdminRespondToAuthChallenge', {
  auth: 'iam',

  async handle(request, deps: SignInDeps & { pools: PoolCatalog }, _caller: undefined, from) {
    const { pool, client } = await deps.pools.getClientOfPool(request.UserPoolId, request.ClientId)
    const response = {
      challenge: request.ChallengeName,
      session: request.Session,
      responses: request.ChallengeResponses ?? {},
      userContext: contextFromServer(from, request.ContextData),
      caller: callerContextOf(client, from, request.ClientMetadata),
    }
    return writeStepResult(await respond(deps, { pool, client }, response))
  },
})
