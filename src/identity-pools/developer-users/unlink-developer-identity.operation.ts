import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { operation } from '../../contract/operation.ts'
import { getIdentityPool } from '../change-identity-pool.ts'
import { lockIdentities } from '../identities/identity-administration-repository.ts'
import { deleteLogin, findOwners, markLoginsChanged } from '../identities/identity-repository.ts'
import { identityNotFound, type ResolveDeps } from '../identities/resolve-identity.ts'
import { developerUserNotFound, developerUserOfAnother, readDeveloperUser } from './developer-user.ts'

export const unlinkDeveloperIdentity = operation('UnlinkDeveloperIdentity', {
  auth: 'iam',
  isAudited: true,

  /** Removes a developer user from an identity. An identity without logins cannot be used any more. */
  async handle(request, { db, clock }: Pick<ResolveDeps, 'db' | 'clock'>, { audit }: AuditedCaller) {
    const { IdentityId, IdentityPoolId, DeveloperProviderName, DeveloperUserIdentifier } = request
    const pool = await getIdentityPool(db, IdentityPoolId)
    const user = readDeveloperUser(pool, DeveloperUserIdentifier, DeveloperProviderName)
    await db.transaction().execute(async (tx) => {
      const [identity] = await lockIdentities(tx, [IdentityId])
      if (identity?.identityPoolId !== pool.id) throw identityNotFound(IdentityId)
      const [owner] = await findOwners(tx, pool.id, [user])
      if (owner === undefined) throw developerUserNotFound()
      if (owner !== IdentityId) throw developerUserOfAnother()
      await deleteLogin(tx, pool.id, user)
      await markLoginsChanged(tx, IdentityId, clock.now())
      await audit.record(tx)
    })
  },
})
