import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { ListUserPoolsCommand } from '@aws-sdk/client-cognito-identity-provider'
import { createAccessKey } from '../../../src/access/create-access-key.ts'
import { systemClock } from '../../../src/base/clock.ts'
import { sealedTables } from '../../../src/sealed-tables.ts'
import { SettingsError } from '../../../src/settings.ts'
import { engines } from '../../support/engines.ts'
import { columnsSealedUnder, newKeys, rotate, withDatabase } from '../../support/master-keys.ts'
import { startProductionServer } from '../../support/production-server.ts'
import { givenUser } from '../../support/sign-in.ts'
import { startTestServer } from '../../support/test-server.ts'
import { openTestStorage } from '../../support/test-storage.ts'

const anotherKey = () => randomBytes(32).toString('base64')
const refused = (words: RegExp) => (error: Error) => error instanceof SettingsError && words.test(error.message)
const wrongKey = refused(
  /^--master-key: this is not the master key of the database\. Use the key that it was created with or last changed to, /,
)

/** For each table, the text columns without sealed values. A new text column belongs either here or into `sealedTables`. */
const openColumns: Readonly<Record<string, string>> = {
  access_key: 'id session_token_hash policy description',
  access_role: 'arn id description trust_policy policies',
  active_import: 'slot pool_id job_id',
  app_client: 'id pool_id name extensions registration',
  attempt: 'pool_id subject action',
  audit_record:
    'pool_id id action access_key_id session_arn session_identity_id sub username detail reason subject outcome request_id system_user changed_members address',
  auth_event: 'pool_id sub id type response details feedback',
  authorization_code: 'pool_id id sub client_id details session_id',
  backup_job: 'id status cause holder location failure',
  code: 'pool_id sub purpose code_hash attribute value',
  deleted_group: 'pool_id member_key',
  deleted_identity_pool: 'id',
  deleted_user: 'pool_id sub',
  deleted_pool: 'id name likeness',
  device: 'pool_id sub device_key name last_ip',
  device_authorization: 'pool_id id device_code_hash client_id details decision sub approval session_id',
  device_step: 'pool_id sub client_id device_key',
  email_change: 'pool_id sub token_hash details',
  former_member: 'pool_id group_name sub seen_in',
  former_user: 'pool_id sub seen_in base',
  recovery_code_set: 'pool_id sub hashes',
  risk_counter: 'pool_id level value',
  group_member: 'pool_id sub group_name',
  identity: 'id identity_pool_id',
  identity_login: 'identity_pool_id provider subject_key subject identity_id',
  identity_pool: 'id name roles tag_maps',
  import_chunk: 'pool_id job_id upload_id',
  import_job: 'pool_id id name role_arn algorithm status message upload_id header format left_out',
  import_log: 'pool_id job_id lines',
  import_name: 'pool_id job_id name_hash',
  initial_access_token: 'pool_id id token_hash description',
  inbox_message: 'id pool_id channel recipient message',
  installation: 'name value',
  kept_user: 'pool_id sub name_key',
  lease: 'name holder',
  log_record: 'pool_id sink id record',
  message_count: 'pool_id key',
  hidden_sign_up: 'pool_id name_hash attribute destination',
  node_heartbeat: 'node',
  outbox: 'id pool_id sub channel trigger last_error state',
  passkey: 'pool_id sub id public_key relying_party_id transports attachment name',
  password_history: 'pool_id sub',
  pool_domain: 'domain pool_id config',
  pool_resource: 'pool_id kind id',
  provider_sign_in: 'pool_id id client_id',
  provisioned_limit: 'category',
  pushed_request: 'pool_id id client_id form',
  schema_migration: 'name',
  schema_change: 'pool_id id state rules details cursor barrier schema_version',
  session: 'pool_id sub id client_id device ip device_key',
  session_client: 'pool_id sub sid client_id',
  sign_in_link: 'pool_id sub id token_hash client_id details',
  signing_key: 'pool_id kid use public_jwk',
  software_token: 'pool_id sub device_name',
  spent_state: 'id',
  stuffing_network: 'pool_id network counts',
  trigger_answer: 'pool_id sub client_id trigger',
  trigger_invocation: 'pool_id sub id trigger outcome username_key',
  user: 'pool_id sub username status attributes mfa',
  user_alias: 'pool_id kind value_key sub',
  user_attribute: 'pool_id name value_key sub',
  user_group: 'pool_id name description role_arn member_key',
  user_pool: 'id name likeness',
}

