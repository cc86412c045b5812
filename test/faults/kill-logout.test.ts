import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CreateUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import { startServer } from '../../src/server.ts'
import { readSettings } from '../../src/settings.ts'
import { LifeguardProcess } from '../cli/lifeguard-process.ts'
import { engines, type TestEngine } from '../support/engines.ts'
import { callLifeguard } from '../support/lifeguard-operations.ts'
import { openLogoutApp } from '../support/logout-apps.ts'
import { givenConnectedClient, signInTo } from '../support/logout-clients.ts'
import { encode } from '../support/oauth.ts'
import { claimsOf, givenUser } from '../support/sign-in.ts'
import { locationOf, TestBrowser } from '../support/test-browser.ts'
import { createTestClock } from '../support/test-clock.ts'
import { sdkClient } from '../support/test-server.ts'

const publicUrl = 'http://localhost:9911'

async function givenInstallation(engine: TestEngine) {
  const data = mkdtempSync(join(tmpdir(), 'lifeguard-kill-logout-'))
  const database = await engine.createDatabase()
  const fixed = ['--data', data, '--database', database.url, '--public-url', publicUrl, '--log-level', 'silent']
  return {
    argv: ['--port', '0', ...fixed],
    async [Symbol.asyncDispose]() {
      await database.drop()
      rmSync(data, { recursive: true, force: true })
    },
  }
}

for (const engine of engines) {
  describe(`A server that is killed after a logout, on ${engine.name}`, () => {
    it('tells the app as soon as a server runs again', { timeout: 120_000 }, async () => {
      await using installation = await givenInstallation(engine)
      using app = await openLogoutApp()
      const clock = createTestClock()
      // The first server gets no answer: it is killed while it waits, or before it has called the app at all.
      app.faults.push('hang')
      const child = new LifeguardProcess(['dev', ...installation.argv])
      const url = await child.url()
      const sdk = sdkClient(url, 'us-east-1')
      const process = { url, clock, send: sdk.send.bind(sdk) }
      const { UserPool } = await sdk.send(new CreateUserPoolCommand({ PoolName: 'shop' }))
      const poolId = UserPool?.Id ?? ''
      await callLifeguard(process, 'SetUserPoolExtensions', { UserPoolId: poolId, OAuth: { Manner: 'STRICT' } })
      await givenUser(process, poolId, 'ana')
      const client = await givenConnectedClient(process, poolId, app)
      app.connect(process, { poolId, clientId: client.clientId, publicUrl })
      const browser = new TestBrowser(process)
      const { idToken, sid } = await signInTo(process, browser, client)
      const query = encode({ id_token_hint: idToken, post_logout_redirect_uri: `${app.origin}/bye` })
      assert.equal(locationOf(await browser.visit(`/logout?${query}`)), `${app.origin}/bye`)
      child.child.kill('SIGKILL')
      await child.ended
      sdk.destroy()

      const settings = readSettings({ argv: installation.argv, env: {}, command: 'dev' })
      // The lease of the killed process has ended by this clock.
      clock.catchUp()
      clock.advance(60_000)
      const restartedAt = Math.floor(clock.now() / 1000)
      const server = await startServer(settings, { clock })
      try {
        app.connect({ url: server.url, clock }, { poolId, clientId: client.clientId, publicUrl })
        let claims: Readonly<Record<string, unknown>> = {}
        // A token of the killed process may have arrived before.
        for (let count = 1; Number(claims['iat'] ?? 0) < restartedAt; count++) {
          await app.arrived(count)
          claims = claimsOf(app.received[count - 1]?.token ?? '')
        }
        assert.equal(claims['sid'], sid)
        assert.equal(app.received.at(-1)?.problem, '')
      } finally {
        await server.close()
      }
    })
  })
}
