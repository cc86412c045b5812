import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SignUpCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../../support/engines.ts'
import { type Change, customOf, finishChange, holdChanges, switchTo } from '../../../support/schema-changes.ts'
import { goodPassword } from '../../../support/sign-in.ts'
import { givenPoolWith } from '../../../support/sign-in-triggers.ts'
import { useTestServer } from '../../../support/test-server.ts'
import { openTriggerEndpoint, type TriggerEvent } from '../../../support/trigger-endpoint.ts'

const toNumber = { Attribute: 'custom:plan', NewName: 'custom:rank', AttributeDataType: 'Number' }
const conflict = { name: 'InvalidParameterException', message: /custom:plan: The value conflicts with the schema change/ }
const Schema = [{ Name: 'plan', AttributeDataType: 'String', Mutable: true } as const]

for (const engine of engines) {
  describe(`A sign-up that was checked before a schema change is switched, on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    /** A pool whose trigger function switches its schema, and then calls `more`, in the middle of a sign-up. */
    async function givenSwitching(change: Change, more: (poolId: string) => Promise<unknown> = async () => undefined) {
      const switchSchema = async (event: TriggerEvent) => {
        await switchTo(server(), event.userPoolId, [change])
        await more(event.userPoolId)
        return event
      }
      const triggers = endpoint.given({ PreSignUp: switchSchema })
      return givenPoolWith(server(), triggers, { pool: { Schema } })
    }
    const signUp = (ClientId: string, value?: string) => {
      const UserAttributes = value === undefined ? [] : [{ Name: 'custom:plan', Value: value }]
      return server().send(new SignUpCommand({ ClientId, Username: 'ben', Password: goodPassword, UserAttributes }))
    }

    it('stores a new user whose values conform, under the new name', async () => {
      const { poolId, clientId } = await givenSwitching(toNumber)
      await signUp(clientId, '7')
      assert.deepEqual(await customOf(server(), poolId, 'ben'), { 'custom:rank': '7' })
    })

    it('stores no new user whose value conflicts', async () => {
      const { clientId } = await givenSwitching(toNumber)
      await assert.rejects(signUp(clientId, 'x'), conflict)
    })

    it('stores no new user whose value conflicts while the change is being finished', async () => {
      await using held = new AsyncDisposableStack()
      const { clientId } = await givenSwitching(toNumber, async (poolId) => {
        held.use(await holdChanges(server()))
        assert.equal((await finishChange(server(), poolId)).SchemaChange.State, 'FINISHING')
      })
      await assert.rejects(signUp(clientId, 'x'), conflict)
    })

    it('stores no new user without a value that is required now', async () => {
      const { clientId } = await givenSwitching({ Attribute: 'custom:plan', Required: true })
      await assert.rejects(signUp(clientId), conflict)
    })
  })
}
