import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { SessionCaller } from '../caller.ts'
import { lockCaller } from '../lock-caller.ts'
import { requireNoPasswordReset } from './passkey.ts'
import { renamePasskey } from './passkey-repository.ts'

/**
 * Lifeguard's own operation: a signed-in user gives one of their passkeys another name. The contract refuses control characters, and those
 * that no eye can see.
 */
export const updateWebAuthnCredential = operation('UpdateWebAuthnCredential', {
  auth: 'access-token',

  async handle(request, { db }: { db: Db }, { pool, user, sessionId }: SessionCaller) {
    requireNoPasswordReset(user)
    const name = request.FriendlyCredentialName.trim()
    if (name === '') throw invalidParameter('FriendlyCredentialName: the name is empty. Give one with a character that can be seen.')
    await db.transaction().execute(async (tx) => {
      await lockCaller(tx, { user, sessionId })
      if (await renamePasskey(tx, { poolId: pool.id, sub: user.sub, id: request.CredentialId }, name)) return
      throw new ApiError('ResourceNotFoundException', 'The passkey does not exist.')
    })
    return {}
  },
})
