import { type AuditedCaller, withDetail } from '../../audit/audited-caller.ts'
import { uuidv7 } from '../../base/ids.ts'
import { operation } from '../../contract/operation.ts'
import { requireRequiredAttributes } from '../../pools/attribute-rules.ts'
import { readAttributes } from '../../pools/attribute-wire.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { callerContextOf } from '../../triggers/trigger.ts'
import { createUser } from '../create-user.ts'
import { temporaryPasswordEnd } from '../passwords/temporary-password.ts'
import { runPreSignUp } from '../user-triggers.ts'
import { readValidationData, writeUser } from '../wire.ts'
import { adminNameTaken, chooseTemporaryPassword, draftNewUser } from './create-user-rules.ts'
import { type InvitationDeps, invitation, resendInvitation } from './invitation.ts'

type Deps = InvitationDeps & { readonly pools: PoolCatalog }

/**
 * An administrator creates a user, or sends the invitation again (MessageAction RESEND). Attributes in a request with RESEND have no effect
 * here. (Unconfirmed: what Cognito does with them.)
 */
export const adminCreateUser = operation('AdminCreateUser', {
  auth: 'iam',
  isAudited: true,

  async handle(request, deps: Deps, { audit }: AuditedCaller, from) {
    const pool = await deps.pools.getPool(request.UserPoolId)
    const { Username: username, MessageAction: action, DesiredDeliveryMediums: mediums } = request
    const givenPassword = request.TemporaryPassword || undefined
    const callerContext = callerContextOf(undefined, from, request.ClientMetadata)
    if (action === 'RESEND') {
      const again = { username, temporaryPassword: givenPassword, mediums, callerContext }
      return { User: writeUser(await resendInvitation({ ...deps, audit: withDetail(audit, 'action: RESEND') }, pool, again)) }
    }

    const now = deps.clock.now()
    const input = { sub: uuidv7(now), username, attributes: readAttributes(pool, request.UserAttributes) }
    const draft = { ...draftNewUser(pool, input), createdAt: now }
    const temporaryPassword = chooseTemporaryPassword(pool, givenPassword)
    // A user with a temporary password supplies the missing attributes at the first sign-in.
    if (temporaryPassword === undefined) requireRequiredAttributes(pool, draft.attributes)
    const { user, deliveries } = await createUser(deps, pool, {
      draft,
      password: temporaryPassword,
      takesAliases: request.ForceAliasCreation ?? false,
      nameTaken: (kind) => adminNameTaken(pool, kind),
      async decide() {
        const validationData = readValidationData(request.ValidationData)
        const event = { username: draft.username, userAttributes: draft.attributes, validationData, callerContext }
        await runPreSignUp(deps.triggers, { pool, source: 'PreSignUp_AdminCreateUser', ...event })
        if (temporaryPassword === undefined) return { status: 'CONFIRMED' }
        return { status: 'FORCE_CHANGE_PASSWORD', passwordExpiresAt: temporaryPasswordEnd(pool, now) }
      },
      audit,
      message: action === 'SUPPRESS' ? undefined : invitation(deps, pool, { mediums, temporaryPassword, callerContext }),
    })
    if (deliveries.length > 0) await deps.outbox.afterCommit(pool, deliveries)
    return { User: writeUser(user) }
  },
})
