import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CreateUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import type { Db } from '../../src/storage/db.ts'
import { openStorage } from '../../src/storage/open-storage.ts'
import { copyEnvironment, startCopy } from '../support/copies.ts'
import { engines } from '../support/engines.ts'
import { newKeys, rotate } from '../support/master-keys.ts'
import { emptyDatabase } from '../support/older-schema.ts'
import { usersFile } from '../support/record-imports.ts'
import { sdkClient, startTestServer } from '../support/test-server.ts'
import { LifeguardProcess, temporaryFolder } from './lifeguard-process.ts'

const folder = temporaryFolder()

const keyChanged =
  'lifeguard: --master-key: the master key was changed, and this process does not have the new key. Start it again with both keys.\n'
const restored = 'lifeguard: --database: a restore into this database has not ended. Wait for it, or run it again: lifeguard restore\n'

async function inDatabase<T>(url: string, use: (db: Db) => Promise<T>): Promise<T> {
  const storage = await openStorage({ url })
  try {
    return await use(storage.db)
  } finally {
    await storage.close()
  }
}

/** Runs `use` on a server that has stopped afterwards. */
async function withServer<T>(env: Readonly<Record<string, string>>, use: (sdk: ReturnType<typeof sdkClient>) => Promise<T>): Promise<T> {
  await using server = new LifeguardProcess(['dev', '--port', '0', '--data', folder, '--log-level', 'error'], env)
  const sdk = sdkClient(await server.url(), 'us-east-1')
  try {
    return await use(sdk)
  } finally {
    sdk.destroy()
    await server.stop()
  }
}

const markRestored = (url: string) =>
  inDatabase(url, (db) => db.insertInto('installation').values({ name: 'restore', value: 'x' }).execute())

/** Waits until the command has written this to its standard error. */
async function wrote(command: LifeguardProcess, text: string): Promise<void> {
  while (!command.stderr.includes(text)) {
    assert.equal(command.child.exitCode, null, command.stderr)
    await Promise.race([once(command.child.stderr ?? command.child, 'data'), command.ended])
  }
}

for (const engine of engines) {
  describe(`A long command on ${engine.name}`, () => {
    it('that imports users stops when the master key is changed or the database restored, and can be run again', {
      timeout: 120_000,
    }, async () => {
      const keys = newKeys()
      await using database = await emptyDatabase(engine)
      const { url } = database
      const envOf = (more: Readonly<Record<string, string>>) => ({ LIFEGUARD_DATABASE: url, ...more })
      const poolId = await withServer(envOf({ LIFEGUARD_MASTER_KEY: keys.before }), async (sdk) => {
        const { UserPool } = await sdk.send(new CreateUserPoolCommand({ PoolName: 'imported' }))
        return UserPool?.Id ?? ''
      })
      // No server runs, so nothing ends this job, for which the commands wait.
      const busy = { slot: 'user-import', pool_id: poolId, job_id: 'import-another' }
      await inDatabase(url, (db) => db.insertInto('active_import').values(busy).execute())
      const file = join(folder, `users-${engine.name}.jsonl`)
      writeFileSync(file, usersFile([{ username: 'ana', sub: randomUUID() }]))
      const start = (job: string, env: Readonly<Record<string, string>>) =>
        new LifeguardProcess(['import', 'users', file, '--pool', poolId, '--format', 'lifeguard', '--job', job], envOf(env))
      const waiting = 'Waiting: another import job'

      const withOld = start('old key', { LIFEGUARD_MASTER_KEY: keys.before })
      const withBoth = start('both keys', { LIFEGUARD_MASTER_KEY: keys.after, LIFEGUARD_PREVIOUS_MASTER_KEY: keys.before })
      await Promise.all([wrote(withOld, waiting), wrote(withBoth, waiting)])
      await rotate(url, keys)
      const ended = await withOld.ended
      assert.equal(ended.code, 1)
      assert.ok(ended.stderr.endsWith(keyChanged), ended.stderr)

      const later = start('new key', { LIFEGUARD_MASTER_KEY: keys.after })
      await wrote(later, waiting)
      await markRestored(url)
      const [stopped, both] = await Promise.all([later.ended, withBoth.ended])
      assert.deepEqual([stopped.code, both.code], [1, 1])
      assert.ok(stopped.stderr.endsWith(restored), stopped.stderr)
      assert.ok(both.stderr.endsWith(restored), both.stderr)

      await inDatabase(url, async (db) => {
        await db.deleteFrom('installation').where('name', '=', 'restore').execute()
        await db.deleteFrom('active_import').execute()
      })
      const again = await start('both keys', { LIFEGUARD_MASTER_KEY: keys.after }).ended
      assert.equal(again.code, 0, again.stderr)
      assert.equal(JSON.parse(again.stdout).imported, 1)
    })

    it('that copies a pool from Cognito stops when the database is restored', { timeout: 60_000 }, async () => {
      await using server = await startTestServer(engine, { env: copyEnvironment })
      // It accepts requests and never answers.
      const silent = createServer(() => undefined).listen(0, '127.0.0.1')
      const asked = once(silent, 'request')
      await once(silent, 'listening')
      const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
      const command = startCopy(server, endpoint, 'eu-west-1_former001')
      await asked
      await markRestored(server.databaseUrl)
      const { code, stderr } = await command.ended
      assert.deepEqual([code, stderr], [1, restored])
      silent.closeAllConnections()
      silent.close()
    })
  })
}
