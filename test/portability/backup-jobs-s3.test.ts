import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { openContainer } from '../../src/portability/container/read-container.ts'
import { areKept, backupFolder, endedBackups, makeBackup } from '../support/backup-jobs.ts'
import { readRows } from '../support/backups.ts'
import { engines } from '../support/engines.ts'
import { startLocalS3 } from '../support/local-s3.ts'
import { givenUser } from '../support/sign-in.ts'
import { startTestServer } from '../support/test-server.ts'

// The SDK finds credentials by its standard chain, whose first place is the environment of the process.
process.env['AWS_ACCESS_KEY_ID'] = 'AKIAOFTHEBACKUPS0000'
process.env['AWS_SECRET_ACCESS_KEY'] = 'secret-of-the-backups'

for (const engine of engines) {
  describe(`Backups in a bucket on ${engine.name}`, () => {
    it('are read back; damaged and refused ones fail in one line, and the earlier one stays', async () => {
      await using s3 = await startLocalS3()
      using folder = await backupFolder()
      const flags = ['--backup-to', 's3://safe/lifeguard/daily', '--backup-keep', '1', '--s3-endpoint', s3.url, ...folder.sealingFlags]
      await using server = await startTestServer(engine, { flags: [...flags, '--log-level', 'silent'] })
      const { poolId } = await server.givenPool()
      await givenUser(server, poolId, 'ana')

      const first = await makeBackup(server)
      assert.equal(first?.Status, 'SUCCEEDED', JSON.stringify(first))
      assert.match(first.Location ?? '', /^s3:\/\/safe\/lifeguard\/daily\/lifeguard-\d{8}T\d{6}Z-[0-9a-f]{8}\.backup$/)
      const key = first.Location?.slice('s3://'.length) ?? ''
      assert.deepEqual([...s3.objects.keys()], [key])
      const path = join(folder.path, 'copy')
      writeFileSync(path, s3.objects.get(key) ?? '')
      const file = await open(path)
      const rows = await readRows(await openContainer(file, { identity: folder.identity }))
      await file.close()
      assert.deepEqual(
        rows['user']?.map(({ username }) => username),
        ['ana'],
      )

      s3.fail('damage')
      const damaged = await makeBackup(server)
      assert.equal(damaged?.FailureReason, 'The object in the bucket is not what was uploaded, so it was deleted again.')
      s3.fail('refuse')
      const refused = await makeBackup(server)
      assert.equal(refused?.FailureReason, 'The backup cannot be stored in the bucket (AccessDenied, status 403).')
      assert.deepEqual([...s3.objects.keys()], [key])
      assert.equal(s3.openUploads(), 0)

      s3.fail(undefined)
      const last = await makeBackup(server)
      await endedBackups(server, 4, areKept(1))
      assert.deepEqual([...s3.objects.keys()], [last?.Location?.slice('s3://'.length)])
      assert.deepEqual(readdirSync(folder.path), ['copy'])
    })
  })
}
