import type { GroupType } from '../../contract/generated/types.ts'
import type { Group } from './group.ts'

export function writeGroup(group: Group): GroupType {
  return {
    GroupName: group.name,
    UserPoolId: group.poolId,
    Description: group.description ?? undefined,
    RoleArn: group.roleArn ?? undefined,
    Precedence: group.precedence ?? undefined,
    LastModifiedDate: new Date(group.updatedAt),
    CreationDate: new Date(group.createdAt),
  }
}

/** Cognito shows at most 60 groups or members at once, and as many when no limit, or 0, is given. */
export const largestPage = 60

/** A group as pagination sees it. */
export const withId = (group: Group) => ({ ...group, id: group.name })
