import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { UserCaller } from '../caller.ts'
import { findRecoveryCodeSet } from './recovery-code-repository.ts'
import { writeRecoveryCodeStatus } from './wire.ts'

/** Lifeguard's own operation: how many recovery codes the signed-in user has left. */
export const getRecoveryCodeStatus = operation('GetRecoveryCodeStatus', {
  auth: 'access-token',

  async handle(_request, { db }: { db: Db }, { user }: UserCaller) {
    return writeRecoveryCodeStatus(await findRecoveryCodeSet(db, user))
  },
})
