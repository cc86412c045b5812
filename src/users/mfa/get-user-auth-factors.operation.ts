import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { UserCaller } from '../caller.ts'
import { describeAuthFactors } from './auth-factors.ts'

export const getUserAuthFactors = operation('GetUserAuthFactors', {
  auth: 'access-token',

  async handle(_request, { db }: { db: Db }, { pool, user }: UserCaller) {
    return describeAuthFactors(db, pool, user)
  },
})
