import { type GroupType, ListGroupsCommand } from '@aws-sdk/client-cognito-identity-provider'
import { requireLockedPool } from '../../pools/change-pool.ts'
import { requireWithinQuota } from '../../pools/quotas.ts'
import { changeGroup, countGroupsUpTo, findGroup, insertGroup } from '../../users/groups/group-repository.ts'
import { auditOf, type Copy, copyThing, requestOf } from './copy-context.ts'
import { pagesOf } from './source.ts'

/** Copies the groups with their dates. Returns their names. */
export async function copyGroups(copy: Copy): Promise<readonly string[]> {
  const { source, poolId } = copy
  const names: string[] = []
  const pages = pagesOf(async (token) => {
    const answer = await source.readIfAny('groups', (client) =>
      client.send(new ListGroupsCommand({ UserPoolId: poolId, Limit: 60, NextToken: token })),
    )
    return { items: answer?.Groups, next: answer?.NextToken }
  })
  for await (const page of pages) {
    for (const shown of page) {
      names.push(shown.GroupName ?? '')
      await copyGroup(copy, shown)
    }
  }
  return names
}

async function copyGroup(copy: Copy, shown: GroupType): Promise<void> {
  const { deps, poolId } = copy
  const request = requestOf('CreateGroup', { ...shown, UserPoolId: poolId })
  const { GroupName: name, Description: description, RoleArn: roleArn, Precedence: precedence } = request
  await copyThing(copy, { kind: 'groups', id: name, shown: request }, async () => {
    const now = deps.clock.now()
    const createdAt = shown.CreationDate?.getTime() ?? now
    await deps.db.transaction().execute(async (tx) => {
      await requireLockedPool(tx, poolId)
      if ((await findGroup(tx, poolId, name)) !== undefined) {
        await changeGroup(tx, poolId, name, { description, roleArn, precedence, now })
      } else {
        const texts = { description: description ?? null, roleArn: roleArn ?? null, precedence: precedence ?? null }
        const updatedAt = shown.LastModifiedDate?.getTime() ?? createdAt
        await insertGroup(tx, { poolId, name, ...texts, createdAt, updatedAt })
        requireWithinQuota(deps.quotas, 'groupsPerPool', await countGroupsUpTo(tx, poolId, deps.quotas.groupsPerPool + 1))
      }
      await auditOf(deps, poolId, 'CreateGroup').record(tx, { subject: name })
    })
  })
}
