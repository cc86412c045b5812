import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { AccountNoticeDeps } from '../account-notices/queue-account-notice.ts'
import type { SessionCaller } from '../caller.ts'
import { changeMfa } from './change-mfa.ts'
import { applyMfaChanges } from './mfa-preferences.ts'
import { readMfaChanges } from './mfa-wire.ts'

/** A signed-in user chooses which second factors a sign-in asks for. */
export const setUserMfaPreference = operation('SetUserMFAPreference', {
  auth: 'access-token',

  async handle(request, deps: AccountNoticeDeps & { db: Db; clock: Clock }, caller: SessionCaller) {
    const changes = readMfaChanges(request)
    const { pool, client, user } = caller
    const notices = { ...deps, clientId: client.id }
    await changeMfa({ ...deps, audit: undefined, notices, caller }, pool, user, (current, isAvailable) =>
      applyMfaChanges(current, changes, isAvailable),
    )
    return {}
  },
})
