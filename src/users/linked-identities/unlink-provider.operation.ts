import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { AccountNoticeDeps } from '../account-notices/queue-account-notice.ts'
import type { SessionCaller } from '../caller.ts'
import { unlinkOwnIdentity } from './unlink-identity.ts'

/** Lifeguard's own operation: a signed-in user unlinks an identity at a provider, if another way to sign in is left. */
export const unlinkProvider = operation('UnlinkProvider', {
  auth: 'access-token',

  async handle({ ProviderName, UserId }, deps: AccountNoticeDeps & { db: Db; clock: Clock }, caller: SessionCaller) {
    await unlinkOwnIdentity(deps, caller, { providerName: ProviderName, userId: UserId })
    return {}
  },
})
