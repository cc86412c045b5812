import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateUserPoolClientCommand,
  DescribeUserPoolClientCommand,
  ListUserPoolClientsCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../support/engines.ts'
import { keepBackup, restorePoolInto, startKeyedServer } from '../support/pool-backups.ts'
import { customOf, switchTo, undoChange, untilState } from '../support/schema-changes.ts'
import { givenUser } from '../support/sign-in.ts'

const newId = 'eu-west-1_copy00002'
const text = (Name: string) => ({ Name, AttributeDataType: 'String', Mutable: true }) as const

for (const engine of engines) {
  describe(`A pool whose schema is being changed, in a backup on ${engine.name}`, () => {
    it('comes back under another id with its change, which can be undone there', async () => {
      await using server = await startKeyedServer(engine)
      const { poolId } = await server.givenPool({ pool: { Schema: [text('plan'), text('gone')] } })
      await server.send(
        new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'limited', ReadAttributes: ['custom:plan', 'custom:gone'] }),
      )
      const attributes = [
        { Name: 'custom:plan', Value: 'gold' },
        { Name: 'custom:gone', Value: 'kept' },
      ]
      await givenUser(server, poolId, 'ana', { attributes })
      await switchTo(server, poolId, [
        { Attribute: 'custom:plan', NewName: 'custom:tier' },
        { Attribute: 'custom:gone', Remove: true },
      ])
      const backup = await keepBackup(server.database, { kind: 'pool', poolId })
      await restorePoolInto(server.database, backup, { poolId, newId })
      assert.deepEqual(await customOf(server, newId, 'ana'), { 'custom:tier': 'gold' })
      await undoChange(server, newId)
      await untilState(server, newId, 'UNDONE')
      assert.deepEqual(await customOf(server, newId, 'ana'), { 'custom:plan': 'gold', 'custom:gone': 'kept' })
      const { UserPoolClients = [] } = await server.send(new ListUserPoolClientsCommand({ UserPoolId: newId }))
      const ClientId = UserPoolClients.find(({ ClientName }) => ClientName === 'limited')?.ClientId ?? ''
      const restored = await server.send(new DescribeUserPoolClientCommand({ UserPoolId: newId, ClientId }))
      assert.deepEqual(restored.UserPoolClient?.ReadAttributes?.toSorted(), ['custom:gone', 'custom:plan'])
      assert.deepEqual(await customOf(server, poolId, 'ana'), { 'custom:tier': 'gold' })
    })
  })
}
