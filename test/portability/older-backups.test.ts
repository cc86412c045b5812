import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { sql } from 'kysely'
import { createKeyRing, createSecrets } from '../../src/base/secrets.ts'
import type { BackupContent, BackupRow } from '../../src/portability/backup-rows.ts'
import type { Schema } from '../../src/storage/schema.ts'
import { newMasterKey, restoreInto } from '../support/backups.ts'
import { engines } from '../support/engines.ts'
import { withDatabase } from '../support/master-keys.ts'
import { emptyDatabase, migrationNames } from '../support/older-schema.ts'

/** The level of a backup from before app clients could register themselves, and before there were links to sign in with. */
const oldLevel = '0016-deleted-users'

/** A backup of that level, whose values are sealed under a random key. */
function oldBackup(): BackupContent & { readonly secret: string } {
  const rowKey = randomBytes(32)
  const secret = 'the-secret-of-an-old-key'
  const rows: Partial<Record<keyof Schema, BackupRow[]>> = {
    user_pool: [{ id: 'eu_old', name: 'old', created_at: 1, updated_at: 2, config: '{}', likeness: null, likeness_due_at: 0 }],
    app_client: [{ id: 'client', pool_id: 'eu_old', name: 'app', created_at: 1, updated_at: 2, config: '{"secrets":[]}' }],
    audit_record: [
      {
        pool_id: '',
        id: 'a',
        at: 5,
        action: 'CreateAccessKey',
        access_key_id: 'AK',
        sub: null,
        username: null,
        detail: null,
        reason: null,
      },
    ],
    access_key: [
      {
        id: 'AKOLD',
        sealed_secret: createSecrets(rowKey).seal('access-key', secret, 'AKOLD'),
        session_token_hash: null,
        policy: '{}',
        description: '',
        created_at: 1,
        expires_at: null,
      },
    ],
  }
  async function* batches(some: readonly BackupRow[]) {
    yield some
  }
  async function* parts(): BackupContent['parts'] {
    for (const [table, some] of Object.entries(rows)) yield { table: table as keyof Schema, rows: batches(some) }
  }
  return {
    head: { scope: { kind: 'everything' }, migration: oldLevel, program: '0.1.0', engine: 'sqlite', at: 1 },
    keys: { rowKey, lastingSubkeys: createKeyRing(randomBytes(32)).lastingSubkeys() },
    parts: parts(),
    secret,
  }
}

// A folder of its own shows what is left in it.
const folder = mkdtempSync(join(tmpdir(), 'lifeguard-older-'))
process.env['TMPDIR'] = folder
after(() => rmSync(folder, { recursive: true }))

for (const engine of engines) {
  describe(`A backup of an older release restored into ${engine.name}`, () => {
    it('gets the migrations that it lacks, and leaves no temporary file', async () => {
      assert.ok(migrationNames.includes(oldLevel) && migrationNames.at(-1) !== oldLevel)
      await using target = await emptyDatabase(engine)
      const masterKey = newMasterKey()
      const { secret, ...content } = oldBackup()
      await restoreInto({ url: target.url, masterKey }, content)
      assert.deepEqual(readdirSync(folder), [])
      await withDatabase(target.url, { masterKey }, async ({ storage: { db }, secrets }) => {
        assert.deepEqual(await db.selectFrom('app_client').selectAll().execute(), [
          {
            id: 'client',
            pool_id: 'eu_old',
            name: 'app',
            created_at: 1,
            updated_at: 2,
            config: '{"secrets":[]}',
            extensions: null,
            registration: null,
          },
        ])
        const key = await db.selectFrom('access_key').select('sealed_secret').executeTakeFirstOrThrow()
        assert.equal(secrets.open('access-key', key.sealed_secret, 'AKOLD')?.toString(), secret)
        const { rows } = await sql<{ name: string }>`select name from schema_migration order by name`.execute(db)
        assert.deepEqual(
          rows.map(({ name }) => name),
          [...migrationNames].sort(),
        )
      })
    })
  })
}
