import { ListUsersInGroupCommand } from '@aws-sdk/client-cognito-identity-provider'
import { subOf } from '../../users/former-pool/former-user.ts'
import { deleteMember, insertMember } from '../../users/groups/group-member-repository.ts'
import { findGroup, getLockedGroup } from '../../users/groups/group-repository.ts'
import { findSubsAmong } from '../../users/user-name-repository.ts'
import type { Copy } from './copy-context.ts'
import { countUnknownMembers, noteMembers, takeLostMembers } from './former-member-repository.ts'
import { pagesOf } from './source.ts'

const kind = 'memberships'
const batch = 200

/**
 * Copies who is in the group. A membership that was added or removed there since the last copy is added or removed here. What has changed
 * here only stays.
 */
export async function copyMembers(copy: Copy, group: string): Promise<void> {
  const { source, poolId, deps, isPlan } = copy
  if (!isPlan && (await findGroup(deps.db, poolId, group)) === undefined) return
  const pages = pagesOf(async (token) => {
    const answer = await source.read('lists', (client) =>
      client.send(new ListUsersInGroupCommand({ UserPoolId: poolId, GroupName: group, Limit: 60, NextToken: token })),
    )
    return { items: answer.Users, next: answer.NextToken }
  })
  for await (const page of pages) {
    await addMembers(
      copy,
      group,
      page.flatMap((shown) => subOf(shown) ?? []),
    )
  }
  if (!isPlan) while (await removeLost(copy, group));
}

async function addMembers({ deps, poolId, run, isPlan, report }: Copy, group: string, subs: readonly string[]): Promise<void> {
  if (isPlan) {
    const created = await countUnknownMembers(deps.db, { poolId, group }, subs)
    for (let at = 0; at < subs.length; at++) report.count(kind, at < created ? 'created' : 'unchanged')
    return
  }
  const added = await deps.db.transaction().execute(async (tx) => {
    const { memberKey } = await getLockedGroup(tx, poolId, group)
    // Users who could not be copied are not here.
    const present = await findSubsAmong(tx, poolId, subs)
    const unseen = await noteMembers(tx, { poolId, group }, present, run)
    for (const sub of unseen) await insertMember(tx, { poolId, sub, memberKey })
    return { created: unseen.length, unchanged: present.length - unseen.length }
  })
  for (const result of ['created', 'unchanged'] as const) for (let at = 0; at < added[result]; at++) report.count(kind, result)
}

/** Removes memberships that are no longer there. Returns false when all of them are removed. */
async function removeLost({ deps, poolId, run, report }: Copy, group: string): Promise<boolean> {
  const lost = await deps.db.transaction().execute(async (tx) => {
    const { memberKey } = await getLockedGroup(tx, poolId, group)
    const subs = await takeLostMembers(tx, { poolId, group }, run, batch)
    for (const sub of subs) await deleteMember(tx, { poolId, sub, memberKey })
    return subs
  })
  for (const _ of lost) report.count(kind, 'removed')
  return lost.length > 0
}
