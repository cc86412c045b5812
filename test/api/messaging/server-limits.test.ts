import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { startProductionServer } from '../../support/production-server.ts'
import { signedCall } from '../../support/signed-call.ts'
import { startTestServer } from '../../support/test-server.ts'

const hourMs = 3_600_000

async function givenPool(client: CognitoIdentityProviderClient) {
  const { UserPool } = await client.send(new CreateUserPoolCommand({ PoolName: 'capped', AutoVerifiedAttributes: ['email'] }))
  const poolId = UserPool?.Id ?? ''
  const { UserPoolClient } = await client.send(new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'app' }))
  return { poolId, clientId: UserPoolClient?.ClientId ?? '' }
}

let names = 0
async function signUps(client: CognitoIdentityProviderClient, clientId: string, count: number, email = 'ana@example.test') {
  for (let each = 0; each < count; each++) {
    const UserAttributes = [{ Name: 'email', Value: email }]
    await client.send(new SignUpCommand({ ClientId: clientId, Username: `user-${names++}`, Password: 'Correct-horse-7', UserAttributes }))
  }
}

for (const engine of engines) {
  describe(`The limit of messages to one recipient in an hour, on ${engine.name}`, () => {
    async function given(flags: readonly string[] = []) {
      const server = await startProductionServer(engine, { flags })
      const key = await server.createKey()
      const client = server.client(key)
      const own = (operation: string, request: object) => signedCall(server, key, operation, request)
      const held = async (poolId: string) => {
        const { Messages } = (await own('ListMessages', { UserPoolId: poolId, MaxResults: 60 })) as {
          Messages: { State: string; Reason?: string }[]
        }
        return Messages.filter(({ State, Reason }) => State === 'FAILED' && Reason?.includes('an hour to one recipient')).length
      }
      return { server, client, own, held, [Symbol.asyncDispose]: server.close }
    }

    it('is 20 in each pool in production, and is counted anew after an hour', async () => {
      await using at = await given()
      const { poolId, clientId } = await givenPool(at.client)
      await signUps(at.client, clientId, 20)
      await signUps(at.client, clientId, 1, 'bo@example.test')
      assert.equal(await at.held(poolId), 0)
      await signUps(at.client, clientId, 2)
      assert.equal(await at.held(poolId), 2)
      const elsewhere = await givenPool(at.client)
      await signUps(at.client, elsewhere.clientId, 1)
      assert.equal(await at.held(elsewhere.poolId), 0)
      at.server.clock.advance(hourMs)
      await signUps(at.client, clientId, 1)
      assert.equal(await at.held(poolId), 2)
    })

    it('is the server’s setting unless the pool sets a limit of its own; the server’s setting is not shown as the pool’s', async () => {
      await using at = await given(['--max-per-recipient-per-hour', '2'])
      const strict = await givenPool(at.client)
      await signUps(at.client, strict.clientId, 3)
      assert.equal(await at.held(strict.poolId), 1)
      const { Messages } = (await at.own('GetUserPoolExtensions', { UserPoolId: strict.poolId })) as { Messages: object }
      assert.ok(!('MaxPerRecipientPerHour' in Messages))

      const lenient = await givenPool(at.client)
      await at.own('SetUserPoolExtensions', { UserPoolId: lenient.poolId, Messages: { MaxPerRecipientPerHour: 4 } })
      await signUps(at.client, lenient.clientId, 5)
      assert.equal(await at.held(lenient.poolId), 1)
    })

    it('does not exist when the server’s setting is 0, nor in dev', async () => {
      await using at = await given(['--max-per-recipient-per-hour', '0'])
      const { poolId, clientId } = await givenPool(at.client)
      await signUps(at.client, clientId, 22)
      assert.equal(await at.held(poolId), 0)

      await using dev = await startTestServer(engine)
      const pool = await givenPool(dev.client)
      await signUps(dev.client, pool.clientId, 22)
      await dev.inbox()
      const listed = await callLifeguard(dev, 'ListMessages', { UserPoolId: pool.poolId, MaxResults: 60 })
      assert.deepEqual(new Set(listed.Messages.map(({ State }: { State: string }) => State)), new Set(['SENT']))
    })
  })
}
