import { operation } from '../../contract/operation.ts'
import { readAttributes } from '../../pools/attribute-wire.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { callerContextOf } from '../../triggers/trigger.ts'
import { readValidationData, writeUser } from '../wire.ts'
import { type CreateUserDeps, createUser } from './create-user.ts'
import { resendInvitation } from './resend-invitation.ts'

type Deps = CreateUserDeps & { pools: PoolCatalog }

/**
 * (Unconfirmed: what Cognito does with attributes that come along with
 * RESEND; here they have no effect.)
 */
export const adminCreateUser = operation('AdminCreateUser', {
  auth: 'iam',

  async handle(request, deps: Deps, _caller: undefined, { userAgent }) {
    const pool = await deps.pools.getPool(request.UserPoolId)
    const { Username: username, MessageAction: action, DesiredDeliveryMediums: mediums } = request
    const temporaryPassword = request.TemporaryPassword || undefined
    const callerContext = callerContextOf(undefined, { userAgent }, request.ClientMetadata)
    if (action === 'RESEND') {
      return { User: writeUser(await resendInvitation(deps, pool, { username, temporaryPassword, mediums, callerContext })) }
    }
    const user = await createUser(deps, pool, {
      username,
      attributes: readAttributes(request.UserAttributes),
      temporaryPassword,
      forceAliasCreation: request.ForceAliasCreation ?? false,
      invite: action === 'SUPPRESS' ? undefined : { mediums },
      validationData: readValidationData(request.ValidationData),
      callerContext,
    })
    return { User: writeUser(user) }
  },
})
