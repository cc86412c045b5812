import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { AdminGetUserCommand, CreateUserPoolCommand, ListUsersCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../support/engines.ts'
import { usersFile } from '../support/record-imports.ts'
import { sdkClient } from '../support/test-server.ts'
import { LifeguardProcess } from './lifeguard-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'lifeguard-import-users-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const rowCount = 6_000
const nameOf = (at: number) => `user-${String(at).padStart(5, '0')}`
const file = join(folder, 'users.jsonl')
writeFileSync(
  file,
  usersFile(Array.from({ length: rowCount }, (_, at) => ({ username: nameOf(at), sub: randomUUID(), groups: ['people'] }))),
)

for (const engine of engines) {
  describe(`lifeguard import users on ${engine.name}`, () => {
    it('imports beside a running server; killed and run again, it loses no user and stores none twice', { timeout: 240_000 }, async () => {
      const database = await engine.createDatabase()
      const masterKey = randomBytes(32).toString('base64')
      const env = { LIFEGUARD_DATABASE: database.url, LIFEGUARD_MASTER_KEY: masterKey }
      await using server = new LifeguardProcess(['dev', '--port', '0', '--data', folder, '--log-level', 'error'], env)
      const sdk = sdkClient(await server.url(), 'us-east-1')
      const { UserPool } = await sdk.send(new CreateUserPoolCommand({ PoolName: 'command' }))
      const UserPoolId = UserPool?.Id ?? ''
      const command = (...more: string[]) =>
        new LifeguardProcess(['import', 'users', file, '--pool', UserPoolId, '--format', 'lifeguard', ...more], env)

      const report = join(folder, `report-${engine.name}.txt`)
      const dry = await command('--dry-run', '--report', report).ended
      assert.equal(dry.code, 0, dry.stderr)
      assert.deepEqual([JSON.parse(dry.stdout).imported, JSON.parse(dry.stdout).dryRun], [rowCount, true])
      assert.equal((await sdk.send(new ListUsersCommand({ UserPoolId }))).Users?.length, 0)
      assert.equal(statSync(report).mode & 0o777, 0o600)
      const lines = readFileSync(report, 'utf8').trim().split('\n')
      assert.equal(lines.length, rowCount + 1)

      // Killed while it stores the file, then while the job runs.
      for (const moment of ['Storing', 'imported,']) {
        const killed = command('--job', 'move in')
        while (!killed.stderr.includes(moment) && killed.child.exitCode === null) {
          await Promise.race([once(killed.child.stderr ?? killed.child, 'data'), killed.ended])
        }
        await killed.stop('SIGKILL')
      }
      const again = await command('--job', 'move in').ended
      assert.equal(again.code, 0, again.stderr)
      const { imported, skipped, failed, status } = JSON.parse(again.stdout)
      assert.deepEqual([status, imported, skipped, failed], ['Succeeded', rowCount, 0, 0])
      for (const at of [0, 2_999, rowCount - 1]) await sdk.send(new AdminGetUserCommand({ UserPoolId, Username: nameOf(at) }))

      const ended = await command('--job', 'move in').ended
      assert.match(ended.stderr, /was begun before .*It has ended/)
      sdk.destroy()
      await server.stop()
      await database.drop()
    })
  })
}

describe('lifeguard import users', () => {
  const env = { LIFEGUARD_DATABASE: `sqlite:${join(folder, 'none.db')}`, LIFEGUARD_MASTER_KEY: randomBytes(32).toString('base64') }
  const run = (...args: string[]) => new LifeguardProcess(['import', 'users', ...args], env).ended

  it('says in one line what is wrong with its flags, the file or the pool', async () => {
    const hash = join(folder, 'hash.json')
    writeFileSync(hash, '{"rounds":8}')
    const flags = ['--pool', 'us-east-1_nowhere00', '--format', 'auth0']
    for (const [args, reason] of [
      [[file, '--format', 'auth0'], '--pool is required. See: lifeguard help'],
      [
        [file, '--pool', 'x', '--format', 'okta'],
        '--format: "okta" is not one of lifeguard, auth0, firebase, keycloak, fusionauth, kratos.',
      ],
      [[join(folder, 'missing'), ...flags], `${join(folder, 'missing')} cannot be read (ENOENT).`],
      [[file, ...flags, '--map', file], `--map: ${file} is not valid JSON.`],
      [
        [file, ...flags, '--firebase-hash', hash],
        '--firebase-hash: the file needs base64_signer_key, base64_salt_separator, rounds and mem_cost.',
      ],
      [[file, ...flags, '--job', 'a/b'], '--job: a name has up to 128 letters, digits, spaces and characters of _+=,.@-'],
      [[file, ...flags], 'User pool us-east-1_nowhere00 does not exist.'],
    ] as const) {
      const { code, stderr } = await run(...args)
      assert.deepEqual([code, stderr], [1, `lifeguard: ${reason}\n`])
    }
  })
})
