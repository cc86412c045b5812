import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminDeleteUserCommand,
  AdminListGroupsForUserCommand,
  ListUsersCommand,
  ListUsersInGroupCommand,
  paginateAdminListGroupsForUser,
  paginateListUsersInGroup,
} from '@aws-sdk/client-cognito-identity-provider'
import { adminCreateSilently, outcomes } from '../../../support/administration.ts'
import { engines } from '../../../support/engines.ts'
import { rawCall } from '../../../support/raw-call.ts'
import { useTestServer } from '../../../support/test-server.ts'
import {
  addToGroup,
  createGroup,
  deleteGroup,
  groupNotFound,
  groupsOf,
  membersOf,
  poolNotFound,
  removeFromGroup,
  userNotFound,
} from './group-calls.ts'

const nowhere = 'us-east-1_nowhere'
const invalid = { name: 'InvalidParameterException' }

for (const engine of engines) {
  describe(`Group membership on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: ['--quotas', '{"groupsPerUser":4}'] })

    async function givenPool({ users = ['ana'], groups = ['editors'] } = {}) {
      const { poolId } = await server().givenPool({ pool: { AliasAttributes: ['email'] } })
      for (const name of users) {
        const attributes = { email: `${name}@example.test`, email_verified: 'true' }
        await adminCreateSilently(server(), poolId, name, { attributes })
      }
      for (const name of groups) await createGroup(server(), poolId, name)
      return poolId
    }

    it('can be added and removed repeatedly, with an empty answer each time', async () => {
      const poolId = await givenPool({ users: ['ana', 'ben'], groups: ['editors', 'readers'] })
      const request = { UserPoolId: poolId, Username: 'ana', GroupName: 'editors' }
      for (let round = 0; round < 2; round++) {
        const answer = await rawCall(server(), 'AdminAddUserToGroup', request)
        assert.deepEqual([answer.status, answer.text], [200, ''])
      }
      await addToGroup(server(), poolId, 'ben', 'editors')
      await addToGroup(server(), poolId, 'ben', 'readers')
      assert.deepEqual(await membersOf(server(), poolId, 'editors'), ['ana', 'ben'])
      assert.deepEqual(await groupsOf(server(), poolId, 'ben'), ['editors', 'readers'])

      for (let round = 0; round < 2; round++) {
        const answer = await rawCall(server(), 'AdminRemoveUserFromGroup', request)
        assert.deepEqual([answer.status, answer.text], [200, ''])
      }
      assert.deepEqual(await membersOf(server(), poolId, 'editors'), ['ben'])
      assert.deepEqual(await groupsOf(server(), poolId, 'ana'), [])
      assert.deepEqual(await groupsOf(server(), poolId, 'ben'), ['editors', 'readers'])
    })

    it('accepts an alias or the sub in place of the username', async () => {
      const poolId = await givenPool()
      await addToGroup(server(), poolId, 'ana@example.test', 'editors')
      const { Users } = await server().send(new ListUsersInGroupCommand({ UserPoolId: poolId, GroupName: 'editors' }))
      const sub = Users?.[0]?.Attributes?.find(({ Name }) => Name === 'sub')?.Value ?? ''
      assert.deepEqual(await groupsOf(server(), poolId, sub), ['editors'])
      await removeFromGroup(server(), poolId, sub, 'editors')
      assert.deepEqual(await groupsOf(server(), poolId, 'ana'), [])
    })

    it('lists the members of a group in pages, each once, as ListUsers shows them', async () => {
      const names = ['ana', 'ben', 'cem', 'dora', 'eve']
      const poolId = await givenPool({ users: [...names, 'zoe'], groups: ['editors', 'readers'] })
      for (const name of names) await addToGroup(server(), poolId, name, 'editors')
      await addToGroup(server(), poolId, 'zoe', 'readers')
      const pages = []
      const query = { UserPoolId: poolId, GroupName: 'editors' }
      for await (const page of paginateListUsersInGroup({ client: server().client, pageSize: 2 }, { ...query }))
        pages.push(page.Users ?? [])
      assert.deepEqual(
        pages.map((page) => page.length),
        [2, 2, 1],
      )
      const { Users: all } = await server().send(new ListUsersCommand({ UserPoolId: poolId }))
      assert.deepEqual(
        pages.flat(),
        all?.filter(({ Username }) => names.includes(Username ?? '')),
      )
      for (const Limit of [0, 5, undefined]) {
        const { Users, NextToken } = await server().send(new ListUsersInGroupCommand({ ...query, Limit }))
        assert.deepEqual([Users?.length, NextToken], [5, undefined])
      }
    })

    it('lists the groups of a user in pages, sorted by name', async () => {
      const groups = ['c', 'a', 'B', 'b']
      const poolId = await givenPool({ groups })
      for (const group of groups) await addToGroup(server(), poolId, 'ana', group)
      const pages = []
      const query = { UserPoolId: poolId, Username: 'ana' }
      for await (const page of paginateAdminListGroupsForUser({ client: server().client, pageSize: 3 }, { ...query })) {
        pages.push(page.Groups?.map(({ GroupName }) => GroupName))
      }
      assert.deepEqual(pages, [['B', 'a', 'b'], ['c']])
      const { Groups } = await server().send(new AdminListGroupsForUserCommand({ ...query, Limit: 0 }))
      assert.deepEqual(Object.keys(Groups?.[0] ?? {}).sort(), ['CreationDate', 'GroupName', 'LastModifiedDate', 'UserPoolId'])
    })

    it('rejects the page token of another list', async () => {
      const poolId = await givenPool({ users: ['ana', 'ben'], groups: ['editors', 'readers'] })
      for (const name of ['ana', 'ben']) for (const group of ['editors', 'readers']) await addToGroup(server(), poolId, name, group)
      const page = { UserPoolId: poolId, Limit: 1 }
      const { NextToken: ofEditors } = await server().send(new ListUsersInGroupCommand({ ...page, GroupName: 'editors' }))
      const { NextToken: ofAna } = await server().send(new AdminListGroupsForUserCommand({ ...page, Username: 'ana' }))
      assert.ok(ofEditors && ofAna)
      for (const NextToken of ['x', ofEditors, ofAna]) {
        await assert.rejects(server().send(new ListUsersInGroupCommand({ ...page, GroupName: 'readers', NextToken })), invalid)
        await assert.rejects(server().send(new AdminListGroupsForUserCommand({ ...page, Username: 'ben', NextToken })), invalid)
      }
    })

    it('is limited to the quota of groups per user, also for concurrent requests', async () => {
      const groups = ['a', 'b', 'c', 'd', 'e', 'f']
      const poolId = await givenPool({ groups })
      for (const group of groups.slice(0, 3)) await addToGroup(server(), poolId, 'ana', group)
      const rest = await outcomes(groups.slice(3).map((group) => addToGroup(server(), poolId, 'ana', group)))
      assert.deepEqual(rest, ['InvalidParameterException', 'InvalidParameterException', 'ok'])
      assert.equal((await groupsOf(server(), poolId, 'ana'))?.length, 4)
      await addToGroup(server(), poolId, 'ana', 'a')
    })

    it('ends when the group is deleted, and does not return with a new group of the same name', async () => {
      const poolId = await givenPool({ users: ['ana', 'ben'], groups: ['editors', 'readers'] })
      for (const name of ['ana', 'ben']) await addToGroup(server(), poolId, name, 'editors')
      await addToGroup(server(), poolId, 'ana', 'readers')
      await deleteGroup(server(), poolId, 'editors')
      assert.deepEqual(await groupsOf(server(), poolId, 'ana'), ['readers'])
      await createGroup(server(), poolId, 'editors')
      assert.deepEqual(await membersOf(server(), poolId, 'editors'), [])
      assert.deepEqual(await groupsOf(server(), poolId, 'ben'), [])
    })

    it('does not outlive a concurrent deletion of the group', async () => {
      const users = Array.from({ length: 6 }, (_, at) => `user${at}`)
      const poolId = await givenPool({ users })
      const joining = users.map((name) => addToGroup(server(), poolId, name, 'editors'))
      const [result] = await Promise.allSettled([deleteGroup(server(), poolId, 'editors'), ...joining])
      assert.equal(result?.status, 'fulfilled')
      for (const outcome of await outcomes(joining)) assert.ok(['ok', 'ResourceNotFoundException'].includes(outcome), outcome)
      await createGroup(server(), poolId, 'editors')
      assert.deepEqual(await membersOf(server(), poolId, 'editors'), [])
    })

    it('ends when the user is deleted, and does not return with a new user of the same name', async () => {
      const poolId = await givenPool({ users: ['ana', 'ben'] })
      for (const name of ['ana', 'ben']) await addToGroup(server(), poolId, name, 'editors')
      await server().send(new AdminDeleteUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.deepEqual(await membersOf(server(), poolId, 'editors'), ['ben'])
      await adminCreateSilently(server(), poolId, 'ana')
      assert.deepEqual(await groupsOf(server(), poolId, 'ana'), [])
    })

    it('is not mixed up with groups and users of the same name in another pool', async () => {
      const [poolId, other] = [await givenPool(), await givenPool({ users: ['ana', 'ben'] })]
      await addToGroup(server(), poolId, 'ana', 'editors')
      assert.deepEqual(await membersOf(server(), other, 'editors'), [])
      assert.deepEqual(await groupsOf(server(), other, 'ana'), [])
      await assert.rejects(addToGroup(server(), poolId, 'ben', 'editors'), userNotFound)
      await removeFromGroup(server(), other, 'ana', 'editors')
      assert.deepEqual(await membersOf(server(), poolId, 'editors'), ['ana'])
    })

    it('requires a user, a group and a pool that exist', async () => {
      const poolId = await givenPool()
      for (const change of [addToGroup, removeFromGroup]) {
        await assert.rejects(change(server(), poolId, 'nobody', 'editors'), userNotFound)
        await assert.rejects(change(server(), poolId, 'ana', 'nothing'), groupNotFound)
        await assert.rejects(change(server(), nowhere, 'ana', 'editors'), poolNotFound)
      }
      await assert.rejects(groupsOf(server(), poolId, 'nobody'), userNotFound)
      await assert.rejects(groupsOf(server(), nowhere, 'ana'), poolNotFound)
      await assert.rejects(membersOf(server(), poolId, 'nothing'), groupNotFound)
      await assert.rejects(membersOf(server(), nowhere, 'editors'), poolNotFound)
    })
  })
}
