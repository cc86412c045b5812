import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { AccountNoticeDeps } from '../account-notices/queue-account-notice.ts'
import type { SessionCaller } from '../caller.ts'
import { changeMfa } from './change-mfa.ts'
import { applyMfaOptions } from './mfa-preferences.ts'
import { readMfaOptions } from './mfa-wire.ts'

/** The predecessor of SetUserMFAPreference, for codes by SMS only. */
export const setUserSettings = operation('SetUserSettings', {
  auth: 'access-token',

  async handle(request, deps: AccountNoticeDeps & { db: Db; clock: Clock }, caller: SessionCaller) {
    const bySms = readMfaOptions(request.MFAOptions)
    const { pool, client, user } = caller
    const notices = { ...deps, clientId: client.id }
    await changeMfa({ ...deps, audit: undefined, notices, caller }, pool, user, (current, isAvailable) =>
      applyMfaOptions(current, bySms, isAvailable),
    )
    return {}
  },
})
