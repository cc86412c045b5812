import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { TokenCaller } from '../caller.ts'
import { changeMfa } from './change-mfa.ts'
import { applyMfaChanges } from './mfa-preferences.ts'
import { readMfaChanges } from './mfa-wire.ts'

/** A signed-in user chooses which second factors a sign-in asks for. */
export const setUserMfaPreference = operation('SetUserMFAPreference', {
  auth: 'access-token',

  async handle(request, deps: { db: Db; clock: Clock }, { pool, user }: TokenCaller) {
    const changes = readMfaChanges(request)
    await changeMfa({ ...deps, audit: undefined }, pool, user, (current, isAvailable) => applyMfaChanges(current, changes, isAvailable))
    return {}
  },
})
