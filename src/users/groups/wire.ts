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

/** Cognito returns at most 60 groups or members at once. When the limit is missing or 0, it returns up to 60 as well. */
export const largestPage = 60

/** A group with the `id` that pagination needs. */
export const withId = (group: Group) => ({ ...group, id: group.name })
