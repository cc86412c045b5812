import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { getMessageRow, openUnexpiredMessage } from './open-message.ts'

type Deps = { db: Db; secrets: Secrets; clock: Clock; pools: PoolCatalog }

/**
 * Lifeguard's own operation: shows the code or temporary password in a message, for an administrator who helps a user that the message did
 * not reach. A code is shown even if it was used or replaced since. A link that signs in is not
 * shown: who opens it is signed in. The audit record names the administrator, never the code.
 */
export const readMessageCode = operation('ReadMessageCode', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, secrets, clock, pools }: Deps, { audit }: AuditedCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    return db.transaction().execute(async (tx) => {
      const row = await getMessageRow(tx, pool, request.MessageId)
      const { code, trigger, expiresAt, sub, username } = openUnexpiredMessage(secrets, row, clock.now())
      if (code === undefined || trigger === 'sign-in-link')
        throw new ApiError('InvalidParameterException', `Message ${row.id} holds no code.`)
      await audit.record(tx, { user: { sub, username }, detail: `message: ${row.id}`, reason: request.Reason })
      return { Code: code, ExpiresAt: new Date(expiresAt) }
    })
  },
})
