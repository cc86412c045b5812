import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { TokenCaller } from '../caller.ts'
import { requireNoPasswordReset } from './passkey.ts'
import { deletePasskey } from './passkey-repository.ts'

/** A signed-in user deletes one of their passkeys. */
export const deleteWebAuthnCredential = operation('DeleteWebAuthnCredential', {
  auth: 'access-token',

  async handle(request, { db }: { db: Db }, { pool, user }: TokenCaller) {
    requireNoPasswordReset(user)
    if (await deletePasskey(db, { poolId: pool.id, sub: user.sub, id: request.CredentialId })) return {}
    throw new ApiError('ResourceNotFoundException', 'The passkey does not exist.')
  },
})
