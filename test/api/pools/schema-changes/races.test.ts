import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminUpdateUserAttributesCommand, UpdateUserPoolClientCommand } from '@aws-sdk/client-cognito-identity-provider'
import { callLifeguard } from '../../../support/lifeguard-operations.ts'
import { PostgresStage, postgresOnly, skipWithoutPostgres } from '../../../support/postgres-stage.ts'
import { customOf, finishChange, switchTo, undoChange, untilState } from '../../../support/schema-changes.ts'
import { givenUser } from '../../../support/sign-in.ts'
import { useTestServer } from '../../../support/test-server.ts'

const attribute = (Name: string) => ({ Name, AttributeDataType: 'String', Mutable: true }) as const

describe('A request that waits while the schema of its pool changes', { skip: skipWithoutPostgres }, () => {
  const server = useTestServer(postgresOnly)
  const givenPool = () => server().givenPool({ pool: { Schema: [attribute('plan'), attribute('team')] } })

  it('keeps the value of a removed attribute and stores no default, if an undo comes first', async () => {
    const { poolId: UserPoolId } = await givenPool()
    const { sub } = await givenUser(server(), UserPoolId, 'ana', { attributes: [{ Name: 'custom:plan', Value: 'gold' }] })
    const required = { Attribute: 'custom:team', NewName: 'custom:crew', Required: true, DefaultValue: 'none' }
    await switchTo(server(), UserPoolId, [{ Attribute: 'custom:plan', Remove: true }, required])
    await using stage = await PostgresStage.open(server())
    await stage.holdUser(sub, 'change')
    const UserAttributes = [{ Name: 'nickname', Value: 'Ann' }]
    const update = server().send(new AdminUpdateUserAttributesCommand({ UserPoolId, Username: 'ana', UserAttributes }))
    await stage.waiting(1)
    await undoChange(server(), UserPoolId)
    await stage.release()
    await update
    assert.deepEqual(await customOf(server(), UserPoolId, 'ana'), { 'custom:plan': 'gold' })
    await untilState(server(), UserPoolId, 'UNDONE')
    assert.deepEqual(await customOf(server(), UserPoolId, 'ana'), { 'custom:plan': 'gold' })
  })

  it('gives an app client no name that an undo has taken away', async () => {
    const { poolId: UserPoolId, clientId: ClientId } = await givenPool()
    await switchTo(server(), UserPoolId, [{ Attribute: 'custom:plan', NewName: 'custom:tier' }])
    await using stage = await PostgresStage.open(server())
    await stage.holdClient(ClientId)
    const undo = undoChange(server(), UserPoolId)
    await stage.waiting(1)
    const names = ['custom:tier']
    const requests = Promise.allSettled([
      server().send(new UpdateUserPoolClientCommand({ UserPoolId, ClientId, WriteAttributes: names })),
      callLifeguard(server(), 'SetUserPoolClientExtensions', { UserPoolId, ClientId, SelfService: { LockedAttributes: names } }),
    ])
    await stage.waiting(3)
    await stage.release()
    await undo
    const errors = (await requests).map((result) => (result.status === 'rejected' ? result.reason.name : 'stored'))
    assert.deepEqual(errors, ['InvalidParameterException', 'InvalidParameterException'])
    await untilState(server(), UserPoolId, 'UNDONE')
  })

  it('is not left out when its user is converted at the same time: what the user has by then is converted', async () => {
    const { poolId } = await givenPool()
    const { sub } = await givenUser(server(), poolId, 'ana', { attributes: [{ Name: 'custom:plan', Value: 'gold' }] })
    await switchTo(server(), poolId, [{ Attribute: 'custom:plan', NewName: 'custom:tier' }])
    await using stage = await PostgresStage.open(server())
    await stage.holdUpdates('user')
    await finishChange(server(), poolId)
    await stage.waiting(1)
    await stage.storeAttributes(sub, { 'custom:plan': 'silver' })
    await stage.release()
    await untilState(server(), poolId, 'FINISHED')
    assert.deepEqual(await customOf(server(), poolId, 'ana'), { 'custom:tier': 'silver' })
  })
})
