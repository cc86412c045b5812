import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminGetUserCommand,
  CreateUserPoolCommand,
  DeleteUserPoolCommand,
  DescribeUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { readRows, withCopy } from '../support/backups.ts'
import { engines, type TestEngine } from '../support/engines.ts'
import { withDatabase } from '../support/master-keys.ts'
import { type KeptBackup, keepBackup, restorePoolInto, startKeyedServer, withRows } from '../support/pool-backups.ts'
import { PostgresStage, postgresOnly, skipWithoutPostgres } from '../support/postgres-stage.ts'
import { givenTokens, givenUser, signInBySrp } from '../support/sign-in.ts'

const newId = 'eu-west-1_copy00001'
const otherId = 'eu-west-1_other0001'

/** A server with a pool, a backup of it, and another pool. */
async function givenBackup(engine: TestEngine, flags: readonly string[] = []) {
  const server = await startKeyedServer(engine, flags)
  const { poolId, clientId } = await server.givenPool()
  await givenUser(server, poolId, 'eve')
  await givenTokens(server, clientId, 'eve')
  const other = await server.givenPool()
  // Otherwise its signing keys would be stored a moment later.
  await fetch(`${server.url}/${other.poolId}/.well-known/jwks.json`)
  const backup = await keepBackup(server.database, { kind: 'pool', poolId })
  return Object.assign(server, { poolId, clientId, other, backup })
}

type Given = Awaited<ReturnType<typeof givenBackup>>

/** How many rows of the pool there are, in all tables but that of audit records, which outlive it. */
async function countRows({ database }: Given, poolId: string): Promise<number> {
  const { audit_record: _, ...rows } = await withCopy(database, readRows)
  const isOfPool = (row: Readonly<Record<string, unknown>>) => row['pool_id'] === poolId || row['id'] === poolId
  return Object.values(rows).flat().filter(isOfPool).length
}

const appeared = `A user pool ${newId} was created or restored meanwhile, so this restore has stopped and changed nothing. Run the command again.`

const createWithId = (server: Given, id: string) =>
  server.send(new CreateUserPoolCommand({ PoolName: 'newcomer', UserPoolTags: { _custom_id_: id } }))

const changed = (backup: KeptBackup, table: string, change: object) =>
  withRows(backup, table, (rows) => rows.map((row) => ({ ...row, ...change })))

type Attack = readonly [name: string, make: (given: Given & { readonly sealedHere: string | null }) => KeptBackup, message: RegExp]

const attacks: readonly Attack[] = [
  ['a user of another pool', ({ backup }) => changed(backup, 'user', { pool_id: otherId }), /a row of another pool in its table user\.$/],
  [
    'a second pool',
    ({ backup }) => withRows(backup, 'user_pool', (rows) => [...rows, ...rows.map((row) => ({ ...row, id: otherId }))]),
    /a row of another pool in its table user_pool\.$/,
  ],
  ['the pool twice', ({ backup }) => withRows(backup, 'user_pool', (rows) => [...rows, ...rows]), /twice\.$/],
  ['no pool', ({ backup }) => withRows(backup, 'user_pool', () => []), /does not have the user pool/],
  [
    'an app client of another pool',
    ({ backup, other }) => changed(backup, 'app_client', { id: other.clientId }),
    /belongs to another user pool here/,
  ],
  [
    'an unknown column',
    ({ backup }) => changed(backup, 'user', { 'x"); drop': 1 }),
    /^The backup has an unknown column "x\\"\); drop" in its table user\.$/,
  ],
  [
    'a row without a column',
    ({ backup }) => withRows(backup, 'user', (rows) => rows.map(({ enabled: _, ...row }) => row)),
    /without the column enabled/,
  ],
  [
    'an unknown table',
    ({ backup }) => ({ ...backup, rows: { ...backup.rows, sqlite_master: [] } }),
    /"sqlite_master", which does not belong/,
  ],
  ['access keys', ({ backup }) => ({ ...backup, rows: { ...backup.rows, access_key: [] } }), /"access_key", which does not belong/],
  ['the keys of the installation', ({ backup }) => ({ ...backup, rows: { ...backup.rows, installation: [] } }), /"installation"/],
  ['a value that is no text', ({ backup }) => changed(backup, 'user', { attributes: { a: 1 } }), /a malformed value in its table user\.$/],
  ['a huge row', ({ backup }) => changed(backup, 'user', { attributes: 'x'.repeat(9_000_000) }), /in its table user that is too large\.$/],
  [
    'a password of another user',
    ({ backup }) => changed(backup, 'user', { sub: 'f0e1' }),
    /a sealed value in its table user that does not open/,
  ],
  [
    'a password that is sealed under the master key',
    ({ backup, sealedHere }) => changed(backup, 'user', { password: sealedHere }),
    /a sealed value in its table user that does not open/,
  ],
]

