import { operation } from '../contract/operation.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import { contextFromClient } from '../protection/user-context.ts'
import { callerContextOf } from '../triggers/trigger.ts'
import type { SignInDeps } from './initiate.ts'
import { respond } from './respond.ts'
import { writeStepResult } from './wire.ts'

export const respondToAuthChallenge = operation('RespondToAuthChallenge', {
  auth: 'public',

  async handle(request, deps: SignInDeps & { pools: PoolCatalog }, _caller: undefined, from) {
    const { pool, client } = await deps.pools.getClient(request.ClientId)
    const origin = { pool, client, username: request.ChallengeResponses?.['USERNAME'], now: deps.clock.now() }
    const response = {
      challenge: request.ChallengeName,
      session: request.Session,
      responses: request.ChallengeResponses ?? {},
      userContext: contextFromClient(from, origin, request.UserContextData),
      caller: callerContextOf(client, from, request.ClientMetadata),
      audit: undefined,
    }
    return writeStepResult(await respond(deps, { pool, client }, response))
  },
})
