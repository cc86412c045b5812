import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { TokenCaller } from '../caller.ts'
import { changeMfa } from './change-mfa.ts'
import { applyMfaWishes } from './mfa-preferences.ts'
import { readMfaWishes } from './mfa-wire.ts'

/** A signed-in user says which second factors they want to be asked for. */
export const setUserMfaPreference = operation('SetUserMFAPreference', {
  auth: 'access-token',

  async handle(request, deps: { db: Db; clock: Clock }, { pool, user }: TokenCaller) {
    const wishes = readMfaWishes(request)
    await changeMfa(deps, pool, user, (current, canHave) => applyMfaWishes(current, wishes, canHave))
    return {}
  },
})
