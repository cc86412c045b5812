import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DescribeUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import type { BackupRow } from '../../src/portability/backup-rows.ts'
import { DatabaseUnavailableError } from '../../src/storage/database-unavailable-error.ts'
import { engines, type TestEngine } from '../support/engines.ts'
import { withDatabase } from '../support/master-keys.ts'
import { type KeptBackup, keepBackup, restorePoolInto, startKeyedServer, withRows } from '../support/pool-backups.ts'
import { givenTokens, givenUser, signInBySrp } from '../support/sign-in.ts'

const copyId = 'eu-west-1_copy00001'
const message = { id: 'a-message', channel: 'email', recipient: 'ana@example.test', created_at: 1, message: '{}' } as const

/** A server with a pool, a backup of it, and a user of the pool who came after the backup. */
async function givenBackup(engine: TestEngine) {
  const server = await startKeyedServer(engine)
  const { poolId, clientId } = await server.givenPool()
  await givenUser(server, poolId, 'eve')
  await givenTokens(server, clientId, 'eve')
  const other = await server.givenPool()
  const backup = await keepBackup(server.database, { kind: 'pool', poolId })
  await givenUser(server, poolId, 'late')
  return Object.assign(server, { poolId, clientId, other, backup })
}

type Given = Awaited<ReturnType<typeof givenBackup>>

const signIn = async (server: Given, name: string) => assert.ok((await signInBySrp(server, server, name)).AuthenticationResult)

const copied = (table: string, change: (row: BackupRow) => BackupRow) => (backup: KeptBackup) =>
  withRows(backup, table, (rows) => [...rows, ...rows.slice(0, 1).map(change)])

const changed = (table: string, change: (row: BackupRow) => BackupRow) => (backup: KeptBackup) =>
  withRows(backup, table, (rows) => rows.map(change))

type BadBackup = readonly [name: string, make: (backup: KeptBackup) => KeptBackup, message: RegExp, engine?: 'postgres']

/** What only the database can find. */
const badBackups: readonly BadBackup[] = [
  ['a user twice', copied('user', (row) => row), /rows in its table user that cannot be stored: /],
  ['a client twice', copied('app_client', (row) => row), /rows in its table app_client that cannot be stored: /],
  ['an alias twice', copied('user_alias', (row) => ({ ...row, sub: 'another' })), /rows in its table user_alias that cannot be stored: /],
  ['a user without a time', changed('user', (row) => ({ ...row, created_at: null })), /rows in its table user that cannot be stored: /],
  ['a text for a number', changed('user', (row) => ({ ...row, enabled: 'yes' })), /rows in its table user that cannot be stored: /],
  ['a fraction', changed('user', (row) => ({ ...row, created_at: 1.5 })), /rows in its table user that cannot be stored: /],
  [
    'a pool with a text for a number',
    changed('user_pool', (row) => ({ ...row, created_at: 'now' })),
    /table user_pool that cannot be stored/,
  ],
  [
    'a text that PostgreSQL cannot store',
    changed('user', (row) => ({ ...row, attributes: '{"a":"\u0000"}' })),
    /rows in its table user that cannot be stored: /,
    'postgres',
  ],
  ['an audit record twice', copied('audit_record', (row) => row), /rows in its table audit_record that cannot be stored: /],
]

for (const engine of engines) {
  describe(`The restore of a user pool on ${engine.name} that replaces a pool`, () => {
    it('leaves it in use when the database would refuse a row of the backup', { timeout: 120_000 }, async () => {
      await using server = await givenBackup(engine)
      const { poolId, database, backup } = server
      // A record that the database does not have, so that it would be stored.
      const complete = withRows(backup, 'audit_record', (rows) => rows.slice(0, 1).map((row) => ({ ...row, id: 'new' })))
      for (const [name, make, message, only] of badBackups) {
        if (only !== undefined && only !== engine.name) continue
        await assert.rejects(
          restorePoolInto(database, make(complete), { poolId, overwrite: true }),
          { name: 'PortabilityError', message },
          name,
        )
        await signIn(server, 'late')
      }
      await restorePoolInto(database, complete, { poolId, overwrite: true })
      await signIn(server, 'eve')
      await assert.rejects(signIn(server, 'late'))
    })

    it('leaves it in use when a message of another pool has an id of the backup', async () => {
      await using server = await givenBackup(engine)
      const { poolId, database, backup, other } = server
      await withDatabase(database.url, database, async ({ storage: { db } }) => {
        await db
          .insertInto('inbox_message')
          .values({ ...message, pool_id: other.poolId })
          .execute()
      })
      const bad = withRows(backup, 'inbox_message', () => [{ ...message, pool_id: poolId }])
      await assert.rejects(restorePoolInto(database, bad, { poolId, overwrite: true }), {
        name: 'PortabilityError',
        message:
          /^The backup has a row in its table inbox_message whose id "a-message" a message of another user pool has here\. .* --as: /,
      })
      await signIn(server, 'late')
    })

    it('checks the old passwords of users who get another pool id', async () => {
      await using server = await givenBackup(engine)
      const { poolId, database, backup } = server
      await restorePoolInto(database, backup, { poolId, newId: copyId })
      const { sub } = backup.rows['user']?.[0] ?? {}
      const bad = withRows(backup, 'password_history', () => [{ pool_id: poolId, sub: sub ?? '', set_at: 1, password: 'not sealed' }])
      await assert.rejects(restorePoolInto(database, bad, { poolId, newId: copyId, overwrite: true }), {
        message: /a sealed value in its table password_history that does not open/,
      })
      await server.send(new DescribeUserPoolCommand({ UserPoolId: copyId }))
    })

    it('says that the old pool is gone when the database fails afterwards, and can be run again', async () => {
      await using server = await givenBackup(engine)
      const { poolId, database, backup } = server
      let passes = 0
      await assert.rejects(
        restorePoolInto(database, backup, {
          poolId,
          overwrite: true,
          beforeBatch(table) {
            if (table === 'user' && ++passes === 2) throw new DatabaseUnavailableError('The disk of the database is full.')
          },
        }),
        {
          name: 'PortabilityError',
          message: `The user pool ${poolId} was removed, and the one in the backup could not be stored: The disk of the database is full. There is no user pool ${poolId} until the restore has ended. Run the command again.`,
        },
      )
      await assert.rejects(server.send(new DescribeUserPoolCommand({ UserPoolId: poolId })), { name: 'ResourceNotFoundException' })
      await restorePoolInto(database, backup, { poolId })
      await signIn(server, 'eve')
    })
  })
}
