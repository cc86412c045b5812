import type { AuditedCall, AuditedCaller } from '../../audit/audited-caller.ts'
import { changedMembers } from '../../audit/changed-members.ts'
import type { Clock } from '../../base/clock.ts'
import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { Pool } from '../../pools/pool.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { type Quotas, requireWithinQuota } from '../../pools/quotas.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { InvocationRecorder } from '../../triggers/invocations/invocation-recorder.ts'
import { getLockedUser } from '../admin/change-user.ts'
import { storeUser } from '../attribute-changes.ts'
import { writeComparedUser } from '../compared-user.ts'
import { insertMember, listMemberships } from '../groups/group-member-repository.ts'
import { getLockedGroup } from '../groups/group-repository.ts'
import { identitiesOf, withIdentities } from '../linked-identities/linked-identity.ts'
import type { User } from '../user.ts'
import { findSetsToWrite } from '../user-name-repository.ts'
import { deleteUserRows } from '../user-removal-repository.ts'
import { getUserByName } from '../user-repository.ts'
import { moveFormerUsernames } from '../usernames/former-username-repository.ts'
import { insertMergedNames, moveMergedNames } from './merged-name-repository.ts'
import { maxMergedSubs, mergedSubsOf, withMergedSubs } from './merged-subs.ts'
import { copyWeakNames } from './weak-name-repository.ts'

type Deps = { db: Db; clock: Clock; pools: PoolCatalog; quotas: Quotas; invocations: Pick<InvocationRecorder, 'flush'> }

/**
 * Lifeguard's own operation: merges two users who are the same person. The kept user gets the linked identities of the other one, who is
 * deleted. The other one's `sub` and username find the kept user from then on.
 */
export const mergeUsers = operation('MergeUsers', {
  auth: 'iam',
  isAudited: true,

  async handle(request, deps: Deps, { audit }: AuditedCaller) {
    const pool = await deps.pools.getPool(request.UserPoolId)
    const kept = await getUserByName(deps.db, pool, request.Username)
    const merged = await getUserByName(deps.db, pool, request.MergedUsername)
    if (kept.sub === merged.sub) throw new ApiError('InvalidParameterException', 'Username and MergedUsername name the same user.')
    const movesGroups = request.MoveGroups === true
    // Records of the merged user's sign-up may still wait. They name no `sub`, so the deletion removes only those that it finds.
    await deps.invocations.flush()
    const after = await deps.db.transaction().execute((tx) => merge(tx, deps, pool, { kept, merged, movesGroups, audit }))
    return { Username: after.username, Sub: after.sub, MergedSubs: [...mergedSubsOf(after.attributes)] }
  },
})

type Merging = { readonly kept: User; readonly merged: User; readonly movesGroups: boolean; readonly audit: AuditedCall }

async function merge(tx: Tx, { clock, quotas }: Deps, pool: Pool, { kept, merged, movesGroups, audit }: Merging): Promise<User> {
  // In the order of `sub`: two calls that merge the same users cannot wait for each other.
  const locked = new Map<string, User>()
  for (const user of [kept, merged].sort((a, b) => (a.sub < b.sub ? -1 : 1))) locked.set(user.sub, await getLockedUser(tx, user))
  const [before, other] = [locked.get(kept.sub) ?? kept, locked.get(merged.sub) ?? merged]
  const after = { ...before, attributes: mergedAttributes(before, other, quotas), updatedAt: clock.now() }
  const groups = movesGroups ? await listMemberships(tx, pool.id, other.sub) : []
  await moveMergedNames(tx, other, before)
  await moveFormerUsernames(tx, other, before)
  await copyWeakNames(tx, await findSetsToWrite(tx, pool), [before.sub])
  await deleteUserRows(tx, pool.id, other.sub, clock.now())
  await storeUser(tx, pool, before, after)
  await insertMergedNames(tx, pool, before, [other.sub, other.username])
  for (const { name } of [...groups].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const { memberKey } = await getLockedGroup(tx, pool.id, name)
    await insertMember(tx, { poolId: pool.id, sub: before.sub, memberKey })
  }
  const members = changedMembers(writeComparedUser(before), writeComparedUser(after))
  await audit.record(tx, { user: after, changedMembers: members, detail: `merged: ${other.sub}` })
  return after
}

/** An identity that created the other user did not create this one. */
function mergedAttributes(kept: User, other: User, quotas: Quotas): User['attributes'] {
  if (kept.status === 'UNCONFIRMED') throw new ApiError('InvalidParameterException', 'The user who is kept is not confirmed.')
  const identities = [...identitiesOf(kept.attributes), ...identitiesOf(other.attributes).map((one) => ({ ...one, primary: false }))]
  requireWithinQuota(quotas, 'linkedIdentitiesPerUser', identities.filter(({ primary }) => !primary).length)
  const subs = [...mergedSubsOf(kept.attributes), ...mergedSubsOf(other.attributes), other.sub]
  if (subs.length > maxMergedSubs) {
    throw new ApiError('LimitExceededException', `At most ${maxMergedSubs} users can be merged into one.`)
  }
  return withMergedSubs(withIdentities(kept.attributes, identities), subs)
}
