import { operation } from '../../contract/operation.ts'
import { checkAttributes } from '../../pools/attribute-rules.ts'
import { readAttributes } from '../../pools/attribute-wire.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { type ChangeAttributesDeps, changeAttributesOf } from './change-attributes.ts'

/** An administrator may also set what is for developers and vouch for addresses. */
export const adminUpdateUserAttributes = operation('AdminUpdateUserAttributes', {
  auth: 'iam',

  async handle(request, deps: ChangeAttributesDeps & { pools: PoolCatalog }, _caller: undefined, { userAgent }) {
    const pool = await deps.pools.getPool(request.UserPoolId)
    const changes = readAttributes(request.UserAttributes)
    checkAttributes(pool, changes)
    await changeAttributesOf(deps, pool, request.Username, changes, {
      clientId: undefined,
      clientMetadata: request.ClientMetadata,
      userAgent,
    })
    return {}
  },
})
