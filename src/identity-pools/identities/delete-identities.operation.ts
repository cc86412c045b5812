import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { Identity } from '../identity.ts'
import { deleteLockedIdentities, lockIdentities } from './identity-administration-repository.ts'
import type { IdentityCache } from './identity-cache.ts'

type Deps = { db: Db; identityCache: IdentityCache }

export const deleteIdentities = operation('DeleteIdentities', {
  auth: 'iam',
  isAudited: true,

  /**
   * Deletes the identities whose pools the caller's policy allows, and answers with the ids of the others. An unknown id counts as deleted
   * when the policy allows the operation on all resources. So a caller with fewer rights cannot find out which identities exist.
   */
  async handle({ IdentityIdsToDelete }, { db, identityCache }: Deps, { audit, isAllowedOnIdentityPool }: AuditedCaller) {
    const ids = [...new Set(IdentityIdsToDelete)].sort()
    const { refused, deleted } = await db.transaction().execute(async (tx) => {
      const found = new Map((await lockIdentities(tx, ids)).map((identity) => [identity.id, identity]))
      const isAllowed = (id: string) => isAllowedOnIdentityPool(found.get(id)?.identityPoolId)
      const deleted = [...found.values()].filter(({ id }) => isAllowed(id))
      await deleteLockedIdentities(tx, deleted)
      await audit.record(tx, changeOf(deleted))
      return { refused: ids.filter((id) => !isAllowed(id)), deleted }
    })
    await identityCache.announceDeletion(deleted.map(({ id }) => id))
    return { UnprocessedIdentityIds: refused.map((id) => ({ IdentityId: id, ErrorCode: 'AccessDenied' as const })) }
  },
})

/** What the audit record says. The record names a pool only when all deleted identities are of one pool. */
function changeOf(deleted: readonly Identity[]) {
  const [first, ...others] = deleted
  if (first === undefined) return { detail: 'deleted: none' }
  const poolId = others.every(({ identityPoolId }) => identityPoolId === first.identityPoolId) ? first.identityPoolId : undefined
  return {
    poolId,
    subject: others.length === 0 ? first.id : poolId,
    detail: `deleted: ${deleted.map(({ id }) => id).join(', ')}`,
  }
}
