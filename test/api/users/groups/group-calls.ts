import {
  AdminAddUserToGroupCommand,
  AdminListGroupsForUserCommand,
  AdminRemoveUserFromGroupCommand,
  CreateGroupCommand,
  type CreateGroupCommandInput,
  DeleteGroupCommand,
  ListUsersInGroupCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import type { TestServer } from '../../../support/test-server.ts'

export const groupNotFound = { name: 'ResourceNotFoundException', message: 'Group not found.' }
export const userNotFound = { name: 'UserNotFoundException', message: 'User does not exist.' }
export const poolNotFound = { name: 'ResourceNotFoundException', message: 'User pool us-east-1_nowhere does not exist.' }

export async function createGroup(server: TestServer, poolId: string, name: string, settings: Partial<CreateGroupCommandInput> = {}) {
  const { Group } = await server.send(new CreateGroupCommand({ UserPoolId: poolId, GroupName: name, ...settings }))
  if (Group === undefined) throw new Error('CreateGroup returned no group.')
  return Group
}

export function deleteGroup(server: TestServer, poolId: string, name: string) {
  return server.send(new DeleteGroupCommand({ UserPoolId: poolId, GroupName: name }))
}

export function addToGroup(server: TestServer, poolId: string, username: string, group: string) {
  return server.send(new AdminAddUserToGroupCommand({ UserPoolId: poolId, Username: username, GroupName: group }))
}

export function removeFromGroup(server: TestServer, poolId: string, username: string, group: string) {
  return server.send(new AdminRemoveUserFromGroupCommand({ UserPoolId: poolId, Username: username, GroupName: group }))
}

/** The names of the user's groups, in the order of the answer. */
export async function groupsOf(server: TestServer, poolId: string, username: string) {
  const { Groups } = await server.send(new AdminListGroupsForUserCommand({ UserPoolId: poolId, Username: username }))
  return Groups?.map(({ GroupName }) => GroupName)
}

/** The names of the group's members, sorted. */
export async function membersOf(server: TestServer, poolId: string, group: string) {
  const { Users } = await server.send(new ListUsersInGroupCommand({ UserPoolId: poolId, GroupName: group }))
  return Users?.map(({ Username }) => Username).sort()
}
