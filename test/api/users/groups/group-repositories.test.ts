import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Db } from '../../../../src/storage/db.ts'
import { deleteMember, insertMember, listMembers, listMemberships } from '../../../../src/users/groups/group-member-repository.ts'
import {
  changeGroup,
  countGroupsUpTo,
  deleteGroupRow,
  getGroup,
  insertGroup,
  listGroups,
  listGroupsOfUser,
} from '../../../../src/users/groups/group-repository.ts'
import { insertUser } from '../../../../src/users/user-repository.ts'
import { engines, type TestEngine } from '../../../support/engines.ts'
import { sweepDeletions } from '../../../support/sweep-deletions.ts'
import { openTestStorage } from '../../../support/test-storage.ts'
import { testPool } from '../../messaging/messaging-setup.ts'
import { testUser } from '../../tokens/sessions/test-user.ts'

const pool = testPool()
const [here, there] = [pool.id, 'us-east-1_Another01']
const page = { after: undefined, limit: 9 }

const group = (poolId: string, name: string) => ({
  poolId,
  name,
  description: `of ${poolId}`,
  roleArn: `role of ${poolId}`,
  precedence: 1,
  createdAt: 1,
  updatedAt: 1,
})

const stored = (poolId: string) => ({ ...group(poolId, 'editors'), memberKey: 'editors' })

/** Two pools in which everything has the same names; even the user's `sub` is the same. */
async function openTwoAlikePools(engine: TestEngine) {
  const storage = await openTestStorage(engine)
  for (const poolId of [here, there]) {
    await storage.db.transaction().execute(async (tx) => {
      await insertUser(tx, pool, testUser({ poolId, sub: 'ana', updatedAt: poolId === here ? 1 : 2 }))
      assert.deepEqual(await insertGroup(tx, group(poolId, 'editors')), stored(poolId))
      await insertMember(tx, { poolId, sub: 'ana', memberKey: 'editors' })
    })
  }
  return storage
}

async function everythingOf(db: Db, poolId: string) {
  return {
    groups: await listGroups(db, poolId, page),
    ofAna: await listGroupsOfUser(db, poolId, 'ana', page),
    inTokens: await listMemberships(db, poolId, 'ana'),
    members: await listMembers(db, { poolId, memberKey: 'editors' }, page),
  }
}

for (const engine of engines) {
  describe(`The group repositories, with two pools that have the same names, on ${engine.name}`, () => {
    it('do not mix up the pools', async () => {
      await using storage = await openTwoAlikePools(engine)
      const { db } = storage
      for (const poolId of [here, there]) {
        assert.deepEqual(await everythingOf(db, poolId), {
          groups: [stored(poolId)],
          ofAna: [stored(poolId)],
          inTokens: [{ name: 'editors', roleArn: `role of ${poolId}`, precedence: 1 }],
          members: [testUser({ poolId, sub: 'ana', updatedAt: poolId === here ? 1 : 2 })],
        })
        assert.deepEqual(await getGroup(db, poolId, 'editors'), stored(poolId))
        assert.equal(await countGroupsUpTo(db, poolId, 9), 1)
      }
    })

    it('change and delete in one pool without effect on the other', async () => {
      await using storage = await openTwoAlikePools(engine)
      const { db } = storage
      const untouched = await everythingOf(db, there)
      await changeGroup(db, here, 'editors', { precedence: 7, description: '', roleArn: 'other', now: 2 })
      assert.deepEqual(await everythingOf(db, there), untouched)
      await deleteMember(db, { poolId: here, sub: 'ana', memberKey: 'editors' })
      assert.deepEqual((await everythingOf(db, here)).inTokens, [])
      assert.deepEqual(await everythingOf(db, there), untouched)
      await db.transaction().execute(async (tx) => {
        await insertMember(tx, { poolId: here, sub: 'ana', memberKey: 'editors' })
        await deleteGroupRow(tx, here, 'editors', 1)
      })
      await sweepDeletions(db, 1)
      assert.deepEqual(await everythingOf(db, here), { groups: [], ofAna: [], inTokens: [], members: [] })
      assert.deepEqual(await everythingOf(db, there), untouched)
    })

    it('ignore member rows whose group is deleted', async () => {
      await using storage = await openTwoAlikePools(engine)
      const { db } = storage
      await db.deleteFrom('user_group').where('pool_id', '=', here).execute()
      const { ofAna, inTokens } = await everythingOf(db, here)
      assert.deepEqual([ofAna, inTokens], [[], []])
    })
  })
}