for (const engine of engines) {
  describe(`The list of sealed tables on ${engine.name}`, () => {
    it('contains every text column that is not listed in this test as unsealed', async () => {
      await using storage = await openTestStorage(engine)
      const sealed = sealedTables.flatMap(({ table, columns }) => columns.map((column) => `${table}.${column}`))
      const open = Object.entries(openColumns).flatMap(([table, columns]) => columns.split(' ').map((column) => `${table}.${column}`))
      const inSchema = (await storage.db.introspection.getTables()).flatMap(({ name, columns }) =>
        columns.filter(({ dataType }) => /text|char/i.test(dataType)).map((column) => `${name}.${column.name}`),
      )
      const known = new Set([...sealed, ...open])
      assert.deepEqual(
        inSchema.filter((column) => !known.has(column)),
        [],
      )
      const there = new Set(inSchema)
      assert.deepEqual(
        sealed.filter((column) => !there.has(column)),
        [],
      )
    })

    it('names a key for each table, of columns that exist and are never null', async () => {
      await using storage = await openTestStorage(engine)
      for (const { table, key } of sealedTables) {
        const { columns = [] } = (await storage.db.introspection.getTables()).find(({ name }) => name === table) ?? {}
        assert.ok(key.length > 0 && key.every((column) => columns.some(({ name, isNullable }) => name === column && !isNullable)), table)
      }
    })
  })

  describe(`A change of the master key with the wrong keys on ${engine.name}`, () => {
    async function givenServer() {
      const keys = newKeys()
      const server = await startTestServer(engine, { env: { LIFEGUARD_MASTER_KEY: keys.before } })
      const { poolId } = await server.givenPool()
      const { sub } = await givenUser(server, poolId, 'ana')
      return Object.assign(server, { keys, row: `user ${poolId} ${sub}` })
    }

    it('is rejected without the previous key, with a wrong previous key, and when both keys are the same', async () => {
      await using server = await givenServer()
      const { databaseUrl, keys } = server
      const withKeys = (masterKey: string, previous?: string) =>
        withDatabase(databaseUrl, previous === undefined ? { masterKey } : { masterKey, previous }, async () => undefined)
      await assert.rejects(withKeys(keys.after), wrongKey)
      await assert.rejects(rotate(databaseUrl, { after: keys.after, before: anotherKey() }), wrongKey)
      await assert.rejects(
        rotate(databaseUrl, { after: keys.before, before: keys.before }),
        refused(/^--previous-master-key-file: this is the same key as the master key/),
      )
      await server.restart()
      await rotate(databaseUrl, keys)
      await assert.rejects(withKeys(keys.before), wrongKey)
      await withKeys(keys.after)
    })

    it('is rejected until an earlier change is finished, because rows may be left under an older key', async () => {
      // No server runs in this test, because a server would go on sealing values under its own key.
      await using storage = await openTestStorage(engine)
      const databaseUrl = storage.url
      const [keys, third] = [newKeys(), anotherKey()]
      await withDatabase(databaseUrl, { masterKey: keys.before }, async ({ storage: { db }, secrets }) => {
        await createAccessKey(db, secrets, systemClock, { policy: undefined, description: '', sessionSeconds: undefined })
        await db.insertInto('installation').values({ name: 'master-key-change', value: 'of another key' }).execute()
      })
      const unfinished = refused(/an earlier change of the master key is not finished/)
      await assert.rejects(rotate(databaseUrl, keys), unfinished)
      await withDatabase(databaseUrl, { masterKey: keys.before }, ({ storage }) =>
        storage.db.deleteFrom('installation').where('name', '=', 'master-key-change').execute(),
      )
      await rotate(databaseUrl, keys)
      await rotate(databaseUrl, { before: keys.after, after: third })
      await withDatabase(databaseUrl, { masterKey: third }, async (database) => {
        assert.deepEqual(await columnsSealedUnder(database.storage.db, keys.before), new Set())
        assert.deepEqual(await columnsSealedUnder(database.storage.db, keys.after), new Set())
        assert.ok((await columnsSealedUnder(database.storage.db, third)).has('access_key.sealed_secret'))
      })
    })

    it('ends, and names rows with values that open under neither key', async () => {
      await using server = await givenServer()
      const { databaseUrl, keys, row } = server
      await withDatabase(databaseUrl, { masterKey: keys.before }, ({ storage }) =>
        storage.db.updateTable('user').set({ password: 'damaged' }).execute(),
      )
      const { unreadable } = await rotate(databaseUrl, keys)
      assert.deepEqual(unreadable, [row])
    })
  })

  describe(`Access keys after a change of the master key on ${engine.name}`, () => {
    it('stay valid; temporary access keys only as long as servers have the previous key', async () => {
      await using first = await startProductionServer(engine)
      const lasting = await first.createKey()
      const session = await first.createKey({ flags: ['--session-seconds', '900'] })
      const { LIFEGUARD_DATABASE: url, LIFEGUARD_MASTER_KEY: before } = first.env
      const after = anotherKey()
      await rotate(url, { before, after })

      const list = new ListUserPoolsCommand({ MaxResults: 1 })
      const env = { LIFEGUARD_DATABASE: url, LIFEGUARD_MASTER_KEY: after }
      await using withBoth = await startProductionServer(engine, {
        like: { ...first, env: { ...env, LIFEGUARD_PREVIOUS_MASTER_KEY: before } as never },
      })
      for (const key of [lasting, session]) await withBoth.client(key).send(list)
      await using withNew = await startProductionServer(engine, { like: { ...first, env } })
      await withNew.client(lasting).send(list)
      await assert.rejects(withNew.client(session).send(list), { name: 'UnrecognizedClientException' })
    })
  })
}
