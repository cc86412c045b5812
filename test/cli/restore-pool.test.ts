import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { DeleteUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import { writeBackupFile } from '../../src/portability/container/write-backup-file.ts'
import { newMasterKey } from '../support/backups.ts'
import { engines, type TestEngine } from '../support/engines.ts'
import { withDatabase } from '../support/master-keys.ts'
import { contentOf, keepBackup, startKeyedServer } from '../support/pool-backups.ts'
import { givenTokens, givenUser, signInBySrp } from '../support/sign-in.ts'
import { sweepDeletionsOf } from '../support/sweep-deletions.ts'
import { refresh } from '../support/tokens.ts'
import { LifeguardProcess, lifeguard, temporaryFolder } from './lifeguard-process.ts'

const folder = temporaryFolder()
const passphraseFile = join(folder, 'passphrase')
writeFileSync(passphraseFile, 'a long passphrase of nine words that nobody knows\n', { mode: 0o600 })
const sealing = { passphrase: 'a long passphrase of nine words that nobody knows' }
const newId = 'eu-west-1_copy00001'
let files = 0

/** A running server with a user who has signed in, a file with a backup of the pool, and the command that restores it. */
async function givenFile(engine: TestEngine) {
  const server = await startKeyedServer(engine)
  const { poolId, clientId } = await server.givenPool()
  await givenUser(server, poolId, 'eve')
  const { refreshToken } = await givenTokens(server, clientId, 'eve')
  const backup = await keepBackup(server.database, { kind: 'pool', poolId })
  const file = join(folder, `${files++}.backup`)
  await writeBackupFile(file, contentOf(backup), sealing, { overwrite: false })
  const env = { LIFEGUARD_DATABASE: server.databaseUrl, LIFEGUARD_MASTER_KEY: server.masterKey }
  const args = ['restore', file, '--passphrase-file', passphraseFile, '--pool', poolId]
  const start = (...flags: string[]) => new LifeguardProcess([...args, ...flags], env)
  return Object.assign(server, { poolId, clientId, refreshToken, start, restore: (...flags: string[]) => start(...flags).ended })
}

for (const engine of engines) {
  describe(`lifeguard restore --pool on ${engine.name}`, () => {
    it('restores a deleted pool beside a running server, and another one under a new id', { timeout: 120_000 }, async () => {
      await using server = await givenFile(engine)
      const { poolId, clientId } = server
      const refused = await server.restore()
      assert.match(refused.stderr, /^lifeguard: There is a user pool [^\n]+ --overwrite\.\n$/)
      assert.deepEqual([refused.code, refused.stdout], [1, ''])

      const copied = await server.restore('--as', newId)
      assert.equal(copied.code, 0, copied.stderr)
      const newClient = JSON.parse(copied.stdout).newClientIds[clientId]
      assert.match(copied.stderr, new RegExp(`(^|\n)App client ${clientId} is now ${newClient}\\.\n`))
      await givenTokens(server, newClient, 'eve')
      assert.ok((await signInBySrp(server, { poolId: newId, clientId: newClient }, 'eve')).AuthenticationResult)

      await server.send(new DeleteUserPoolCommand({ UserPoolId: poolId }))
      const restored = await server.restore()
      assert.match(restored.stderr, new RegExp(`(^|\n)Done: the user pool ${poolId} is there\\.\n$`))
      assert.equal(restored.code, 0)
      assert.ok((await refresh(server, clientId, server.refreshToken)).AuthenticationResult)
      assert.ok((await signInBySrp(server, server, 'eve')).AuthenticationResult)
    })

    it('refuses a new id without a pool', async () => {
      const { stderr } = await lifeguard(['restore', 'none.backup', '--passphrase-file', passphraseFile, '--as', newId], {
        LIFEGUARD_DATABASE: `sqlite:${join(folder, 'none.db')}`,
        LIFEGUARD_MASTER_KEY: newMasterKey(),
      })
      assert.equal(stderr, 'lifeguard: --as: give the pool that is restored by --pool.\n')
    })

    it('can be run again after a kill, and the sweeper removes what a killed one left', { timeout: 120_000 }, async () => {
      await using server = await givenFile(engine)
      const { poolId, clientId } = server
      await killWhileHidden(server, newId, ['--as', newId])
      // The claim of the killed command lasts half a minute.
      await forgetClaim(server)
      await killWhileHidden(server, poolId, ['--overwrite'])
      await assert.rejects(givenTokens(server, clientId, 'eve'), { name: 'ResourceNotFoundException' })
      await forgetClaim(server)
      const again = await server.restore()
      assert.equal(again.code, 0, again.stderr)
      assert.ok((await signInBySrp(server, server, 'eve')).AuthenticationResult)
      await sweepDeletionsOf(server)
      assert.deepEqual(await poolsWithUsers(server), [poolId])
    })
  })
}

type Given = Awaited<ReturnType<typeof givenFile>>

/** Kills the command when it has written users, while the pool is still hidden. */
async function killWhileHidden(server: Given, id: string, flags: readonly string[]): Promise<void> {
  const command = server.start(...flags)
  await withDatabase(server.databaseUrl, server.database, async ({ storage: { db } }) => {
    const isWritten = async () =>
      (await db.selectFrom('deleted_pool').select('id').where('id', '=', id).execute()).length > 0 &&
      (await db.selectFrom('user').select('sub').where('pool_id', '=', id).execute()).length > 0
    while (!(await isWritten())) assert.equal(command.child.exitCode, null, command.stderr)
  })
  command.child.kill('SIGKILL')
  await command.ended
  assert.equal(command.stdout, '')
}

const forgetClaim = ({ database }: Given) =>
  withDatabase(database.url, database, async ({ storage: { db } }) => {
    await db.deleteFrom('lease').where('name', '=', 'restore').execute()
  })

const poolsWithUsers = ({ database }: Given) =>
  withDatabase(database.url, database, async ({ storage: { db } }) =>
    (await db.selectFrom('user').select('pool_id').distinct().execute()).map((row) => row.pool_id),
  )
