import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import type { BackupContent } from '../../src/portability/backup-rows.ts'
import { copiedTables, tablesOfPool } from '../../src/portability/copied-tables.ts'
import { PortabilityError } from '../../src/portability/portability-error.ts'
import type { Db } from '../../src/storage/db.ts'
import { newMasterKey, type RowsByTable, readRows, withCopy } from '../support/backups.ts'
import { engines, type TestEngine } from '../support/engines.ts'
import { withDatabase } from '../support/master-keys.ts'
import { insertManyUsers } from '../support/pool-rows.ts'
import { givenSealedData } from '../support/sealed-data.ts'
import { signUp } from '../support/self-service.ts'
import { givenTokens, givenUser } from '../support/sign-in.ts'
import { startTestServer } from '../support/test-server.ts'
import { openTriggerEndpoint } from '../support/trigger-endpoint.ts'

const users = 1200
const accounts = ['one', 'two'] as const

async function givenServer(engine: TestEngine, flags: readonly string[] = []) {
  const masterKey = newMasterKey()
  const server = await startTestServer(engine, { env: { LIFEGUARD_MASTER_KEY: masterKey }, flags })
  return Object.assign(server, { masterKey, source: { url: server.databaseUrl, masterKey } })
}

const inDatabase = <T>(server: { databaseUrl: string; masterKey: string }, use: (db: Db) => Promise<T>) =>
  withDatabase(server.databaseUrl, server, ({ storage }) => use(storage.db))

/** Moves one from a row to another, in one transaction: the sum stays the same. */
function move(db: Db, poolId: string, from: string, to: string): Promise<void> {
  return db.transaction().execute(async (tx) => {
    for (const [key, change] of [
      [from, -1],
      [to, 1],
    ] as const) {
      await tx
        .updateTable('message_count')
        .set((eb) => ({ count: eb('count', '+', change) }))
        .where('pool_id', '=', poolId)
        .where('key', '=', key)
        .execute()
    }
  })
}

/** Reads all rows, and calls `between` after each batch. */
async function readSlowly(content: BackupContent, between: () => Promise<void>): Promise<RowsByTable> {
  const rows: Record<string, RowsByTable[string]> = {}
  for await (const part of content.parts) {
    rows[part.table] = []
    for await (const batch of part.rows) {
      assert.ok(batch.length <= 500)
      rows[part.table] = [...(rows[part.table] ?? []), ...batch]
      await between()
    }
  }
  return rows
}

const fieldsOf = (rows: RowsByTable, table: string, ...columns: readonly string[]) =>
  rows[table]?.map((row) => columns.map((column) => row[column]).join(' ')).sort() ?? []

