import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DeleteUserPoolClientCommand } from '@aws-sdk/client-cognito-identity-provider'
import { givenRegistered, givenRegistrationPool, publicApp, read, remove, update } from '../../support/client-registration.ts'
import { engines } from '../../support/engines.ts'
import { callback, type Reply } from '../../support/oauth.ts'
import { useTestServer } from '../../support/test-server.ts'

const errorOf = ({ status, body }: Reply) => [status, body['error']]

for (const engine of engines) {
  describe(`The registration of another client on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('can be neither read, changed nor deleted', async () => {
      const { poolId } = await givenRegistrationPool(server())
      const victim = await givenRegistered(server(), poolId)
      const attacker = await givenRegistered(server(), poolId)
      const abroad = await givenRegistered(server(), (await givenRegistrationPool(server())).poolId)
      const theft = { ...publicApp, client_id: victim.clientId, redirect_uris: ['https://app.test/attacker'] }
      for (const token of [attacker.token, abroad.token, '', 'x'.repeat(43)]) {
        const answers = [
          await read(server(), victim.body, token),
          await update(server(), victim.body, theft, token),
          await remove(server(), victim.body, token),
        ]
        for (const answer of answers) assert.deepEqual([answer.status, answer.body], [401, { error: 'invalid_token' }])
      }
      // The client of the address counts, not the one in the body.
      assert.deepEqual(errorOf(await update(server(), attacker.body, theft)), [400, 'invalid_client_metadata'])
      assert.deepEqual((await read(server(), victim.body)).body, victim.body)
    })

    it('cannot give itself another id, secret or token', async () => {
      const { poolId } = await givenRegistrationPool(server())
      const { clientId, token, body } = await givenRegistered(server(), poolId, { redirect_uris: [callback] })
      const chosen = { ...body, client_secret: 'chosen by the client' }
      assert.deepEqual(errorOf(await update(server(), body, chosen)), [400, 'invalid_client_metadata'])
      const changed = await update(server(), body, { ...body, registration_access_token: 'x', client_id_issued_at: 1, client_name: 'n' })
      assert.deepEqual(changed.body, { ...body, client_name: 'n' })
      const sent = await givenRegistered(server(), poolId, { ...publicApp, client_id: clientId, registration_access_token: token })
      assert.notEqual(sent.clientId, clientId)
      assert.notEqual(sent.token, token)
    })
  })

  describe(`Changes of one registration at the same time on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('leave no client behind when one of them deletes it', async () => {
      const { poolId } = await givenRegistrationPool(server())
      const { clientId, body } = await givenRegistered(server(), poolId)
      const change = { ...publicApp, client_id: clientId }
      const [changed, removed, again] = await Promise.all([
        update(server(), body, change),
        remove(server(), body),
        update(server(), body, change),
      ])
      assert.equal(removed.status, 204)
      for (const { status } of [changed, again]) assert.ok(status === 200 || status === 401, String(status))
      assert.equal((await read(server(), body)).status, 401)
      const gone = server().send(new DeleteUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId }))
      await assert.rejects(gone, { name: 'ResourceNotFoundException' })
    })
  })
}
