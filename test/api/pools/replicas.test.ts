import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateUserPoolReplicaCommand,
  DeleteUserPoolReplicaCommand,
  DescribeUserPoolCommand,
  ListUserPoolReplicasCommand,
  UpdateUserPoolReplicaCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { useTestServer } from '../../support/test-server.ts'

for (const engine of engines) {
  describe(`Replicas on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('are only the pool itself, as the primary', async () => {
      const { poolId } = await server().givenPool()
      const { UserPool } = await server().send(new DescribeUserPoolCommand({ UserPoolId: poolId }))
      const { UserPoolReplicas, NextToken } = await server().send(new ListUserPoolReplicasCommand({ UserPoolId: poolId }))
      const primary = { RegionName: server().region, Status: 'ACTIVE', Role: 'PRIMARY', UserPoolArn: UserPool?.Arn }
      assert.deepEqual(UserPoolReplicas, [primary])
      assert.equal(NextToken, undefined)
    })

    it('cannot be created, changed or deleted, because the server has one region', async () => {
      const { poolId } = await server().givenPool()
      const place = { UserPoolId: poolId, RegionName: 'eu-west-1' }
      const refusal = { name: 'OperationNotEnabledException' }
      await assert.rejects(server().send(new CreateUserPoolReplicaCommand(place)), refusal)
      await assert.rejects(server().send(new UpdateUserPoolReplicaCommand({ ...place, Status: 'ACTIVE' })), refusal)
      await assert.rejects(server().send(new DeleteUserPoolReplicaCommand(place)), refusal)
    })

    it('are not found for a pool that does not exist', async () => {
      const place = { UserPoolId: 'us-east-1_nowhere', RegionName: 'eu-west-1' }
      const refusal = { name: 'ResourceNotFoundException' }
      await assert.rejects(server().send(new CreateUserPoolReplicaCommand(place)), refusal)
      await assert.rejects(server().send(new ListUserPoolReplicasCommand({ UserPoolId: place.UserPoolId })), refusal)
    })

    it('are listed on a single page, so that any token for another page is rejected', async () => {
      const { poolId } = await server().givenPool()
      const list = new ListUserPoolReplicasCommand({ UserPoolId: poolId, NextToken: 'made-up' })
      await assert.rejects(server().send(list), { name: 'InvalidParameterException' })
    })
  })
}
