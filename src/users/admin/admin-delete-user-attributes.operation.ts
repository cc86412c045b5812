import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { operation } from '../../contract/operation.ts'
import { presentName } from '../../pools/attribute-rules.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { callerContextOf } from '../../triggers/trigger.ts'
import { requireKnownNames } from '../profile/profile-rules.ts'
import { type ChangeAttributesDeps, changeAttributesOf } from './change-attributes.ts'

/** Deletes attributes, as AdminUpdateUserAttributes does with empty values. Only the error for an unknown name is worded differently. */
export const adminDeleteUserAttributes = operation('AdminDeleteUserAttributes', {
  auth: 'iam',
  isAudited: true,

  async handle(request, deps: ChangeAttributesDeps & { pools: PoolCatalog }, { audit }: AuditedCaller, from) {
    const pool = await deps.pools.getPool(request.UserPoolId)
    const names = request.UserAttributeNames.map((name) => presentName(pool, name))
    requireKnownNames(pool, names)
    const changes = Object.fromEntries(names.map((name) => [name, '']))
    const callerContext = callerContextOf(undefined, from, undefined)
    await changeAttributesOf({ ...deps, audit }, pool, request.Username, { operation: 'AdminDeleteUserAttributes', changes, callerContext })
    return {}
  },
})
