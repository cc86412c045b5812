import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decideOn, givenDevice, givenDevicePool, poll } from '../../support/device-grant.ts'
import { engines } from '../../support/engines.ts'
import { agree, refuse } from '../../support/sign-in-triggers.ts'
import { TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

for (const engine of engines) {
  describe(`The triggers of the device grant on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    it('are those of a sign-in on the page, and PreTokenGeneration when the device gets its tokens', async () => {
      const answers = { PreAuthentication: agree, PostAuthentication: agree, PreTokenGeneration: agree }
      const triggers = endpoint.given(answers, { version: 'V2_0' })
      const { clientId } = await givenDevicePool(server(), { pool: { LambdaConfig: triggers.lambdaConfig } })
      const device = await givenDevice(server(), clientId)
      triggers.clear()
      await poll(server(), device)
      assert.deepEqual(triggers.fired, [])
      await decideOn(new TestBrowser(server()), device, 'allow')
      assert.deepEqual(triggers.fired, ['PreAuthentication_Authentication', 'PostAuthentication_Authentication'])
      triggers.clear()
      assert.equal((await poll(server(), device)).status, 200)
      assert.deepEqual(triggers.fired, ['TokenGeneration_HostedAuth'])
    })

    it('keep the tokens from the device when PreTokenGeneration refuses', async () => {
      const triggers = endpoint.given({ PreTokenGeneration: refuse }, { version: 'V2_0' })
      const { clientId } = await givenDevicePool(server(), { pool: { LambdaConfig: triggers.lambdaConfig } })
      const device = await givenDevice(server(), clientId)
      await decideOn(new TestBrowser(server()), device, 'allow')
      const { status, body } = await poll(server(), device)
      assert.deepEqual([status, body['error']], [400, 'invalid_request'])
      assert.match(String(body['error_description']), /not today/)
    })
  })
}
