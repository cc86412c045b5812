import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { appOf, askedOf, givenAppUser, givenMfaPool, respond } from '../../support/mfa.ts'
import { sentTo } from '../../support/self-service.ts'
import { useTestServer } from '../../support/test-server.ts'

for (const engine of engines) {
  describe(`SOFTWARE_TOKEN_MFA on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('asks', async () => {
      const ids = await givenMfaPool(server(), 'OPTIONAL', ['totp'])
      const app = await givenAppUser(server(), ids, 'ana', 'phone')
      const asked = await askedOf(server(), ids.clientId, 'ana')
      assert.equal(asked.name, 'SOFTWARE_TOKEN_MFA')
      const done = await respond(server(), ids.clientId, 'SOFTWARE_TOKEN_MFA', asked.session, { USERNAME: 'ana', SOFTWARE_TOKEN_MFA_CODE: app.code() })
      assert.ok(done.AuthenticationResult?.AccessToken)
    })
  })
}
