import type { Clock } from '../../base/clock.ts'
import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { type AccountNoticeDeps, queueAccountNotice, sendAccountNotices } from '../account-notices/queue-account-notice.ts'
import type { SessionCaller } from '../caller.ts'
import { lockCaller } from '../lock-caller.ts'
import { requireNoPasswordReset } from './passkey.ts'
import { deletePasskey } from './passkey-repository.ts'

type Deps = AccountNoticeDeps & { db: Db; clock: Clock }

/** A signed-in user deletes one of their passkeys. */
export const deleteWebAuthnCredential = operation('DeleteWebAuthnCredential', {
  auth: 'access-token',

  async handle(request, deps: Deps, { pool, client, user, sessionId }: SessionCaller) {
    requireNoPasswordReset(user)
    await deps.db.transaction().execute(async (tx) => {
      const locked = await lockCaller(tx, { user, sessionId })
      if (!(await deletePasskey(tx, { poolId: pool.id, sub: user.sub, id: request.CredentialId }))) {
        throw new ApiError('ResourceNotFoundException', 'The passkey does not exist.')
      }
      const now = deps.clock.now()
      await queueAccountNotice(tx, deps, { pool, user: locked, change: 'PASSKEY', clientId: client.id, now })
    })
    await sendAccountNotices(deps, pool)
    return {}
  },
})