for (const engine of engines) {
  describe(`The restore of a user pool on ${engine.name} refuses`, () => {
    it('backups that claim what is not of the pool, and leaves nothing', { timeout: 120_000 }, async () => {
      await using server = await givenBackup(engine)
      const { poolId, database } = server
      const before = await countRows(server, server.other.poolId)
      const sealedHere = await withDatabase(database.url, database, async ({ storage: { db } }) => {
        const { password } = await db.selectFrom('user').select('password').where('pool_id', '=', poolId).executeTakeFirstOrThrow()
        return password
      })
      await server.send(new DeleteUserPoolCommand({ UserPoolId: poolId }))
      for (const [name, attack, message] of attacks) {
        const restoring = restorePoolInto(database, attack(Object.assign(server, { sealedHere })), { poolId })
        await assert.rejects(restoring, { name: 'PortabilityError', message }, name)
        await assert.rejects(server.send(new DescribeUserPoolCommand({ UserPoolId: poolId })), { name: 'ResourceNotFoundException' })
        assert.ok((await countRows(server, poolId)) <= 1, `${name} leaves rows`)
      }
      assert.equal(await countRows(server, server.other.poolId), before)
      await restorePoolInto(database, server.backup, { poolId })
      assert.ok((await signInBySrp(server, server, 'eve')).AuthenticationResult)
    })

    it('a bad backup before it removes the pool that is to be replaced', async () => {
      await using server = await givenBackup(engine)
      const bad = changed(server.backup, 'user', { pool_id: otherId })
      await assert.rejects(restorePoolInto(server.database, bad, { poolId: server.poolId, overwrite: true }), { name: 'PortabilityError' })
      assert.ok((await signInBySrp(server, server, 'eve')).AuthenticationResult)
    })

    it('a pool that exists, an id that is none, and a backup of another pool', async () => {
      await using server = await givenBackup(engine)
      const { poolId, backup, database } = server
      await assert.rejects(restorePoolInto(database, backup, { poolId }), { message: /^There is a user pool .* --overwrite\.$/ })
      await assert.rejects(restorePoolInto(database, backup, { poolId, newId: 'no pool id' }), { message: /is not the id of a user pool/ })
      await assert.rejects(restorePoolInto(database, backup, { poolId: otherId }), { message: /^The backup has the user pool/ })
      assert.ok((await signInBySrp(server, server, 'eve')).AuthenticationResult)
    })

    it('to replace a deleted pool that is kept, unless it is told to', async () => {
      await using server = await givenBackup(engine, ['--keep-deleted-pools-days', '7'])
      const { poolId, backup, database } = server
      await server.send(new DeleteUserPoolCommand({ UserPoolId: poolId }))
      await assert.rejects(restorePoolInto(database, backup, { poolId }), { message: /is kept: RestoreUserPool brings it back/ })
      await restorePoolInto(database, backup, { poolId, overwrite: true })
      assert.ok((await signInBySrp(server, server, 'eve')).AuthenticationResult)
    })

    it('to run while another restore runs', async () => {
      await using server = await givenBackup(engine)
      const { poolId, backup, database } = server
      let second: unknown
      await restorePoolInto(database, backup, {
        poolId,
        newId,
        async beforeBatch(table) {
          if (table === 'user') second = await restorePoolInto(database, backup, { poolId, newId }).catch((error: Error) => error.message)
        },
      })
      assert.match(String(second), /^Another restore into this database is running/)
    })

    for (const overwrite of [false, true]) {
      it(`to remove a pool that appeared meanwhile, ${overwrite ? 'also when it may replace one' : 'and leaves that pool'}`, async () => {
        await using server = await givenBackup(engine)
        const { poolId, backup, database } = server
        const restoring = restorePoolInto(database, backup, {
          poolId,
          newId,
          overwrite,
          async beforeBatch(_table, count) {
            if (count > 0) return
            await createWithId(server, newId)
            await givenUser(server, newId, 'zoe')
          },
        })
        await assert.rejects(restoring, { name: 'PortabilityError', message: appeared })
        await server.send(new AdminGetUserCommand({ UserPoolId: newId, Username: 'zoe' }))
        await restorePoolInto(database, backup, { poolId, newId, overwrite: true })
        await server.send(new AdminGetUserCommand({ UserPoolId: newId, Username: 'eve' }))
      })
    }

    it('to lose the id to a pool that is created while it writes', async () => {
      await using server = await givenBackup(engine)
      const { poolId, backup, database } = server
      let created: unknown
      await restorePoolInto(database, backup, {
        poolId,
        newId,
        async beforeBatch(table) {
          if (table === 'user') created = await createWithId(server, newId).catch((error: Error) => error.message)
        },
      })
      assert.equal(
        created,
        `The user pool ${newId} was deleted and its data is still being removed, or it is being restored. Try again in a minute, or take another id.`,
      )
      await server.send(new AdminGetUserCommand({ UserPoolId: newId, Username: 'eve' }))
    })
  })
}

describe('The restore of a pool on PostgreSQL', { skip: skipWithoutPostgres }, () => {
  it('waits for the creation of a pool with its id that has not ended, and leaves that pool', async () => {
    await using server = await givenBackup(postgresOnly)
    const { poolId, backup, database } = server
    await using stage = await PostgresStage.open(server)
    await stage.holdInserts('audit_record', 'before storing')
    const creating = createWithId(server, newId)
    await stage.waiting(1)
    const refused = assert.rejects(restorePoolInto(database, backup, { poolId, newId }), { name: 'PortabilityError', message: appeared })
    await stage.settledOrWaiting(refused, 1)
    await stage.release()
    await creating
    await refused
    await server.send(new DescribeUserPoolCommand({ UserPoolId: newId }))
  })
})
