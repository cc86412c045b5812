import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminCreateUserCommand,
  AdminInitiateAuthCommand,
  AdminSetUserPasswordCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  DeleteUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { openStorage } from '../../../src/storage/open-storage.ts'
import { startPeer } from '../../faults/http-peer.ts'
import { engines } from '../../support/engines.ts'
import { recordingLogger } from '../../support/functions.ts'
import { failSignIn, givenWatchedPool, sendEventsTo } from '../../support/log-delivery.ts'
import { type ProductionServer, startProductionServer } from '../../support/production-server.ts'
import { goodPassword } from '../../support/sign-in.ts'
import { signedCall } from '../../support/signed-call.ts'
import { startTestServer } from '../../support/test-server.ts'
import { until } from '../../support/until.ts'

/** A sign-in in a pool of `serve` that sends its events to `url`. */
async function signInOn(server: ProductionServer, url: string): Promise<void> {
  const owner = await server.createKey()
  const client = server.client(owner)
  const add = { AdvancedSecurityMode: 'AUDIT' } as const
  const { UserPool } = await client.send(new CreateUserPoolCommand({ PoolName: 'watched', UserPoolAddOns: add }))
  const UserPoolId = UserPool?.Id ?? ''
  const flows = ['ALLOW_ADMIN_USER_PASSWORD_AUTH' as const, 'ALLOW_REFRESH_TOKEN_AUTH' as const]
  const created = await client.send(new CreateUserPoolClientCommand({ UserPoolId, ClientName: 'app', ExplicitAuthFlows: flows }))
  await signedCall(server, owner, 'SetUserPoolExtensions', { UserPoolId, ThreatProtection: { EventsUrl: url } })
  await client.send(new AdminCreateUserCommand({ UserPoolId, Username: 'ana', MessageAction: 'SUPPRESS' }))
  await client.send(new AdminSetUserPasswordCommand({ UserPoolId, Username: 'ana', Password: goodPassword, Permanent: true }))
  const AuthParameters = { USERNAME: 'ana', PASSWORD: goodPassword }
  const ClientId = created.UserPoolClient?.ClientId
  await client.send(new AdminInitiateAuthCommand({ UserPoolId, ClientId, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH', AuthParameters }))
}

for (const engine of engines) {
  describe(`The EventsUrl of a pool of serve on ${engine.name}`, () => {
    it('cannot be on this machine', async () => {
      await using peer = await startPeer({ status: 204 })
      const { lines, logger } = recordingLogger('info')
      await using server = await startProductionServer(engine, { logger })
      await signInOn(server, peer.url)
      const line = await until(
        'a failure',
        async () => lines.find((one) => one.includes('Log records could not be delivered')),
        (found) => found !== undefined,
      )
      assert.equal(JSON.parse(line ?? '').reason, 'an address that is not on the public Internet')
      assert.equal(peer.requests.length, 0)
    })

    it('can be on this machine if --private-events-origins names it', async () => {
      await using peer = await startPeer({ status: 204 })
      await using server = await startProductionServer(engine, { flags: ['--private-events-origins', peer.url] })
      await signInOn(server, `${peer.url}/events`)
      await until('a request', async () => peer.requests.length)
      assert.equal(peer.requests[0]?.path, '/events')
      assert.equal(peer.requests[0]?.headers['webhook-signature'], undefined)
    })

    it('is not followed to another address', async () => {
      await using secret = await startPeer({ status: 204 })
      await using peer = await startPeer({ status: 307, headers: { location: secret.url } })
      const { lines, logger } = recordingLogger('info')
      await using server = await startProductionServer(engine, { logger, flags: ['--private-events-origins', peer.url] })
      await signInOn(server, peer.url)
      const line = await until(
        'a failure',
        async () => lines.find((one) => one.includes('Log records could not be delivered')),
        (found) => found !== undefined,
      )
      assert.equal(JSON.parse(line ?? '').reason, 'the endpoint answered with status 307')
      assert.equal(secret.requests.length, 0)
    })
  })

  describe(`Events that wait on ${engine.name}`, () => {
    it('are gone with their pool', async () => {
      await using peer = await startPeer({ status: 503 })
      await using server = await startTestServer(engine, { flags: ['--log-level', 'silent'] })
      const { poolId, clientId } = await givenWatchedPool(server)
      await sendEventsTo(server, poolId, peer.url)
      await failSignIn(server, clientId)
      await until('a failed attempt', async () => peer.requests.length)
      await server.send(new DeleteUserPoolCommand({ UserPoolId: poolId }))
      const storage = await openStorage({ url: server.databaseUrl })
      try {
        await until(
          'no record is left',
          () => storage.db.selectFrom('log_record').select('id').execute(),
          (rows) => rows.length === 0,
        )
      } finally {
        await storage.close()
      }
      assert.equal(peer.requests.length, 1)
    })
  })
}
