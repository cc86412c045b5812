import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateUserPoolClientCommand,
  DeleteUserPoolCommand,
  DescribeUserPoolClientCommand,
  DescribeUserPoolCommand,
  ListUserPoolsCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { createPoolRemoval } from '../../../src/pools/pool-deletion-repository.ts'
import { withDatabaseOf } from '../../support/deleted-users.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { givenTokens, givenUser, signInByPassword } from '../../support/sign-in.ts'
import { sweepDeletionsOf } from '../../support/sweep-deletions.ts'
import { startTestServer, type TestServer, useTestServer } from '../../support/test-server.ts'
import { jwksOf, refresh, useAccessToken } from '../../support/tokens.ts'

const dayMs = 86_400_000
const flags = ['--keep-deleted-pools-days', '7']
const deletePool = (server: TestServer, UserPoolId: string) => server.send(new DeleteUserPoolCommand({ UserPoolId }))
const restore = (server: TestServer, UserPoolId: string) => callLifeguard(server, 'RestoreUserPool', { UserPoolId })
const unknown = { name: 'ResourceNotFoundException', message: /^There is no deleted user pool .* that is kept/ }
const removing = { name: 'InvalidParameterException', message: /because the removal of its data has begun/ }

async function keptPools(server: TestServer, more: object = {}) {
  const answer = await callLifeguard(server, 'ListDeletedUserPools', more)
  return answer.DeletedUserPools as { UserPoolId: string; Name: string; DeletedAt: number; KeptUntil: number }[]
}

/** One batch of the sweeper, at the time `now`. */
const sweepOnce = (server: TestServer, now: number): Promise<boolean> =>
  withDatabaseOf(server, (db) => db.transaction().execute((tx) => createPoolRemoval()(tx, now)))

