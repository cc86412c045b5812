import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { operation } from '../../contract/operation.ts'
import { getIdentityPool } from '../change-identity-pool.ts'
import { lockIdentities } from '../identities/identity-administration-repository.ts'
import { findOwners } from '../identities/identity-repository.ts'
import { mergeLocked, Overtaken, type ResolveDeps, retryOvertaken } from '../identities/resolve-identity.ts'
import { developerUserNotFound, readDeveloperUser } from './developer-user.ts'

export const mergeDeveloperIdentities = operation('MergeDeveloperIdentities', {
  auth: 'iam',
  isAudited: true,

  /** Merges the identity of the source user into that of the destination user, with all logins, and disables it. */
  async handle(request, { db, clock }: Pick<ResolveDeps, 'db' | 'clock'>, { audit }: AuditedCaller) {
    const { SourceUserIdentifier, DestinationUserIdentifier, DeveloperProviderName, IdentityPoolId } = request
    const pool = await getIdentityPool(db, IdentityPoolId)
    const users = [SourceUserIdentifier, DestinationUserIdentifier].map((id) => readDeveloperUser(pool, id, DeveloperProviderName))
    const id = await retryOvertaken(db, async (tx) => {
      const [from, to] = await findOwners(tx, pool.id, users)
      if (from === undefined || to === undefined) throw developerUserNotFound()
      await lockIdentities(tx, [...new Set([from, to])].sort())
      // Another transaction may have changed the logins before the identities were locked. No disabled or deleted identity has a login.
      const [fromNow, toNow] = await findOwners(tx, pool.id, users)
      if (fromNow !== from || toNow !== to) throw new Overtaken()
      if (from !== to) await mergeLocked(tx, pool, { from: [from], to }, clock.now())
      await audit.record(tx, { subject: to, detail: from === to ? 'merged: none' : `merged: ${from}` })
      return to
    })
    return { IdentityId: id }
  },
})
