import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfirmForgotPasswordCommand } from '@aws-sdk/client-cognito-identity-provider'
import { queueMessage } from '../../src/messaging/outbox.ts'
import { newMasterKey, readRows, recorded, restoreInto, withCopy, withoutSealed } from '../support/backups.ts'
import { answerByPasskey, givenChoicePool, startBy } from '../support/choice.ts'
import { engines, type TestEngine } from '../support/engines.ts'
import { columnsSealedUnder, withDatabase } from '../support/master-keys.ts'
import { emptyDatabase } from '../support/older-schema.ts'
import { registerPasskey, setWebAuthn } from '../support/passkeys.ts'
import {
  answerTotp,
  beginFlows,
  decoySalt,
  givenSealedData,
  proveDevice,
  requireEverythingWorks,
  signInByImportedHash,
} from '../support/sealed-data.ts'
import { codeSentTo, confirm, signUp } from '../support/self-service.ts'
import { givenTokens, givenUser } from '../support/sign-in.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'
import { tokenVerifier } from '../support/token-verifier.ts'
import { jwksOf, refresh, useAccessToken } from '../support/tokens.ts'
import { openTriggerEndpoint, type TriggerEndpoint } from '../support/trigger-endpoint.ts'

const hourMs = 3_600_000
const asKey = (key: string) => Buffer.from(key, 'base64')
const newPassword = 'Another-horse-8'

/** A server with a value in every sealed column, and flows that are to be finished after the restore. */
async function givenServer(engine: TestEngine, endpoint: TriggerEndpoint) {
  const masterKey = newMasterKey()
  const server = await startTestServer(engine, { env: { LIFEGUARD_MASTER_KEY: masterKey }, flags: endpoint.flags })
  const data = await givenSealedData(server, endpoint)
  await queueLateMessage(server, masterKey, data.poolId)
  const { poolId, clientId } = await server.givenPool({ pool: { AutoVerifiedAttributes: ['email'] } })
  await signUp(server, clientId, 'gil', { email: 'gil@example.test' })
  const signUpCode = { clientId, code: await codeSentTo(server, poolId, 'gil@example.test') }
  const flows = { ...(await beginFlows(server, data)), passkey: await givenPasskeyQuestion(server) }
  return Object.assign(server, { masterKey, data, signUpCode, flows })
}

/** A user with a passkey, and the challenge to it. */
async function givenPasskeyQuestion(server: TestServer) {
  const { poolId, clientId } = await givenChoicePool(server, ['PASSWORD', 'WEB_AUTHN'])
  await setWebAuthn(server, poolId, { RelyingPartyId: 'example.test' })
  await givenUser(server, poolId, 'hal')
  const { accessToken } = await givenTokens(server, clientId, 'hal')
  const passkey = await registerPasskey(server, accessToken)
  return { clientId, passkey, asked: await startBy(server, clientId, 'hal', 'WEB_AUTHN') }
}

type Given = Awaited<ReturnType<typeof givenServer>>

/** Queues a message that is not to be sent before an hour has passed. */
async function queueLateMessage(server: TestServer, masterKey: string, poolId: string): Promise<void> {
  const queued = { poolId, sub: 'a-sub', channel: 'email' as const, recipient: 'late@example.test', username: 'ana' }
  await withDatabase(server.databaseUrl, { masterKey }, ({ storage, secrets }) =>
    storage.db.transaction().execute(async (tx) => {
      const message = { ...queued, trigger: 'sign-up', subject: 'Late', text: 'late', expiresAt: server.clock.now() + 9 * hourMs }
      const id = await queueMessage(tx, secrets, { message: message as never, now: server.clock.now() })
      await tx
        .updateTable('outbox')
        .set({ next_attempt_at: server.clock.now() + hourMs })
        .where('id', '=', id)
        .execute()
    }),
  )
}

/** Ends everything that was under way before the restore. */
async function endFlows(server: Given): Promise<void> {
  const { data, flows, signUpCode } = server
  const { clientId, app } = data
  await answerTotp(server, clientId, app, flows.totp.session)
  await proveDevice(server, data, flows.deviceQuestion)
  await confirm(server, signUpCode.clientId, 'gil', signUpCode.code)
  const { passkey } = flows
  for (const asked of [passkey.asked, await startBy(server, passkey.clientId, 'hal', 'WEB_AUTHN')]) {
    const { AuthenticationResult } = await answerByPasskey(server, passkey.clientId, 'hal', asked, passkey.passkey)
    assert.ok(AuthenticationResult?.AccessToken)
  }
  const confirmation = { ClientId: clientId, Username: 'ana', ConfirmationCode: flows.code, Password: newPassword }
  await server.send(new ConfirmForgotPasswordCommand(confirmation))
  assert.equal(await decoySalt(server, data), flows.salt)
}

async function requireOldTokensWork(server: Given): Promise<void> {
  const { data, flows } = server
  assert.deepEqual(await jwksOf(server, data.poolId), flows.jwks)
  await useAccessToken(server, flows.tokens.accessToken)
  await tokenVerifier(server, { ...data, tokenUse: 'access' }).verify(flows.tokens.accessToken)
  const refreshed = await refresh(server, flows.refreshable.clientId, flows.refreshable.token)
  assert.ok(refreshed.AuthenticationResult?.AccessToken)
}

for (const from of engines) {
  for (const to of engines) {
    describe(`A backup of ${from.name} restored into ${to.name}`, async () => {
      const endpoint = await openTriggerEndpoint()

      it('has the same rows, and everything goes on under another master key', { timeout: 120_000 }, async () => {
        await using target = await emptyDatabase(to)
        await using server = await givenServer(from, endpoint)
        const masterKey = newMasterKey()
        const rows = await withCopy({ url: server.databaseUrl, masterKey: server.masterKey }, async (content) => {
          const copy = recorded(content)
          await restoreInto({ url: target.url, masterKey }, copy.content)
          return copy.rows
        })
        const restored = await withCopy({ url: target.url, masterKey }, readRows)
        const isNew = (row: Readonly<Record<string, unknown>>) => row['action'] === 'RestoreBackup'
        const expected = { ...restored, audit_record: restored['audit_record']?.filter((row) => !isNew(row)) ?? [] }
        assert.deepEqual(withoutSealed(expected), withoutSealed(rows))
        assert.equal(restored['audit_record']?.filter(isNew).length, 1)
        await withDatabase(target.url, { masterKey }, async ({ storage: { db } }) => {
          assert.deepEqual(await columnsSealedUnder(db, server.masterKey), new Set())
        })

        await server.restart({ database: target.url, masterKey: asKey(masterKey) })
        await requireOldTokensWork(server)
        await requireEverythingWorks(server, server.data)
        await endFlows(server)
        await signInByImportedHash(server, server.data)
        assert.deepEqual(await server.inbox('late@example.test'), [])
        server.clock.advance(hourMs)
        assert.equal((await server.inbox('late@example.test')).length, 1)
      })
    })
  }
}