for (const engine of engines) {
  describe(`RestoreUserPool on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags })

    it('brings a pool back with its id, clients, secrets, users, sessions and signing keys', async () => {
      const { poolId, clientId } = await server().givenPool()
      const created = await server().send(
        new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'with secret', GenerateSecret: true }),
      )
      const client = { UserPoolId: poolId, ClientId: created.UserPoolClient?.ClientId ?? '' }
      const describe = () => server().send(new DescribeUserPoolCommand({ UserPoolId: poolId }))
      await givenUser(server(), poolId, 'ana')
      const tokens = await givenTokens(server(), clientId, 'ana')
      const [before, keys] = [await describe(), await jwksOf(server(), poolId)]

      for (let round = 0; round < 2; round++) {
        await deletePool(server(), poolId)
        await assert.rejects(describe(), { name: 'ResourceNotFoundException' })
        await assert.rejects(signInByPassword(server(), clientId, 'ana'), { name: 'ResourceNotFoundException' })
        await assert.rejects(deletePool(server(), poolId), { name: 'ResourceNotFoundException' })
        const { UserPools = [] } = await server().send(new ListUserPoolsCommand({ MaxResults: 60 }))
        assert.ok(!UserPools.some(({ Id }) => Id === poolId))
        const [kept] = (await keptPools(server())).filter(({ UserPoolId }) => UserPoolId === poolId)
        assert.equal(kept?.Name, before.UserPool?.Name)
        assert.equal((kept?.KeptUntil ?? 0) - (kept?.DeletedAt ?? 0), 7 * 86_400)
        server().clock.advance(1000)
        await sweepDeletionsOf(server())

        assert.deepEqual(await restore(server(), poolId), { UserPoolId: poolId, Name: before.UserPool?.Name })
        assert.deepEqual((await describe()).UserPool, before.UserPool)
        const { UserPoolClient } = await server().send(new DescribeUserPoolClientCommand(client))
        assert.deepEqual(UserPoolClient, created.UserPoolClient)
        assert.deepEqual(await jwksOf(server(), poolId), keys)
        assert.equal((await useAccessToken(server(), tokens.accessToken)).Username, 'ana')
        assert.ok((await refresh(server(), clientId, tokens.refreshToken)).AuthenticationResult?.AccessToken)
        assert.ok((await givenTokens(server(), clientId, 'ana')).accessToken)
      }
      const filter = { UserPoolId: poolId, Operation: 'RestoreUserPool' }
      assert.equal((await callLifeguard(server(), 'ListAuditRecords', filter)).Records.length, 2)
    })

    it('refuses a pool that is there, one that never was, and one whose removal has begun', async () => {
      const { poolId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana')
      const there = { name: 'InvalidParameterException', message: /because there is a user pool with this id/ }
      await assert.rejects(restore(server(), poolId), there)
      await assert.rejects(restore(server(), 'us-east-1_NeverWas1'), unknown)
      await deletePool(server(), poolId)
      server().clock.advance(7 * dayMs)
      assert.equal((await keptPools(server())).length, 0)
      await assert.rejects(restore(server(), poolId), removing)
      while (await sweepOnce(server(), server().clock.now() - 1));
      server().clock.advance(-1)
      await sweepOnce(server(), server().clock.now() + 1)
      await assert.rejects(restore(server(), poolId), removing)
      assert.equal((await keptPools(server())).length, 0)
      await sweepDeletionsOf(server())
      await assert.rejects(restore(server(), poolId), unknown)
    })

    it('neither shows nor takes a deleted pool that is not kept, such as one that is being restored from a backup', async () => {
      const { poolId } = await server().givenPool()
      await deletePool(server(), poolId)
      await withDatabaseOf(server(), (db) => db.updateTable('deleted_pool').set({ kept_until: null }).where('id', '=', poolId).execute())
      assert.deepEqual(await keptPools(server()), [])
      await assert.rejects(restore(server(), poolId), unknown)
      const rows = await withDatabaseOf(server(), (db) => db.selectFrom('deleted_pool').select('id').where('id', '=', poolId).execute())
      assert.equal(rows.length, 1)
    })

    it('restores once when many call it, and either restores or finds that the removal has begun', async () => {
      for (let round = 0; round < 5; round++) {
        const { poolId, clientId } = await server().givenPool()
        await givenUser(server(), poolId, 'ana')
        await deletePool(server(), poolId)
        const outcomes = [1, 2, 3, 4].map(() =>
          restore(server(), poolId).then(
            () => 'restored',
            (error: Error) => error.message,
          ),
        )
        const sweep = sweepOnce(server(), server().clock.now() + 7 * dayMs)
        const results = await Promise.all(outcomes)
        await sweep
        const restored = results.filter((result) => result === 'restored').length
        const refusal = restored === 1 ? /there is a user pool with this id/ : /the removal of its data has begun/
        assert.ok(restored <= 1)
        for (const result of results) if (result !== 'restored') assert.match(result, refusal)
        if (restored === 1) assert.ok((await givenTokens(server(), clientId, 'ana')).accessToken)
      }
    })

    it('keeps to the quota of pools, and lists in pages', async () => {
      await using small = await startTestServer(engine, { flags: [...flags, '--quotas', '{"userPools": 2}'] })
      const ids: string[] = []
      for (let at = 0; at < 3; at++) {
        const { poolId } = await small.givenPool()
        await deletePool(small, poolId)
        ids.push(poolId)
      }
      const first = await callLifeguard(small, 'ListDeletedUserPools', { MaxResults: 2 })
      const rest = await callLifeguard(small, 'ListDeletedUserPools', { MaxResults: 2, NextToken: first.NextToken })
      const listed = [...first.DeletedUserPools, ...rest.DeletedUserPools].map(({ UserPoolId }) => UserPoolId)
      assert.deepEqual(listed, [...ids].sort())
      for (const id of ids.slice(0, 2)) await restore(small, id)
      await assert.rejects(restore(small, ids[2] ?? ''), { name: 'LimitExceededException' })
      assert.equal((await keptPools(small)).length, 1)
    })

    it('is off by default', async () => {
      await using plain = await startTestServer(engine)
      const { poolId } = await plain.givenPool()
      await deletePool(plain, poolId)
      assert.deepEqual(await keptPools(plain), [])
      await assert.rejects(restore(plain, poolId), unknown)
    })
  })
}
