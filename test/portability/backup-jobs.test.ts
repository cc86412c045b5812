import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describe, it } from 'node:test'
import { openContainer } from '../../src/portability/container/read-container.ts'
import { openStorage } from '../../src/storage/open-storage.ts'
import { areKept, backupFolder, endedBackups, listBackups, makeBackup } from '../support/backup-jobs.ts'
import { readRows } from '../support/backups.ts'
import { engines } from '../support/engines.ts'
import { callLifeguard } from '../support/lifeguard-operations.ts'
import { readMetrics } from '../support/metrics.ts'
import { givenUser } from '../support/sign-in.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'

const hourMs = 3_600_000
const silent = ['--log-level', 'silent']

async function usernamesIn(file: string, identity: string): Promise<readonly unknown[]> {
  const handle = await open(file)
  try {
    const rows = await readRows(await openContainer(handle, { identity }))
    return rows['user']?.map((row) => row['username']) ?? []
  } finally {
    await handle.close()
  }
}

/** A job and a lease, as a process leaves them that is killed while it makes a backup. */
async function leaveKilledJob(server: TestServer): Promise<void> {
  const storage = await openStorage({ url: server.databaseUrl })
  const now = server.clock.now()
  await storage.db
    .insertInto('backup_job')
    .values({ id: '00000000-0000-7000-8000-000000000001', status: 'RUNNING', cause: 'SCHEDULE', holder: 'killed', created_at: now })
    .execute()
  await storage.db
    .insertInto('lease')
    .values({ name: 'backup', holder: 'killed', expires_at: now + 60_000 })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ holder: 'killed', expires_at: now + 60_000 }))
    .execute()
  await storage.close()
}

for (const engine of engines) {
  describe(`Backups that a server makes on ${engine.name}`, () => {
    it('are sealed files in the folder, which the list and the metrics show', async () => {
      using folder = await backupFolder()
      await using server = await startTestServer(engine, { flags: folder.flags })
      const { poolId } = await server.givenPool()
      await givenUser(server, poolId, 'ana')
      const backup = await makeBackup(server)

      assert.equal(backup?.Status, 'SUCCEEDED', JSON.stringify(backup))
      assert.equal(backup.Cause, 'REQUEST')
      const file = backup.Location ?? ''
      assert.deepEqual(readdirSync(folder.path), [basename(file)])
      assert.match(file, /\/lifeguard-\d{8}T\d{6}Z-[0-9a-f]{8}\.backup$/)
      assert.equal(statSync(file).size, backup.Bytes)
      assert.equal(statSync(file).mode & 0o777, 0o600)
      assert.ok(!readFileSync(file).includes('ana'))
      assert.deepEqual(await usernamesIn(file, folder.identity), ['ana'])
      const { text } = await readMetrics(server.url)
      const seconds = /^lifeguard_backup_last_success_timestamp_seconds (\S+)$/m.exec(text)?.[1]
      assert.ok(Math.abs(Number(seconds) - server.clock.now() / 1000) < 60, text)
    })

    it('are refused without a place', async () => {
      await using server = await startTestServer(engine)
      await assert.rejects(callLifeguard(server, 'StartBackup', {}), { name: 'InvalidParameterException', message: /Set --backup-to/ })
    })

    it('wait while another process makes one, and only one waits', async () => {
      using folder = await backupFolder()
      await using server = await startTestServer(engine, { flags: [...folder.flags, ...silent] })
      await leaveKilledJob(server)
      const [first, second] = [await callLifeguard(server, 'StartBackup', {}), await callLifeguard(server, 'StartBackup', {})]
      assert.equal(first.Backup.Status, 'STARTED')
      assert.equal(second.Backup.BackupId, first.Backup.BackupId)
      server.clock.advance(61_000)
      const [made] = await endedBackups(server, 2)
      assert.deepEqual([made?.BackupId, made?.Status], [first.Backup.BackupId, 'SUCCEEDED'], JSON.stringify(made))
    })

    it('come by the schedule; the newest are kept, and other files are left alone', async () => {
      using folder = await backupFolder()
      writeFileSync(join(folder.path, 'lifeguard-notes.backup'), 'mine')
      writeFileSync(join(folder.path, 'lifeguard-20200101T000000Z-0123abcd.backup'), 'of another installation')
      const flags = [...folder.flags, '--backup-every-hours', '6', '--backup-keep', '2']
      await using server = await startTestServer(engine, { flags })
      for (let count = 1; count <= 3; count += 1) {
        const backups = await endedBackups(server, count)
        assert.equal(backups.length, count)
        assert.deepEqual([backups[0]?.Status, backups[0]?.Cause], ['SUCCEEDED', 'SCHEDULE'], JSON.stringify(backups))
        server.clock.advance(6 * hourMs + 1000)
      }
      const [, second, third, fourth] = await endedBackups(server, 4, areKept(2))
      assert.deepEqual([typeof second?.RemovedAt, typeof third?.RemovedAt, typeof fourth?.RemovedAt], ['undefined', 'number', 'number'])
      const kept = (await listBackups(server))
        .filter(({ RemovedAt }) => RemovedAt === undefined)
        .map(({ Location = '' }) => basename(Location))
      const others = ['lifeguard-20200101T000000Z-0123abcd.backup', 'lifeguard-notes.backup']
      assert.deepEqual(readdirSync(folder.path).sort(), [...kept, ...others].sort())
    })

    it('of the schedule are not deleted by calls of StartBackup', async () => {
      using folder = await backupFolder()
      await using server = await startTestServer(engine, { flags: [...folder.flags, '--backup-every-hours', '6', '--backup-keep', '1'] })
      const [scheduled] = await endedBackups(server, 1)
      assert.equal(scheduled?.Cause, 'SCHEDULE')
      for (let count = 0; count < 3; count++) await makeBackup(server)
      const backups = await endedBackups(server, 4, areKept(2))
      const kept = backups.filter(({ RemovedAt }) => RemovedAt === undefined).map(({ Cause }) => Cause)
      assert.deepEqual(kept.sort(), ['REQUEST', 'SCHEDULE'])
      assert.equal(readdirSync(folder.path).length, 2)
    })

    it('fail when their process was killed, and the schedule goes on', async () => {
      using folder = await backupFolder()
      await using server = await startTestServer(engine, { flags: [...folder.flags, ...silent] })
      await leaveKilledJob(server)
      await server.restart({ backupEveryHours: 6 })
      assert.equal((await listBackups(server))[0]?.Status, 'RUNNING')
      server.clock.advance(7 * hourMs)
      const [next, killed] = await endedBackups(server, 2)
      assert.deepEqual([next?.Status, next?.Cause], ['SUCCEEDED', 'SCHEDULE'], JSON.stringify(next))
      assert.equal(killed?.Status, 'FAILED')
      assert.match(killed?.FailureReason ?? '', /ended before the backup was complete/)
      assert.match((await readMetrics(server.url)).text, /^lifeguard_backup_failures_total 1$/m)
    })

    it('fail in one line when the folder is gone, and earlier ones are not deleted', async () => {
      using folder = await backupFolder()
      await using server = await startTestServer(engine, { flags: [...folder.flags, '--backup-keep', '1', ...silent] })
      const first = await makeBackup(server)
      await server.restart({ backupTo: join(folder.path, 'missing') })
      const second = await makeBackup(server)
      assert.equal(second?.Status, 'FAILED')
      assert.equal(second.FailureReason, `--backup-to: ${join(folder.path, 'missing')} is not a folder, or cannot be read.`)
      assert.deepEqual(readdirSync(folder.path), [basename(first?.Location ?? '')])
    })
  })
}
