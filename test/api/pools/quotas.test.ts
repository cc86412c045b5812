import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  DeleteUserPoolCommand,
  ListUserPoolClientsCommand,
  ListUserPoolsCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { useTestServer } from '../../support/test-server.ts'

const exceeded = { name: 'LimitExceededException' }

for (const engine of engines) {
  describe(`Quotas on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: ['--quotas', '{"userPools": 3, "appClientsPerPool": 2}'] })

    it('reject an app client above the quota of the pool', async () => {
      const { poolId } = await server().givenPool()
      const create = () => server().send(new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'another' }))
      await create()
      const message = 'There can be at most 2 app clients in a user pool.'
      await assert.rejects(create(), { ...exceeded, message })
      const { UserPoolClients } = await server().send(new ListUserPoolClientsCommand({ UserPoolId: poolId }))
      assert.equal(UserPoolClients?.length, 2)
      await server().givenPool()
    })

    it('reject a pool above the quota of the server, until a pool is deleted', async () => {
      const idsOf = async () => {
        const { UserPools = [] } = await server().send(new ListUserPoolsCommand({ MaxResults: 60 }))
        return UserPools.map(({ Id }) => Id)
      }
      const create = () => server().send(new CreateUserPoolCommand({ PoolName: 'another' }))
      while ((await idsOf()).length < 3) await create()
      await assert.rejects(create(), exceeded)
      const [first] = await idsOf()
      await server().send(new DeleteUserPoolCommand({ UserPoolId: first }))
      await create()
      assert.equal((await idsOf()).length, 3)
    })
  })
}
