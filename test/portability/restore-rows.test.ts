import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { createKeyRing } from '../../src/base/secrets.ts'
import type { BackupContent, BackupRow } from '../../src/portability/backup-rows.ts'
import { contentOf } from '../support/backup-files.ts'
import { newMasterKey, readRows, restoreInto, withCopy } from '../support/backups.ts'
import { engines } from '../support/engines.ts'
import { withDatabase } from '../support/master-keys.ts'
import { emptyDatabase, migrationNames } from '../support/older-schema.ts'

const rowBytes = 400_000
const storedBytes = 8 * 1024 * 1024

const messages = (count: number, change: (row: BackupRow, at: number) => BackupRow = (row) => row): readonly BackupRow[] =>
  Array.from({ length: count }, (_, at) =>
    change(
      { id: `m-${at}`, pool_id: 'eu_big', channel: 'email', recipient: 'a@example.test', created_at: at, message: 'x'.repeat(rowBytes) },
      at,
    ),
  )

/** A backup of a release with this last migration. */
function backupOf(migration: string | undefined, rows: Record<string, readonly BackupRow[]>): BackupContent {
  const { head, keys, parts } = contentOf(rows)
  const lastingSubkeys = createKeyRing(randomBytes(32)).lastingSubkeys()
  return { parts, head: { ...head, migration: migration ?? '' }, keys: { ...keys, lastingSubkeys } }
}

const current = (rows: Record<string, readonly BackupRow[]>) => backupOf(migrationNames.at(-1), rows)
const older = (rows: Record<string, readonly BackupRow[]>) => backupOf('0036-risk-counters', rows)

for (const engine of engines) {
  describe(`A restore of large rows on ${engine.name}`, () => {
    for (const [kind, contentWith] of [
      ['this release', current],
      ['an older release', older],
    ] as const) {
      it(`stores few of them at a time, from a backup of ${kind}`, { timeout: 60_000 }, async () => {
        await using target = await emptyDatabase(engine)
        const into = { url: target.url, masterKey: newMasterKey() }
        const steps: number[] = []
        let before = 0
        const onProgress = (rows: number) => {
          steps.push(rows - before)
          before = rows
        }
        const rows = messages(70)
        assert.equal(await restoreInto({ ...into, onProgress }, contentWith({ inbox_message: rows })), 70)
        assert.ok(Math.max(...steps) * rowBytes <= storedBytes, String(steps))
        assert.ok(Math.max(...steps) >= 10, String(steps))
        const stored = await withCopy(into, readRows)
        assert.deepEqual(stored['inbox_message']?.map(({ created_at }) => created_at).sort(), rows.map((row) => row['created_at']).sort())
      })
    }
  })

  describe(`A restore on ${engine.name} refuses`, () => {
    const attacks: readonly (readonly [name: string, change: (row: BackupRow, at: number) => BackupRow])[] = [
      ['a row with a column that the first row lacks', (row, at) => (at === 2 ? { ...row, surplus: 1 } : row)],
      ['a row without a column that the first row has', (row, at) => (at === 2 ? withoutTime(row) : row)],
      ['a row with another column', (row, at) => (at === 2 ? { ...withoutTime(row), other: 1 } : row)],
    ]
    for (const [name, change] of attacks) {
      for (const contentWith of [current, older]) {
        it(`${name}, from a backup of ${contentWith === current ? 'this' : 'an older'} release`, async () => {
          await using target = await emptyDatabase(engine)
          const into = { url: target.url, masterKey: newMasterKey() }
          const short = messages(3, (row, at) => change({ ...row, message: '{}' }, at))
          await assert.rejects(restoreInto(into, contentWith({ inbox_message: short })), {
            name: 'PortabilityError',
            message: 'The backup has rows in its table inbox_message that cannot be stored: not all rows have the same columns.',
          })
        })
      }
    }

    it('a backup without the subkeys of its installation, before it changes anything', async () => {
      await using target = await emptyDatabase(engine)
      const into = { url: target.url, masterKey: newMasterKey() }
      const { keys, ...content } = current({})
      await assert.rejects(restoreInto(into, { ...content, keys: { ...keys, lastingSubkeys: [] } }), {
        name: 'PortabilityError',
        message: 'The backup lacks the subkeys of its installation, so it cannot be restored.',
      })
      await withDatabase(target.url, into, async () => undefined)
    })

    it('a sealed value that does not open', async () => {
      await using target = await emptyDatabase(engine)
      const key = {
        id: 'AK',
        sealed_secret: 'forged',
        session_token_hash: null,
        policy: '{}',
        description: '',
        created_at: 1,
        expires_at: null,
      }
      await assert.rejects(restoreInto({ url: target.url, masterKey: newMasterKey() }, current({ access_key: [key] })), {
        name: 'PortabilityError',
        message: 'The backup has a sealed value in its table access_key that does not open under its key.',
      })
    })

    it('rows with a column that is none', async () => {
      await using target = await emptyDatabase(engine)
      const into = { url: target.url, masterKey: newMasterKey() }
      const rows = messages(2, (row) => ({ ...row, message: '{}', 'x") select 1; --': 1 }))
      await assert.rejects(restoreInto(into, current({ inbox_message: rows })), {
        name: 'PortabilityError',
        message: /^The backup has rows in its table inbox_message that cannot be stored: [^\n]+\.$/,
      })
    })
  })
}

function withoutTime({ created_at: _, ...row }: BackupRow): BackupRow {
  return row
}
