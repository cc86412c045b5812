import type { AuditedCaller } from '../audit/audited-caller.ts'
import { operation } from '../contract/operation.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import { contextFromServer } from '../protection/user-context.ts'
import { auditOfStep, recordChallenge } from './audited-step.ts'
import { initiate, type SignInDeps } from './initiate.ts'
import { writeStepResult } from './wire.ts'

export const adminInitiateAuth = operation('AdminInitiateAuth', {
  auth: 'iam',
  isAudited: true,

  async handle(request, deps: SignInDeps & { pools: PoolCatalog }, caller: AuditedCaller, from) {
    const { pool, client } = await deps.pools.getClientOfPool(request.UserPoolId, request.ClientId)
    const origin = { pool, client, username: request.AuthParameters?.['USERNAME'], now: deps.clock.now() }
    const audit = auditOfStep(caller.audit, request.AuthFlow)
    const attempt = {
      flow: request.AuthFlow,
      parameters: request.AuthParameters ?? {},
      session: request.Session,
      audience: 'admin',
      userContext: contextFromServer(from, origin, request.ContextData),
      userAgent: from.userAgent,
      clientMetadata: request.ClientMetadata,
      audit,
    } as const
    const result = await initiate(deps, { pool, client }, attempt)
    await recordChallenge({ ...deps, audit }, { pool, client }, request.AuthParameters?.['USERNAME'], result)
    return writeStepResult(result)
  },
})
