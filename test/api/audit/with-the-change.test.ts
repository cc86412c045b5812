import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { sql } from 'kysely'
import type { Db } from '../../../src/storage/db.ts'
import { openStorage } from '../../../src/storage/open-storage.ts'
import { engines, type TestEngine } from '../../support/engines.ts'
import { recordingLogger } from '../../support/functions.ts'
import { type JobKey, waitForJobEnd } from '../../support/imports.ts'
import type { RawAnswer } from '../../support/raw-call.ts'
import { useTestServer } from '../../support/test-server.ts'
import { goodRequest, neverGood } from '../generator/good-requests.ts'
import { send } from '../generator/send.ts'
import { prepareWorld, type World } from '../generator/world.ts'
import { auditedOperations } from './audited-calls.ts'

/** For each engine, the statements after which the database rejects every insert of an audit record. */
const refuseRecords: Readonly<Record<TestEngine['name'], readonly string[]>> = {
  sqlite: ["create trigger no_audit before insert on audit_record begin select raise(abort, 'no audit'); end"],
  postgres: [
    "create function no_audit() returns trigger language plpgsql as $$ begin raise exception 'no audit'; end $$",
    'create trigger no_audit before insert on audit_record for each row execute function no_audit()',
  ],
}
const allowRecords: Readonly<Record<TestEngine['name'], readonly string[]>> = {
  sqlite: ['drop trigger no_audit'],
  postgres: ['drop trigger no_audit on audit_record', 'drop function no_audit'],
}

/**
 * Tables that may change although a call fails. Some record that the call was tried, such as `attempt`. Background work writes the others,
 * such as `lease`, and `risk_counter` some time after a sign-in.
 */
const ignoredTables = new Set([
  'attempt',
  'auth_event',
  'lease',
  'node_heartbeat',
  'trigger_invocation',
  'outbox',
  'inbox_message',
  'signing_key',
  'installation',
  'log_record',
  'risk_counter',
  'stuffing_network',
])

async function withStorage<T>(url: string, use: (db: Db) => Promise<T>): Promise<T> {
  const storage = await openStorage({ url })
  try {
    return await use(storage.db)
  } finally {
    await storage.close()
  }
}

/** Calls `use` while no audit record can be stored. */
async function withRecordsRefused<T>(engine: TestEngine, db: Db, use: () => Promise<T>): Promise<T> {
  for (const statement of refuseRecords[engine.name]) await sql.raw(statement).execute(db)
  try {
    return await use()
  } finally {
    for (const statement of allowRecords[engine.name]) await sql.raw(statement).execute(db)
  }
}

/** All rows of each table, as text. */
async function contentsOf(db: Db): Promise<Record<string, readonly string[]>> {
  const contents: Record<string, readonly string[]> = {}
  for (const { name } of await db.introspection.getTables()) {
    if (ignoredTables.has(name)) continue
    const { rows } = await sql`select * from ${sql.table(name)}`.execute(db)
    contents[name] = rows.map((row) => JSON.stringify(row)).sort()
  }
  return contents
}

for (const engine of engines) {
  describe(`A change whose audit record cannot be stored, on ${engine.name}`, () => {
    const server = useTestServer(engine, { logger: recordingLogger().logger })
    let world: World
    before(async () => {
      world = await prepareWorld(server())
    })

    for (const name of auditedOperations) {
      // A running import changes the database meanwhile.
      if (neverGood.includes(name) || name === 'StopUserImportJob') continue
      it(`is not made by ${name}`, async () => {
        const request = await goodRequest(name, world)
        await withStorage(server().databaseUrl, (db) =>
          withRecordsRefused(engine, db, async () => {
            for (let attempt = 1; ; attempt++) {
              const contents = await contentsOf(db)
              const answer = await send(server(), name, request)
              assert.equal(answer.status, 500, answer.text)
              const after = await contentsOf(db)
              // A sweep may remove rows between the two readings. Then the call is made again. A change by the call itself comes each time.
              if (attempt < 3 && !isDeepStrictEqual(after, contents)) continue
              assert.deepEqual(after, contents)
              return
            }
          }),
        )
      })
    }

    it('is not made by StopUserImportJob: the import goes on', async () => {
      // A small import may end before the request arrives. Then the request is refused for that reason, and the next job is tried.
      let job: JobKey
      let answer: RawAnswer
      do {
        job = (await goodRequest('StopUserImportJob', world)) as JobKey
        const { db, close } = await openStorage({ url: server().databaseUrl })
        answer = await withRecordsRefused(engine, db, () => send(server(), 'StopUserImportJob', job))
        await close()
      } while (answer.body['__type'] === 'PreconditionNotMetException')
      assert.equal(answer.status, 500, answer.text)
      assert.equal((await waitForJobEnd(server(), job)).Status, 'Succeeded')
    })
  })
}
