import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminGetUserCommand, DeleteUserPoolCommand, DescribeUserImportJobCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines, type TestEngine } from '../support/engines.ts'
import { csv, emailPool, givenUploadedJob, startJob, waitForJobEnd, waitForJobStatus } from '../support/imports.ts'
import { columnsSealedUnder, newKeys, rotate, withDatabase } from '../support/master-keys.ts'
import { schemaColumnsOf } from '../support/older-schema.ts'
import { type KeptBackup, keepBackup, restorePoolInto, startKeyedServer } from '../support/pool-backups.ts'
import { rowsOfPool } from '../support/pool-rows.ts'
import { givenSealedData, requireEverythingWorks } from '../support/sealed-data.ts'
import { givenTokens, givenUser, signInBySrp } from '../support/sign-in.ts'
import { startTestServer } from '../support/test-server.ts'
import { openTriggerEndpoint } from '../support/trigger-endpoint.ts'

const asKey = (key: string) => Buffer.from(key, 'base64')
const importedUsers = 4000
const header = 'cognito:username,email,email_verified,cognito:mfa_enabled'
const file = csv(header, ...Array.from({ length: importedUsers }, (_, at) => `user-${at},user-${at}@example.test,true,false`))

/** A server with a pool, and an import job of the pool that has stored its first users. */
async function givenRunningImport(engine: TestEngine) {
  const server = await startKeyedServer(engine)
  const ids = await server.givenPool(emailPool)
  await givenUser(server, ids.poolId, 'eve')
  const before = await keepBackup(server.database, { kind: 'pool', poolId: ids.poolId })
  const job = await givenUploadedJob(server, ids.poolId, file)
  await startJob(server, job)
  await waitForJobStatus(server, job, ['InProgress'])
  return Object.assign(server, { ...ids, before, job })
}

const rowsIn = ({ database }: { database: { url: string; masterKey: string } }, poolId: string) =>
  withDatabase(database.url, database, ({ storage }) => rowsOfPool(storage.db, poolId))

/** The backup as a release made it that knows the migrations up to this one. */
async function asOlderRelease(engine: TestEngine, backup: KeptBackup, migration: string): Promise<KeptBackup> {
  const columns = await schemaColumnsOf(engine, migration)
  const rows = Object.entries(backup.rows).flatMap(([table, some]) => {
    const known = columns.get(table)
    if (known === undefined) return []
    return [[table, some.map((row) => Object.fromEntries(Object.entries(row).filter(([column]) => known.has(column))))] as const]
  })
  return { ...backup, head: { ...backup.head, migration }, rows: Object.fromEntries(rows) }
}

