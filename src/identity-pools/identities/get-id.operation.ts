import { newRegionalId } from '../../base/ids.ts'
import { operation } from '../../contract/operation.ts'
import { getIdentityPool } from '../change-identity-pool.ts'
import { type LoginDeps, verifyLogins } from '../logins/verify-logins.ts'
import { insertIdentity } from './identity-repository.ts'
import { guestsNotAllowed, type ResolveDeps, resolveIdentity } from './resolve-identity.ts'

type Deps = ResolveDeps & LoginDeps

export const getId = operation('GetId', {
  auth: 'public',

  /** The identity of the logins. Without logins, a new guest. */
  async handle({ IdentityPoolId, Logins = {} }, deps: Deps) {
    const { db, clock, region } = deps
    const pool = await getIdentityPool(db, IdentityPoolId)
    const logins = await verifyLogins(deps, pool, Logins)
    if (logins.length > 0) return { IdentityId: await resolveIdentity(deps, { pool, logins, identityId: undefined }) }
    if (!pool.allowsGuests) throw guestsNotAllowed()
    const id = newRegionalId(region)
    await insertIdentity(db, { id, poolId: pool.id, hadLogin: false }, clock.now())
    return { IdentityId: id }
  },
})
