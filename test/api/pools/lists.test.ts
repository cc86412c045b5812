import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  type CreateUserPoolCommandOutput,
  ListUserPoolClientsCommand,
  ListUserPoolsCommand,
  paginateListUserPoolClients,
  paginateListUserPools,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

const lambda = 'arn:aws:lambda:us-east-1:123456789012:function:f'

async function givenPools(server: TestServer, count: number): Promise<CreateUserPoolCommandOutput['UserPool'][]> {
  const pools = []
  for (let i = 0; i < count; i++) {
    const create = new CreateUserPoolCommand({ PoolName: `pool ${i}`, LambdaConfig: { PreSignUp: lambda } })
    pools.push((await server.send(create)).UserPool)
  }
  return pools
}

for (const engine of engines) {
  describe(`ListUserPools on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('lists every pool once, page by page', async () => {
      const pools = await givenPools(server(), 5)
      const pages = []
      for await (const page of paginateListUserPools({ client: server().client, pageSize: 2 }, { MaxResults: 2 })) pages.push(page)
      const shown = pages.flatMap((page) => page.UserPools ?? [])

      assert.deepEqual(
        pages.map((page) => page.UserPools?.length),
        [2, 2, 1],
      )
      const expected = pools.map((pool) => ({
        Id: pool?.Id,
        Name: pool?.Name,
        LambdaConfig: pool?.LambdaConfig,
        CreationDate: pool?.CreationDate,
        LastModifiedDate: pool?.LastModifiedDate,
      }))
      const byId = (a: { Id?: string | undefined }, b: { Id?: string | undefined }) => ((a.Id ?? '') < (b.Id ?? '') ? -1 : 1)
      assert.deepEqual(shown.toSorted(byId), expected.toSorted(byId))
    })

    it('returns no token with the last page, even when it is full', async () => {
      const all = await server().send(new ListUserPoolsCommand({ MaxResults: 60 }))
      const count = all.UserPools?.length ?? 0
      assert.ok(count > 0)
      assert.equal((await server().send(new ListUserPoolsCommand({ MaxResults: count }))).NextToken, undefined)
    })

    it('rejects an unknown NextToken', async () => {
      await givenPools(server(), 2)
      const { NextToken: token = '' } = await server().send(new ListUserPoolsCommand({ MaxResults: 1 }))
      const altered = `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`
      const { poolId } = await server().givenPool()
      const twoClients = { UserPoolId: poolId, ClientName: 'second' }
      await server().send(new CreateUserPoolClientCommand(twoClients))
      const ofClients = await server().send(new ListUserPoolClientsCommand({ UserPoolId: poolId, MaxResults: 1 }))
      assert.ok(ofClients.NextToken)

      for (const bad of ['x', altered, ofClients.NextToken]) {
        const list = new ListUserPoolsCommand({ MaxResults: 1, NextToken: bad })
        await assert.rejects(server().send(list), { name: 'InvalidParameterException' })
      }
    })
  })

  describe(`ListUserPoolClients on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('lists every client of the pool once, page by page', async () => {
      const { poolId, clientId } = await server().givenPool()
      await server().givenPool()
      const ids = [clientId]
      for (const name of ['b', 'c']) {
        const { UserPoolClient: client } = await server().send(new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: name }))
        ids.push(client?.ClientId ?? '')
      }
      const shown = []
      const query = { UserPoolId: poolId, MaxResults: 2 }
      for await (const page of paginateListUserPoolClients({ client: server().client, pageSize: 2 }, query)) {
        shown.push(...(page.UserPoolClients ?? []))
      }

      assert.deepEqual(
        shown.map((client) => client.ClientId),
        ids.toSorted(),
      )
      assert.deepEqual(
        shown.find((client) => client.ClientId === clientId),
        { ClientId: clientId, UserPoolId: poolId, ClientName: 'test' },
      )
    })

    it('rejects a token of another pool', async () => {
      const { poolId } = await server().givenPool()
      const other = await server().givenPool()
      await server().send(new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'second' }))
      const { NextToken: token } = await server().send(new ListUserPoolClientsCommand({ UserPoolId: poolId, MaxResults: 1 }))
      assert.ok(token)
      const list = new ListUserPoolClientsCommand({ UserPoolId: other.poolId, NextToken: token })
      await assert.rejects(server().send(list), { name: 'InvalidParameterException' })
    })

    it('lists clients by type', async () => {
      const { poolId, clientId } = await server().givenPool()
      const idsOf = async (kind: 'REGULAR' | 'DCR') => {
        const { UserPoolClients: clients } = await server().send(new ListUserPoolClientsCommand({ UserPoolId: poolId, ClientType: kind }))
        return clients?.map((client) => client.ClientId)
      }
      assert.deepEqual(await idsOf('REGULAR'), [clientId])
      assert.deepEqual(await idsOf('DCR'), [])
    })

    it('rejects a pool that does not exist', async () => {
      const list = new ListUserPoolClientsCommand({ UserPoolId: 'us-east-1_nowhere' })
      await assert.rejects(server().send(list), { name: 'ResourceNotFoundException' })
    })
  })
}
