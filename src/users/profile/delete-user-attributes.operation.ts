import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { storeAttributeChanges } from '../attribute-changes.ts'
import type { TokenCaller } from '../caller.ts'
import { lockCaller, requireAllowedChanges, requireKnownNames } from './profile-rules.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets }

/** A signed-in user removes attributes: the same as blank values in UpdateUserAttributes. */
export const deleteUserAttributes = operation('DeleteUserAttributes', {
  auth: 'access-token',

  async handle(request, { db, clock, secrets }: Deps, { pool, client, user }: TokenCaller) {
    requireKnownNames(pool, request.UserAttributeNames)
    const changes = Object.fromEntries(request.UserAttributeNames.map((name) => [name, '']))
    requireAllowedChanges(pool, client, user.attributes, changes)
    await db.transaction().execute(async (tx) => {
      const locked = await lockCaller(tx, user)
      await storeAttributeChanges(tx, secrets, { pool, user: locked, changes, now: clock.now() })
    })
    return {}
  },
})
