import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { operation } from '../../contract/operation.ts'
import { checkAttributes } from '../../pools/attribute-rules.ts'
import { readAttributes } from '../../pools/attribute-wire.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { callerContextOf } from '../../triggers/trigger.ts'
import { type ChangeAttributesDeps, changeAttributesOf } from './change-attributes.ts'

/** An administrator may also set developer-only attributes, and say that an address is verified. */
export const adminUpdateUserAttributes = operation('AdminUpdateUserAttributes', {
  auth: 'iam',
  isAudited: true,

  async handle(request, deps: ChangeAttributesDeps & { pools: PoolCatalog }, { audit }: AuditedCaller, from) {
    const pool = await deps.pools.getPool(request.UserPoolId)
    const changes = readAttributes(pool, request.UserAttributes)
    checkAttributes(pool, changes)
    const callerContext = callerContextOf(undefined, from, request.ClientMetadata)
    await changeAttributesOf({ ...deps, audit }, pool, request.Username, { operation: 'AdminUpdateUserAttributes', changes, callerContext })
    return {}
  },
})