for (const engine of engines) {
  describe(`A copy of a database on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()

    it('shows one moment while the server writes, and does not hold the server up', { timeout: 60_000 }, async () => {
      await using server = await givenServer(engine)
      const { poolId, clientId } = await server.givenPool()
      await inDatabase(server, async (db) => {
        await insertManyUsers(db, poolId, users)
        const row = { pool_id: poolId, count: 1000, window_ends_at: 9_999_999_999_999 }
        await db
          .insertInto('message_count')
          .values(accounts.map((key) => ({ ...row, key })))
          .execute()
        let count = 0
        const write = async () => {
          await signUp(server, clientId, `new-${count++}`, { email: 'new@example.test' })
          await move(db, poolId, 'one', 'two')
        }
        await write()
        const rows = await withCopy(server.source, (content) => readSlowly(content, write))
        assert.ok(count > 10)
        assert.equal(rows['user']?.length, users + 1)
        assert.deepEqual(fieldsOf(rows, 'user', 'pool_id', 'sub'), fieldsOf(rows, 'user_alias', 'pool_id', 'sub'))
        assert.deepEqual(
          rows['message_count']?.filter(({ key }) => accounts.includes(key as 'one')).map(({ key, count }) => [key, count]),
          [
            ['one', 999],
            ['two', 1001],
          ],
        )
        assert.deepEqual(
          rows['user']?.filter(({ username }) => /^new-[1-9]/.test(String(username))),
          [],
        )
        assert.ok((await withCopy(server.source, readRows))['user']?.length === users + count)
      })
    })

    it('of one pool has all rows of this pool, and no others', { timeout: 60_000 }, async () => {
      await using server = await givenServer(engine, endpoint.flags)
      const { poolId } = await givenSealedData(server, endpoint)
      const { poolId: otherId, clientId } = await server.givenPool()
      await signUp(server, clientId, 'otto', { email: 'otto@example.test' })
      // The records of trigger calls are written in the background, at the latest when the server closes.
      await server.restart()
      const everything = await withCopy(server.source, readRows)
      const expected = Object.fromEntries(
        tablesOfPool.map(({ table, poolColumn = '' }) => [table, everything[table]?.filter((row) => row[poolColumn] === poolId).length]),
      )
      const { rows, keys } = await withCopy(server.source, async (content) => ({ rows: await readRows(content), keys: content.keys }), {
        kind: 'pool',
        poolId,
      })
      assert.deepEqual(Object.fromEntries(Object.entries(rows).map(([table, some]) => [table, some.length])), expected)
      for (const table of ['user', 'app_client', 'signing_key', 'session', 'device', 'pool_resource', 'audit_record'] as const) {
        assert.ok((rows[table]?.length ?? 0) > 0, table)
      }
      assert.ok((everything['user'] ?? []).some(({ pool_id: id }) => id === otherId))
      assert.ok(!JSON.stringify(rows).includes(otherId))
      assert.deepEqual(
        keys.lastingSubkeys.map((entry) => [entry.poolId, Object.keys(entry.subkeys).sort()]),
        [[poolId, ['code', 'device', 'user-code']]],
      )
    })

    it('of everything has every table but those of running processes, and of the installation', async () => {
      await using server = await givenServer(engine)
      const rows = await withCopy(server.source, readRows)
      const leftOut = ['backup_job', 'installation', 'lease', 'node_heartbeat']
      assert.deepEqual(
        Object.keys(rows),
        Object.keys(copiedTables).filter((table) => !leftOut.includes(table)),
      )
    })

    it('is refused at its end when the schema has changed meanwhile', async () => {
      await using server = await givenServer(engine)
      const later = sql`insert into schema_migration (name, applied_at) values ('9999-later', 0)`
      await inDatabase(server, async (db) => {
        let hasMigrated = false
        const migrate = async () => {
          if (!hasMigrated) await later.execute(db)
          hasMigrated = true
        }
        await server.givenPool()
        await assert.rejects(
          withCopy(server.source, (content) => readSlowly(content, migrate)),
          new PortabilityError('The database was migrated during the backup. Run the backup again.'),
        )
        assert.ok(hasMigrated)
      })
    })

    it('is refused for a pool that does not exist, and ends at a sealed value that does not open', async () => {
      await using server = await givenServer(engine)
      await assert.rejects(
        withCopy(server.source, readRows, { kind: 'pool', poolId: 'eu_nowhere' }),
        new PortabilityError('There is no user pool eu_nowhere in the database.'),
      )
      const { poolId, clientId } = await server.givenPool()
      await givenUser(server, poolId, 'ana')
      await givenTokens(server, clientId, 'ana')
      await inDatabase(server, async (db) => {
        await db
          .updateTable('signing_key')
          .set({ sealed_private_key: 'A'.repeat(80) })
          .where('pool_id', '=', poolId)
          .execute()
        const { kid } = await db.selectFrom('signing_key').select('kid').orderBy('kid').executeTakeFirstOrThrow()
        await assert.rejects(
          withCopy(server.source, readRows),
          new PortabilityError(
            `The row ${poolId} ${kid} of the table signing_key has a value that opens under no master key. Repair or delete the row, and run the command again.`,
          ),
        )
      })
    })
  })
}
