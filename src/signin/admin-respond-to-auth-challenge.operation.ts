import type { AuditedCaller } from '../audit/audited-caller.ts'
import { operation } from '../contract/operation.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import { contextFromServer } from '../protection/user-context.ts'
import { callerContextOf } from '../triggers/trigger.ts'
import { auditOfStep, recordChallenge } from './audited-step.ts'
import type { SignInDeps } from './initiate.ts'
import { respond } from './respond.ts'
import { writeStepResult } from './wire.ts'

export const adminRespondToAuthChallenge = operation('AdminRespondToAuthChallenge', {
  auth: 'iam',
  isAudited: true,

  async handle(request, deps: SignInDeps & { pools: PoolCatalog }, caller: AuditedCaller, from) {
    const { pool, client } = await deps.pools.getClientOfPool(request.UserPoolId, request.ClientId)
    const origin = { pool, client, username: request.ChallengeResponses?.['USERNAME'], now: deps.clock.now() }
    const audit = auditOfStep(caller.audit, request.ChallengeName)
    const response = {
      challenge: request.ChallengeName,
      session: request.Session,
      responses: request.ChallengeResponses ?? {},
      userContext: contextFromServer(from, origin, request.ContextData),
      caller: callerContextOf(client, from, request.ClientMetadata),
      audit,
    }
    const result = await respond(deps, { pool, client }, response)
    await recordChallenge({ ...deps, audit }, { pool, client }, request.ChallengeResponses?.['USERNAME'], result)
    return writeStepResult(result)
  },
})
