import { adminAddUserToGroup } from './admin-add-user-to-group.operation.ts'
import { adminListGroupsForUser } from './admin-list-groups-for-user.operation.ts'
import { adminRemoveUserFromGroup } from './admin-remove-user-from-group.operation.ts'
import { createGroup } from './create-group.operation.ts'
import { deleteGroup } from './delete-group.operation.ts'
import { getGroup } from './get-group.operation.ts'
import { listGroups } from './list-groups.operation.ts'
import { listUsersInGroup } from './list-users-in-group.operation.ts'
import { updateGroup } from './update-group.operation.ts'

export const groupOperations = [
  adminAddUserToGroup,
  adminListGroupsForUser,
  adminRemoveUserFromGroup,
  createGroup,
  deleteGroup,
  getGroup,
  listGroups,
  listUsersInGroup,
  updateGroup,
] as const
