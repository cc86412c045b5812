import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import { codeExpired, requireCode } from '../../messaging/codes.ts'
import { nameKey } from '../../pools/pool.ts'
import { limitAttempts } from '../../protection/attempt-limit.ts'
import type { Db } from '../../storage/db.ts'
import { type AccountNoticeDeps, queueAddressNotices, sendAccountNotices } from '../account-notices/queue-account-notice.ts'
import { lockUserTakingAliases } from '../alias-takeover.ts'
import { storeUser } from '../attribute-changes.ts'
import type { SessionCaller } from '../caller.ts'
import { proveCode } from '../claimed-user.ts'
import { requireNotRevoked } from '../lock-caller.ts'
import { isCurrentOrPending, requireContactAttribute } from './address-to-verify.ts'

type Deps = AccountNoticeDeps & { db: Db; clock: Clock }

/**
 * A signed-in user verifies an address with a code. An address that waited for this becomes the current one. If the address is an alias of
 * another user, that user loses it.
 */
export const verifyUserAttribute = operation('VerifyUserAttribute', {
  auth: 'access-token',

  async handle(request, deps: Deps, { pool, client, user, sessionId }: SessionCaller) {
    const { db, clock, secrets } = deps
    const now = clock.now()
    const attribute = requireContactAttribute(request.AttributeName)
    await limitAttempts(db, { poolId: pool.id, subject: user.sub, action: 'VerifyUserAttribute' }, now)
    const attempt = { purpose: `verify-${attribute}`, code: request.Code } as const
    const { value } = await proveCode(deps, pool.id, { user, subject: user.sub, hidden: false }, attempt)
    if (value === undefined) throw codeExpired()

    await db.transaction().execute(async (tx) => {
      const aliases = [{ kind: attribute, key: nameKey(pool, value) }]
      const found = await lockUserTakingAliases(tx, pool, { sub: user.sub, aliases }, now)
      const locked = await requireNotRevoked(tx, found.user, { user, sessionId })
      await requireCode(tx, secrets, { poolId: pool.id, sub: user.sub, ...attempt, now })
      if (!isCurrentOrPending({ pool, client }, locked, attribute, value)) throw codeExpired()
      const attributes = { ...locked.attributes, [attribute]: value, [`${attribute}_verified`]: 'true' }
      await storeUser(tx, pool, locked, { ...locked, attributes, updatedAt: now })
      await queueAddressNotices(tx, deps, { pool, user: locked, after: attributes, clientId: client.id, now })
    })
    await sendAccountNotices(deps, pool)
    return {}
  },
})
