import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { BackupContent } from '../../src/portability/backup-rows.ts'
import { newIdentity, type Sealing } from '../../src/portability/container/sealing.ts'
import { writeBackupFile } from '../../src/portability/container/write-backup-file.ts'
import { newMasterKey, withCopy } from '../support/backups.ts'
import { engines } from '../support/engines.ts'
import { withDatabase } from '../support/master-keys.ts'
import { appliedMigrations, databaseOfOlderRelease, emptyDatabase } from '../support/older-schema.ts'
import { givenTokens, givenUser } from '../support/sign-in.ts'
import { startTestServer } from '../support/test-server.ts'
import { refresh } from '../support/tokens.ts'
import { LifeguardProcess, lifeguard, temporaryFolder } from './lifeguard-process.ts'

const folder = temporaryFolder()
const passphrase = 'a long passphrase of nine words that nobody knows'

function secretFile(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, `${text}\n`, { mode: 0o600 })
  return file
}

const passphraseFile = secretFile('passphrase', passphrase)
const wrongPassphrase = secretFile('wrong-passphrase', 'another')

let files = 0
async function writeBackup(content: BackupContent, sealing: Sealing = { passphrase }): Promise<string> {
  const file = join(folder, `${files++}.backup`)
  await writeBackupFile(file, content, sealing, { overwrite: false })
  return file
}

/** The file with a change. */
function changed(file: string, change: (bytes: Buffer) => void): string {
  const bytes = readFileSync(file)
  change(bytes)
  const copy = join(folder, `${files++}.changed`)
  writeFileSync(copy, bytes)
  return copy
}

function truncated(file: string): string {
  const copy = changed(file, () => undefined)
  truncateSync(copy, readFileSync(file).length - 1)
  return copy
}

for (const engine of engines) {
  describe(`lifeguard restore on ${engine.name}`, () => {
    it('restores a file into an empty database, and servers start on it', { timeout: 300_000 }, async () => {
      await using target = await emptyDatabase(engine)
      const masterKey = newMasterKey()
      await using server = await startTestServer(engine, { env: { LIFEGUARD_MASTER_KEY: masterKey } })
      const { poolId, clientId } = await server.givenPool()
      await givenUser(server, poolId, 'ana')
      const { refreshToken } = await givenTokens(server, clientId, 'ana')
      const { identity, recipient } = await newIdentity()
      const source = { url: server.databaseUrl, masterKey }
      const file = await withCopy(source, (content) => writeBackup(content, { recipients: [recipient] }))

      const env = { LIFEGUARD_DATABASE: target.url, LIFEGUARD_MASTER_KEY: randomBytes(32).toString('base64') }
      const args = ['restore', file, '--identity-file', secretFile('identity', `# made by a test\n${identity}`)]
      const { code, stdout, stderr } = await lifeguard(args, env)
      assert.equal(stderr, 'Done: servers can start on the database with this master key.\n')
      assert.match(stdout, /^\{"time":"[^"]+","action":"RestoreBackup","rows":\d+\}\n$/)
      assert.equal(code, 0)

      const again = await lifeguard(args, env)
      assert.match(again.stderr, /^lifeguard: The database is not empty: its table user_pool has rows\. .* with --overwrite\.\n$/)
      assert.equal(again.code, 1)
      assert.equal((await lifeguard([...args, '--overwrite'], env)).code, 0)

      await using serving = new LifeguardProcess(['serve', '--port', '0', '--public-url', 'https://id.example.test'], env)
      assert.ok((await fetch(`${await serving.url()}/readyz`)).ok)
      const inUse = await lifeguard([...args, '--overwrite'], env)
      assert.match(inUse.stderr, /^lifeguard: A server has used the database \d+ seconds ago\. Stop all servers, .*\n$/)
      await serving.stop()
      await server.restart({ database: target.url, masterKey: Buffer.from(env.LIFEGUARD_MASTER_KEY, 'base64') })
      assert.ok((await refresh(server, clientId, refreshToken)).AuthenticationResult?.AccessToken)
    })

    it('refuses a database of an older release, and does not migrate it', { timeout: 120_000 }, async () => {
      await using target = await databaseOfOlderRelease(engine, 2)
      const masterKey = newMasterKey()
      await using server = await startTestServer(engine, { env: { LIFEGUARD_MASTER_KEY: masterKey } })
      const { identity, recipient } = await newIdentity()
      const file = await withCopy({ url: server.databaseUrl, masterKey }, (content) => writeBackup(content, { recipients: [recipient] }))
      const before = await appliedMigrations(target.url)
      const env = { LIFEGUARD_DATABASE: target.url, LIFEGUARD_MASTER_KEY: newMasterKey() }
      for (const flags of [[], ['--overwrite']]) {
        const { code, stderr } = await lifeguard(['restore', file, '--identity-file', secretFile('old', identity), ...flags], env)
        assert.match(stderr, /^lifeguard: --database: the database has the schema of an older release\. .*\n$/)
        assert.equal(code, 1)
      }
      assert.deepEqual(await appliedMigrations(target.url), before)
    })

    it('refuses a file that does not suit, in one line, and leaves the database as it is', { timeout: 300_000 }, async () => {
      await using target = await emptyDatabase(engine)
      const masterKey = newMasterKey()
      await using server = await startTestServer(engine, { env: { LIFEGUARD_MASTER_KEY: masterKey } })
      const { poolId } = await server.givenPool()
      const source = { url: server.databaseUrl, masterKey }
      const good = await withCopy(source, (content) => writeBackup(content))
      const newer = await withCopy(source, ({ head, ...content }) =>
        writeBackup({ ...content, head: { ...head, migration: '9999-future', program: '99.1.0' } }),
      )
      const ofPool = await withCopy(source, (content) => writeBackup(content), { kind: 'pool', poolId })
      const middle = (bytes: Buffer) => bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1)
      const refusals: readonly (readonly [file: string, flags: readonly string[], words: RegExp])[] = [
        [good, [], /Give either --passphrase-file or --identity-file\./],
        [good, ['--passphrase-file', wrongPassphrase], /passphrase/],
        [good, ['--identity-file', passphraseFile], /--identity-file: .* has no identity\./],
        [changed(good, middle), ['--passphrase-file', passphraseFile], /changed/],
        [truncated(good), ['--passphrase-file', passphraseFile], /its end is missing/],
        [join(folder, 'missing'), ['--passphrase-file', passphraseFile], /missing does not exist\./],
        [passphraseFile, ['--passphrase-file', passphraseFile], /The file is no backup of Lifeguard\./],
        [newer, ['--passphrase-file', passphraseFile], /The backup was written by a newer Lifeguard \(99\.1\.0\)\./],
        [ofPool, ['--passphrase-file', passphraseFile], new RegExp(`The backup has only the user pool ${poolId}\\.`)],
      ]
      const env = { LIFEGUARD_DATABASE: target.url, LIFEGUARD_MASTER_KEY: newMasterKey() }
      for (const [file, flags, words] of refusals) {
        const { code, stdout, stderr } = await lifeguard(['restore', file, ...flags], env)
        assert.match(stderr, words)
        assert.match(stderr, /^lifeguard: [^\n]+\n$/)
        assert.deepEqual([code, stdout], [1, ''])
      }
      await withDatabase(target.url, { masterKey: env.LIFEGUARD_MASTER_KEY }, async ({ storage: { db }, migrations }) => {
        assert.ok(migrations.length > 0, 'the schema was made by this call')
        assert.deepEqual(await db.selectFrom('user_pool').select('id').execute(), [])
      })
    })
  })
}
