import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  GetGroupCommand,
  ListGroupsCommand,
  paginateListGroups,
  UpdateGroupCommand,
  type UpdateGroupCommandInput,
} from '@aws-sdk/client-cognito-identity-provider'
import { outcomes } from '../../../support/administration.ts'
import { engines } from '../../../support/engines.ts'
import { rawCall } from '../../../support/raw-call.ts'
import { useTestServer } from '../../../support/test-server.ts'
import { createGroup, deleteGroup, groupNotFound, poolNotFound } from './group-calls.ts'

const role = 'arn:aws:iam::123456789012:role/editors'
const nowhere = 'us-east-1_nowhere'

for (const engine of engines) {
  describe(`A group on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: ['--quotas', '{"groupsPerPool":5}'] })
    const newPool = async () => (await server().givenPool()).poolId
    const get = async (UserPoolId: string, GroupName: string) => (await server().send(new GetGroupCommand({ UserPoolId, GroupName }))).Group
    const update = async (request: UpdateGroupCommandInput) => (await server().send(new UpdateGroupCommand(request))).Group

    it('is returned as it was created', async () => {
      const poolId = await newPool()
      const before = server().clock.now()
      const settings = { Description: 'They edit', RoleArn: role, Precedence: 0 }
      const group = await createGroup(server(), poolId, 'editors', settings)
      const { CreationDate: created, LastModifiedDate: modified, ...rest } = group
      assert.deepEqual(rest, { GroupName: 'editors', UserPoolId: poolId, ...settings })
      assert.ok(Math.abs((created?.getTime() ?? 0) - before) < 60_000)
      assert.deepEqual(modified, created)
      assert.deepEqual(await get(poolId, 'editors'), group)
    })

    it('needs only a name, and then shows no other settings', async () => {
      const poolId = await newPool()
      const group = await createGroup(server(), poolId, 'Grüße/ß:"\\')
      assert.deepEqual(Object.keys(group).sort(), ['CreationDate', 'GroupName', 'LastModifiedDate', 'UserPoolId'])
      assert.deepEqual(await get(poolId, 'Grüße/ß:"\\'), group)
    })

    it('has a name that is unique in the pool and case-sensitive', async () => {
      const poolId = await newPool()
      const first = await createGroup(server(), poolId, 'editors', { Precedence: 1 })
      await createGroup(server(), poolId, 'Editors')
      const exists = { name: 'GroupExistsException', message: 'A group with the name already exists' }
      await assert.rejects(createGroup(server(), poolId, 'editors', { Precedence: 2 }), exists)
      assert.deepEqual(await get(poolId, 'editors'), first)
      await createGroup(server(), await newPool(), 'editors')
    })

    it('is created only once by concurrent requests with the same name', async () => {
      const poolId = await newPool()
      const all = await outcomes(Array.from({ length: 5 }, () => createGroup(server(), poolId, 'editors')))
      assert.deepEqual(all, [...Array.from({ length: 4 }, () => 'GroupExistsException'), 'ok'])
    })

    it('keeps what an update does not mention', async () => {
      const poolId = await newPool()
      const key = { UserPoolId: poolId, GroupName: 'editors' }
      const group = await createGroup(server(), poolId, 'editors', { Description: 'They edit', RoleArn: role, Precedence: 7 })
      server().clock.advance(5_000)
      const changed = await update({ ...key, Precedence: 0 })
      const { LastModifiedDate: modified, ...rest } = changed ?? {}
      assert.deepEqual({ ...rest, LastModifiedDate: group.LastModifiedDate }, { ...group, Precedence: 0 })
      assert.ok((modified?.getTime() ?? 0) >= (group.LastModifiedDate?.getTime() ?? 0) + 5_000)
      assert.deepEqual(await get(poolId, 'editors'), changed)

      const other = { ...key, Description: '', RoleArn: `${role}-2` }
      const again = await update(other)
      assert.deepEqual(
        { Description: again?.Description, RoleArn: again?.RoleArn, Precedence: again?.Precedence },
        {
          Description: '',
          RoleArn: `${role}-2`,
          Precedence: 0,
        },
      )
    })

    it('is deleted with an empty answer, and not found afterwards', async () => {
      const poolId = await newPool()
      await createGroup(server(), poolId, 'editors')
      const answer = await rawCall(server(), 'DeleteGroup', { UserPoolId: poolId, GroupName: 'editors' })
      assert.deepEqual([answer.status, answer.text], [200, ''])
      await assert.rejects(get(poolId, 'editors'), groupNotFound)
      await assert.rejects(deleteGroup(server(), poolId, 'editors'), groupNotFound)
      await createGroup(server(), poolId, 'editors')
    })

    it('is listed with the other groups of its pool, sorted by name, in pages', async () => {
      const poolId = await newPool()
      await createGroup(server(), await newPool(), 'elsewhere')
      const groups = []
      for (const name of ['c', 'a', 'B', 'ä', 'b']) groups.push(await createGroup(server(), poolId, name, { Precedence: groups.length }))
      const pages = []
      for await (const page of paginateListGroups({ client: server().client, pageSize: 2 }, { UserPoolId: poolId })) {
        pages.push(page.Groups?.map(({ GroupName }) => GroupName))
      }
      assert.deepEqual(pages, [['B', 'a'], ['b', 'c'], ['ä']])
      for (const Limit of [0, undefined, 5, 60]) {
        const { Groups, NextToken } = await server().send(new ListGroupsCommand({ UserPoolId: poolId, Limit }))
        assert.deepEqual(
          Groups?.find(({ GroupName }) => GroupName === 'c'),
          groups[0],
        )
        assert.deepEqual([Groups?.length, NextToken], [5, undefined])
      }
    })

    it('is not listed with the page token of another pool', async () => {
      const [poolId, other] = [await newPool(), await newPool()]
      for (const pool of [poolId, other]) for (const name of ['a', 'b']) await createGroup(server(), pool, name)
      const { NextToken: foreign } = await server().send(new ListGroupsCommand({ UserPoolId: other, Limit: 1 }))
      for (const NextToken of ['x', foreign]) {
        const list = new ListGroupsCommand({ UserPoolId: poolId, Limit: 1, NextToken })
        await assert.rejects(server().send(list), { name: 'InvalidParameterException' })
      }
    })

    it('cannot be created beyond the quota of the pool; existing groups can still be changed', async () => {
      const poolId = await newPool()
      for (const name of ['a', 'b', 'c', 'd', 'e']) await createGroup(server(), poolId, name)
      await assert.rejects(createGroup(server(), poolId, 'f'), { name: 'LimitExceededException' })
      await assert.rejects(get(poolId, 'f'), groupNotFound)
      await assert.rejects(createGroup(server(), poolId, 'a'), { name: 'GroupExistsException' })
      await update({ UserPoolId: poolId, GroupName: 'a', Precedence: 1 })
      await deleteGroup(server(), poolId, 'a')
      const both = await outcomes([createGroup(server(), poolId, 'f'), createGroup(server(), poolId, 'g')])
      assert.deepEqual(both, ['LimitExceededException', 'ok'])
    })

    it('cannot be read or changed through another pool', async () => {
      const [poolId, other] = [await newPool(), await newPool()]
      const group = await createGroup(server(), poolId, 'editors')
      await assert.rejects(get(other, 'editors'), groupNotFound)
      await assert.rejects(update({ UserPoolId: other, GroupName: 'editors', Precedence: 1 }), groupNotFound)
      await assert.rejects(deleteGroup(server(), other, 'editors'), groupNotFound)
      assert.deepEqual((await server().send(new ListGroupsCommand({ UserPoolId: other }))).Groups, [])
      assert.deepEqual(await get(poolId, 'editors'), group)
    })

    it('requires a pool that exists', async () => {
      const key = { UserPoolId: nowhere, GroupName: 'editors' }
      await assert.rejects(createGroup(server(), nowhere, 'editors'), poolNotFound)
      await assert.rejects(get(nowhere, 'editors'), poolNotFound)
      await assert.rejects(update(key), poolNotFound)
      await assert.rejects(deleteGroup(server(), nowhere, 'editors'), poolNotFound)
      await assert.rejects(server().send(new ListGroupsCommand({ UserPoolId: nowhere })), poolNotFound)
    })

    it('is rejected when its name or a setting violates the service model', async () => {
      const poolId = await newPool()
      const bad = [{ Precedence: -1 }, { RoleArn: 'arn:aws:iam::x:role/not-an-account' }, { Description: 'x'.repeat(2049) }]
      for (const settings of bad)
        await assert.rejects(createGroup(server(), poolId, 'editors', settings), { name: 'InvalidParameterException' })
      for (const name of ['two words', 'x'.repeat(129)])
        await assert.rejects(createGroup(server(), poolId, name), { name: 'InvalidParameterException' })
      await createGroup(server(), poolId, 'last', { Precedence: 2 ** 31 - 1, Description: 'x'.repeat(2048) })
      assert.equal((await get(poolId, 'last'))?.Precedence, 2 ** 31 - 1)
    })
  })
}
