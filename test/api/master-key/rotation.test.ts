import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfirmForgotPasswordCommand } from '@aws-sdk/client-cognito-identity-provider'
import { createAccessKey } from '../../../src/access/create-access-key.ts'
import { systemClock } from '../../../src/base/clock.ts'
import { queueMessage } from '../../../src/messaging/outbox.ts'
import { getSamlKey } from '../../../src/pools/signing-certificate/signing-certificate.ts'
import { sealedTables } from '../../../src/sealed-tables.ts'
import { engines } from '../../support/engines.ts'
import { startJob, waitForJobEnd } from '../../support/imports.ts'
import { columnsSealedUnder, newKeys, rotate, withDatabase } from '../../support/master-keys.ts'
import {
  answerTotp,
  beginFlows,
  decoySalt,
  givenSealedData,
  proveDevice,
  requireEverythingWorks,
  type SealedData,
  signInByImportedHash,
  signInRestored,
} from '../../support/sealed-data.ts'
import { startTestServer } from '../../support/test-server.ts'
import { jwksOf, refresh, useAccessToken } from '../../support/tokens.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

const hourMs = 3_600_000
const newPassword = 'Another-horse-8'
const sealedColumns = sealedTables.flatMap(({ table, columns }) => columns.map((column) => `${table}.${column}`)).sort()
const asKey = (key: string) => Buffer.from(key, 'base64')

for (const engine of engines) {
  describe(`A change of the master key on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()

    async function givenServer() {
      const keys = newKeys()
      const server = await startTestServer(engine, { env: { LIFEGUARD_MASTER_KEY: keys.before }, flags: endpoint.flags })
      const data = await givenSealedData(server, endpoint)
      const queued = { poolId: data.poolId, sub: 'a-sub', channel: 'email' as const, recipient: 'late@example.test', username: 'ana' }
      await withDatabase(server.databaseUrl, { masterKey: keys.before }, async ({ storage, secrets }) => {
        await createAccessKey(storage.db, secrets, systemClock, { policy: undefined, description: '', sessionSeconds: undefined })
        await storage.db.transaction().execute(async (tx) => {
          const message = { ...queued, trigger: 'sign-up', subject: 'Late', text: 'late', expiresAt: server.clock.now() + 9 * hourMs }
          const id = await queueMessage(tx, secrets, { message: message as never, now: server.clock.now() })
          await tx
            .updateTable('outbox')
            .set({ next_attempt_at: server.clock.now() + hourMs })
            .where('id', '=', id)
            .execute()
        })
      })
      return Object.assign(server, { keys, data })
    }

    const sealedUnder = (databaseUrl: string, masterKey: string, key: string) =>
      withDatabase(databaseUrl, { masterKey }, async ({ storage }) => [...(await columnsSealedUnder(storage.db, key))].sort())

    async function endFlows(
      server: Awaited<ReturnType<typeof givenServer>>,
      data: SealedData,
      flows: Awaited<ReturnType<typeof beginFlows>>,
    ) {
      const { clientId, poolId, app } = data
      await answerTotp(server, clientId, app, flows.totp.session)
      await proveDevice(server, data, flows.deviceQuestion)
      const confirmation = { ClientId: clientId, Username: 'ana', ConfirmationCode: flows.code, Password: newPassword }
      await server.send(new ConfirmForgotPasswordCommand(confirmation))
      assert.deepEqual(await jwksOf(server, poolId), flows.jwks)
      await useAccessToken(server, flows.tokens.accessToken)
      assert.equal(await decoySalt(server, data), flows.salt)
    }

    it('seals every column anew, and everything works with both keys and then with the new key only', async () => {
      await using server = await givenServer()
      const { keys, data, databaseUrl } = server
      const both = { masterKey: asKey(keys.after), previousMasterKey: asKey(keys.before) }
      await server.restart(both)
      await requireEverythingWorks(server, data)
      const flows = await beginFlows(server, data)
      assert.deepEqual(await sealedUnder(databaseUrl, keys.before, keys.before), sealedColumns)
      assert.deepEqual(await sealedUnder(databaseUrl, keys.before, keys.after), [])

      const { resealedRows, unreadable } = await rotate(databaseUrl, keys)
      assert.ok(resealedRows > 0)
      assert.deepEqual(unreadable, [])
      assert.deepEqual(await sealedUnder(databaseUrl, keys.after, keys.before), [])
      assert.deepEqual(await sealedUnder(databaseUrl, keys.after, keys.after), [...sealedColumns, 'installation.value'].sort())
      assert.equal((await rotate(databaseUrl, keys)).resealedRows, 0)

      await endFlows(server, data, flows)
      await server.restart()
      await requireEverythingWorks(server, data, newPassword)
      const refreshed = await refresh(server, flows.refreshable.clientId, flows.refreshable.token)
      assert.ok(refreshed.AuthenticationResult?.AccessToken)

      // Seals anew what the server stored before it noticed the change.
      await rotate(databaseUrl, keys)
      await server.restart({ masterKey: asKey(keys.after), previousMasterKey: undefined })
      await requireEverythingWorks(server, data, newPassword)
      await signInByImportedHash(server, data)
      await signInRestored(server, data)
      await startJob(server, data.waitingImport)
      assert.equal((await waitForJobEnd(server, data.waitingImport)).ImportedUsers, 1)
      assert.equal(await decoySalt(server, data), flows.salt)
      await withDatabase(databaseUrl, { masterKey: keys.after }, async ({ storage: { db }, secrets }) =>
        assert.ok(await getSamlKey({ db, secrets, clock: server.clock }, data.poolId, 'signing')),
      )
      await assert.rejects(refresh(server, flows.refreshable.clientId, flows.refreshable.token), { name: 'NotAuthorizedException' })
      server.clock.advance(hourMs)
      assert.equal((await server.inbox('late@example.test')).length, 1)
      assert.deepEqual(await sealedUnder(databaseUrl, keys.after, keys.before), [])
    })
  })
}