for (const engine of engines) {
  describe(`A user pool restored on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()

    it('while an import job of the pool runs goes on with the job of the backup, and loses no user', { timeout: 120_000 }, async () => {
      await using server = await givenRunningImport(engine)
      const { poolId, database, job } = server
      const during = await keepBackup(database, { kind: 'pool', poolId })
      assert.equal(during.rows['import_job']?.[0]?.['status'], 'InProgress')
      const report = await restorePoolInto(database, during, { poolId, overwrite: true })
      assert.equal(report.runningImport, 'resumed')
      const { Status, ImportedUsers, FailedUsers, SkippedUsers } = await waitForJobEnd(server, job)
      assert.deepEqual([Status, ImportedUsers, FailedUsers, SkippedUsers], ['Succeeded', importedUsers, 0, 0])
      for (const at of [0, importedUsers - 1]) await server.send(new AdminGetUserCommand({ UserPoolId: poolId, Username: `user-${at}` }))
      assert.equal((await rowsIn(server, poolId))['user'], importedUsers + 1)
      await signInBySrp(server, server, 'eve')
    })

    it('from before an import job that runs has nothing of the job, and another job can start', { timeout: 120_000 }, async () => {
      await using server = await givenRunningImport(engine)
      const { poolId, database, before, job } = server
      const report = await restorePoolInto(database, before, { poolId, overwrite: true })
      assert.equal(report.runningImport, undefined)
      await assert.rejects(server.send(new DescribeUserImportJobCommand(job)), { name: 'ResourceNotFoundException' })
      const { user, import_job: jobs, import_chunk: chunks, active_import: active } = await rowsIn(server, poolId)
      assert.deepEqual([user, jobs, chunks, active], [1, undefined, undefined, undefined])
      const next = await givenUploadedJob(server, poolId, csv(header, 'late,late@example.test,true,false'))
      await startJob(server, next)
      assert.equal((await waitForJobEnd(server, next)).ImportedUsers, 1)
    })

    for (const migration of ['0016-deleted-users', '0036-risk-counters']) {
      it(`from a backup of a release whose last migration was ${migration} gets the later ones`, { timeout: 60_000 }, async () => {
        await using server = await startKeyedServer(engine)
        const { poolId, clientId } = await server.givenPool()
        await givenUser(server, poolId, 'eve')
        const { accessToken } = await givenTokens(server, clientId, 'eve')
        assert.ok(accessToken)
        const backup = await asOlderRelease(engine, await keepBackup(server.database, { kind: 'everything' }), migration)
        assert.equal(backup.rows['former_user'], undefined)
        await givenUser(server, poolId, 'late')
        await restorePoolInto(server.database, backup, { poolId, overwrite: true })
        assert.ok((await signInBySrp(server, { poolId, clientId }, 'eve')).AuthenticationResult)
        await assert.rejects(server.send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'late' })), {
          name: 'UserNotFoundException',
        })
        await server.send(new DeleteUserPoolCommand({ UserPoolId: poolId }))
        await restorePoolInto(server.database, backup, { poolId })
        assert.ok((await signInBySrp(server, { poolId, clientId }, 'eve')).AuthenticationResult)
      })
    }

    it('during a change of the master key is sealed under the new key', { timeout: 120_000 }, async () => {
      const keys = newKeys()
      await using server = await startTestServer(engine, { env: { LIFEGUARD_MASTER_KEY: keys.before }, flags: endpoint.flags })
      const data = await givenSealedData(server, endpoint)
      const { poolId } = data
      await server.restart({ masterKey: asKey(keys.after), previousMasterKey: asKey(keys.before) })
      const url = server.databaseUrl
      const backup = await keepBackup({ url, masterKey: keys.before }, { kind: 'pool', poolId })
      await server.send(new DeleteUserPoolCommand({ UserPoolId: poolId }))
      await restorePoolInto({ url, masterKey: keys.after, previous: keys.before }, backup, {
        poolId,
        async beforeBatch(table) {
          // The whole change, except for the wait at its end.
          if (table === 'user') await rotate(url, keys)
        },
      })
      await server.restart({ masterKey: asKey(keys.after), previousMasterKey: undefined })
      await requireEverythingWorks(server, data)
      await withDatabase(url, { masterKey: keys.after }, async ({ storage }) => {
        assert.deepEqual([...(await columnsSealedUnder(storage.db, keys.before))], [])
      })
    })

    it('by a command without the new master key ends when the key is changed, and can be run again', { timeout: 60_000 }, async () => {
      const keys = newKeys()
      await using server = await startTestServer(engine, { env: { LIFEGUARD_MASTER_KEY: keys.before } })
      const { poolId, clientId } = await server.givenPool()
      await givenUser(server, poolId, 'eve')
      await server.restart({ masterKey: asKey(keys.after), previousMasterKey: asKey(keys.before) })
      const url = server.databaseUrl
      const backup = await keepBackup({ url, masterKey: keys.before }, { kind: 'pool', poolId })
      let passes = 0
      const restoring = restorePoolInto({ url, masterKey: keys.before }, backup, {
        poolId,
        overwrite: true,
        async beforeBatch(table) {
          if (table === 'user' && ++passes === 2) await rotate(url, keys)
        },
      })
      await assert.rejects(restoring, {
        name: 'PortabilityError',
        message:
          /^The user pool \S+ was removed, .*: The master key was changed while the restore was running\. Run the command again with the new key\. There is no/,
      })
      await restorePoolInto({ url, masterKey: keys.after }, backup, { poolId })
      assert.ok((await signInBySrp(server, { poolId, clientId }, 'eve')).AuthenticationResult)
    })
  })
}
