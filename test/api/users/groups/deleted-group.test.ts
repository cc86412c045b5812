import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminListGroupsForUserCommand, paginateAdminListGroupsForUser } from '@aws-sdk/client-cognito-identity-provider'
import { openStorage } from '../../../../src/storage/open-storage.ts'
import { createMemberRemoval } from '../../../../src/users/groups/group-removal-repository.ts'
import { deleteGroupRow, insertGroup } from '../../../../src/users/groups/group-repository.ts'
import { engines } from '../../../support/engines.ts'
import { givenTokens, givenUser } from '../../../support/sign-in.ts'
import { sweepDeletionsOf } from '../../../support/sweep-deletions.ts'
import { useTestServer } from '../../../support/test-server.ts'
import { openTestStorage } from '../../../support/test-storage.ts'
import { addToGroup, createGroup, deleteGroup, groupNotFound, groupsOf, membersOf, removeFromGroup } from './group-calls.ts'

for (const engine of engines) {
  describe(`The deletion of a group on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenGroupOfTwo() {
      const ids = await server().givenPool()
      for (const name of ['ana', 'bob']) await givenUser(server(), ids.poolId, name)
      await createGroup(server(), ids.poolId, 'editors')
      for (const name of ['ana', 'bob']) await addToGroup(server(), ids.poolId, name, 'editors')
      return ids
    }

    async function groupsInToken(clientId: string, name: string) {
      const { accessToken } = await givenTokens(server(), clientId, name)
      return JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString())['cognito:groups']
    }

    async function countMemberRows(poolId: string) {
      const storage = await openStorage({ url: server().databaseUrl })
      const rows = await storage.db.selectFrom('group_member').select('sub').where('pool_id', '=', poolId).execute()
      await storage.close()
      return rows.length
    }

    it('takes effect at once: neither answers nor tokens show the group of its members', async () => {
      const { poolId, clientId } = await givenGroupOfTwo()
      await deleteGroup(server(), poolId, 'editors')
      assert.equal(await countMemberRows(poolId), 2)
      assert.deepEqual(await groupsOf(server(), poolId, 'ana'), [])
      assert.equal(await groupsInToken(clientId, 'ana'), undefined)
      await assert.rejects(membersOf(server(), poolId, 'editors'), groupNotFound)
      await assert.rejects(addToGroup(server(), poolId, 'ana', 'editors'), groupNotFound)
      await sweepDeletionsOf(server())
      assert.equal(await countMemberRows(poolId), 0)
    })

    it('leaves no members to a new group of the same name, before and after the sweeper ran', async () => {
      const { poolId, clientId } = await givenGroupOfTwo()
      for (const round of [1, 2]) {
        await deleteGroup(server(), poolId, 'editors')
        await createGroup(server(), poolId, 'editors')
        assert.deepEqual(await membersOf(server(), poolId, 'editors'), [], `round ${round}`)
        assert.deepEqual(await groupsOf(server(), poolId, 'ana'), [])
        assert.equal(await groupsInToken(clientId, 'ana'), undefined)
        await addToGroup(server(), poolId, 'bob', 'editors')
      }
      for (const moment of ['before the sweeper', 'after the sweeper']) {
        if (moment === 'after the sweeper') await sweepDeletionsOf(server())
        assert.deepEqual(await membersOf(server(), poolId, 'editors'), ['bob'], moment)
        assert.deepEqual(await groupsOf(server(), poolId, 'bob'), ['editors'])
        assert.deepEqual(await groupsInToken(clientId, 'bob'), ['editors'])
      }
      assert.equal(await countMemberRows(poolId), 1)
      await removeFromGroup(server(), poolId, 'bob', 'editors')
      assert.deepEqual(await membersOf(server(), poolId, 'editors'), [])
    })

    it('leaves a user’s groups sorted by name, even after a new group of the same name is created', async () => {
      const { poolId } = await givenGroupOfTwo()
      const names = ['editor', 'editors', 'editors!', 'editorsa']
      for (const name of names) if (name !== 'editors') await createGroup(server(), poolId, name)
      await deleteGroup(server(), poolId, 'editors')
      await createGroup(server(), poolId, 'editors')
      for (const name of names) await addToGroup(server(), poolId, 'ana', name)
      const { Groups } = await server().send(new AdminListGroupsForUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.deepEqual(
        Groups?.map(({ GroupName }) => GroupName),
        names,
      )
      const pagedNames = []
      const query = { UserPoolId: poolId, Username: 'ana' }
      for await (const { Groups } of paginateAdminListGroupsForUser({ client: server().client, pageSize: 1 }, query)) {
        pagedNames.push(...(Groups ?? []).map(({ GroupName }) => GroupName))
      }
      assert.deepEqual(pagedNames, names)
    })

    it('lets the sweeper remove the members in batches', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      const poolId = 'us-east-1_Groups001'
      const group = { poolId, description: null, roleArn: null, precedence: null, createdAt: 1, updatedAt: 1 }
      for (const name of ['large', 'other']) {
        await db.transaction().execute((tx) => insertGroup(tx, { ...group, name }))
        for (let first = 0; first < 5000; first += 1000) {
          const members = Array.from({ length: 1000 }, (_, at) => ({ pool_id: poolId, sub: `sub-${first + at}`, group_name: name }))
          await db.insertInto('group_member').values(members).execute()
        }
      }
      await db.transaction().execute((tx) => deleteGroupRow(tx, poolId, 'large', 1))
      const remove = createMemberRemoval()
      let batches = 0
      while (await db.transaction().execute((tx) => remove(tx, 1))) batches++
      assert.ok(batches > 2, `${batches} batches`)
      const left = await db.selectFrom('group_member').select('group_name').execute()
      assert.deepEqual([left.length, new Set(left.map(({ group_name }) => group_name))], [5000, new Set(['other'])])
      assert.deepEqual(await db.selectFrom('deleted_group').selectAll().execute(), [])
    })
  })
}
