import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { listAuditRecordsOf } from '../../src/audit/audit-repository.ts'
import { openStorage } from '../../src/storage/open-storage.ts'
import { LifeguardProcess, lifeguard, temporaryFolder } from './lifeguard-process.ts'

const folder = temporaryFolder()

function keyFile(name: string): string {
  const file = join(folder, name)
  writeFileSync(file, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 })
  return file
}

const [before, after, another] = [keyFile('before.key'), keyFile('after.key'), keyFile('another.key')]
const database = { LIFEGUARD_DATABASE: `sqlite:${join(folder, 'rotated.db')}` }
const withOld = { ...database, LIFEGUARD_MASTER_KEY_FILE: before }
const withNew = { ...database, LIFEGUARD_MASTER_KEY_FILE: after }
const withBoth = { ...withNew, LIFEGUARD_PREVIOUS_MASTER_KEY_FILE: before }
const startServe = (env: Record<string, string>) =>
  new LifeguardProcess(['serve', '--port', '0', '--public-url', 'https://id.example.test'], env)
const rotate = (env: Record<string, string>) => lifeguard(['keys', 'rotate-master'], env)
const isReady = async (server: LifeguardProcess) => (await fetch(`${await server.url()}/readyz`)).ok

async function auditedRotations() {
  const storage = await openStorage({ url: database.LIFEGUARD_DATABASE })
  try {
    const records = await listAuditRecordsOf(storage.db, { operation: 'RotateMasterKey' }, { from: undefined, before: undefined }, 10)
    return records.map(({ systemUser, outcome }) => ({ systemUser, outcome }))
  } finally {
    await storage.close()
  }
}

describe('lifeguard keys rotate-master', () => {
  it('changes the key while servers run, makes a server without the new key stop, and can be stopped and run again', {
    timeout: 120_000,
  }, async () => {
    assert.equal((await lifeguard(['keys', 'create'], withOld)).code, 0)
    await using old = startServe(withOld)
    await old.url()
    await using both = startServe(withBoth)
    await both.url()

    // At its end the command waits until all servers use the new key. The test stops it during this wait.
    await using stopped = new LifeguardProcess(['keys', 'rotate-master'], withBoth)
    while (!stopped.stderr.includes('Waiting until all servers')) await once(stopped.child.stderr ?? stopped.child, 'data')
    const begun = await stopped.stop()
    assert.equal(begun.code, 1)
    assert.match(
      begun.stderr,
      /^The master key was changed\. Servers seal new values under the new key\.\nSealed anew in access_key: 1\nWaiting until all servers use the new key\.\n$/,
    )

    const { code, stdout, stderr } = await rotate(withBoth)
    assert.equal(code, 0, stderr)
    assert.deepEqual({ ...JSON.parse(stdout), time: '' }, { time: '', action: 'RotateMasterKey', resealedRows: 0, unreadableRows: 0 })
    assert.match(stderr, /^The master key was changed earlier\. Looking for values under the previous key\.\nWaiting until all servers/)
    assert.match(stderr, /\nDone: no value is left under the previous master key\.\n$/)

    const ended = await old.ended
    assert.equal(ended.code, 1)
    assert.match(
      ended.stderr,
      /^lifeguard: --master-key: the master key was changed, and this process does not have the new key\. Start it again with both keys\.$/m,
    )
    await both.says(/The master key was changed\. New values are sealed under the new key\./)
    assert.ok(await isReady(both))

    const again = await rotate(withBoth)
    assert.equal(again.code, 0, again.stderr)
    assert.match(again.stderr, /^The master key was changed earlier\. Looking for values under the previous key\.\nDone: /)

    // Of the three runs, only the first one changed the key.
    assert.deepEqual(await auditedRotations(), [{ systemUser: userInfo().username, outcome: 'ok' }])

    const refused = await startServe(withOld).ended
    assert.equal(refused.code, 1)
    assert.match(
      refused.stderr,
      /^lifeguard: --master-key: this is not the master key of the database\. Use the key that it was created with or last changed to, /,
    )
    await using fresh = startServe(withNew)
    assert.ok(await isReady(fresh))
  })

  it('fails with a message that names the missing key, the wrong key, or the two settings of the same key', async () => {
    const missing = await rotate(withNew)
    assert.deepEqual(
      [missing.code, missing.stderr],
      [1, 'lifeguard: --previous-master-key-file (or LIFEGUARD_PREVIOUS_MASTER_KEY) is required by this command.\n'],
    )
    const wrong = await rotate({ ...database, LIFEGUARD_MASTER_KEY_FILE: another, LIFEGUARD_PREVIOUS_MASTER_KEY_FILE: before })
    assert.equal(wrong.code, 1)
    assert.match(wrong.stderr, /^lifeguard: --master-key: this is not the master key/)
    const twice = await rotate({ ...withBoth, LIFEGUARD_PREVIOUS_MASTER_KEY: randomBytes(32).toString('hex') })
    assert.match(twice.stderr, /^lifeguard: --previous-master-key and --previous-master-key-file are both set\. Leave one of them out\.\n$/)
  })
})
