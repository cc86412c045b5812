import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { AdminCreateUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import { sha256 } from '../../src/portability/container/write-container.ts'
import { readBackupFile } from '../support/backup-files.ts'
import { newMasterKey } from '../support/backups.ts'
import { engines } from '../support/engines.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'
import { LifeguardProcess, temporaryFolder } from './lifeguard-process.ts'

for (const engine of engines) {
  describe(`lifeguard backup on ${engine.name}`, () => {
    const masterKey = newMasterKey()
    const folder = temporaryFolder()
    const [file, identityFile] = [join(folder, 'all.backup'), join(folder, 'identity')]
    let server: TestServer
    let recipient: string
    let env: Record<string, string>
    let poolId: string

    const run = (...args: string[]) => new LifeguardProcess(args, env).ended
    const identity = () => /AGE-SECRET-KEY-1\S+/.exec(readFileSync(identityFile, 'utf8'))?.[0] ?? assert.fail('no identity')
    const addUser = (Username: string) =>
      server.client.send(new AdminCreateUserCommand({ UserPoolId: poolId, Username, MessageAction: 'SUPPRESS' }))
    /** The usernames in a backup file. */
    const usernamesIn = async (path: string) => {
      const { rows } = await readBackupFile(path, { identity: identity() })
      return (rows['user'] ?? []).map(({ username }) => username)
    }

    before(async () => {
      server = await startTestServer(engine, { env: { LIFEGUARD_MASTER_KEY: masterKey } })
      env = { LIFEGUARD_MASTER_KEY: masterKey, LIFEGUARD_DATABASE: server.databaseUrl }
      ;({ poolId } = await server.givenPool({}))
      await addUser('ana')
      recipient = (await run('backup', 'keygen', identityFile)).stdout.trim()
    })

    after(() => server.close())

    it('writes everything while the server runs, and says what it wrote', async () => {
      const { code, stdout, stderr } = await run('backup', file, '--recipient', recipient)
      assert.equal(code, 0, stderr)
      const said = JSON.parse(stdout) as Record<string, unknown>
      assert.deepEqual([said['scope'], said['sealedBy'], said['engine']], ['everything', 'public key', engine.name])
      assert.deepEqual(await usernamesIn(file), ['ana'])
    })

    it('is shown by `backup inspect` without a database or a key', async () => {
      const { code, stdout } = await new LifeguardProcess(['backup', 'inspect', file], {}).ended
      assert.equal(code, 0)
      assert.match(stdout, /^A backup of everything, as it was at /)
      assert.match(stdout, /^user +1 /m)
      assert.equal(stdout.includes('ana'), false)
    })

    it('writes one pool, and refuses one that does not exist', async () => {
      const path = join(folder, 'pool.backup')
      const { code, stderr } = await run('backup', path, '--pool', poolId, '--recipient', recipient)
      assert.equal(code, 0, stderr)
      const { content, rows } = await readBackupFile(path, { identity: identity() })
      assert.deepEqual(content.head.scope, { kind: 'pool', poolId })
      assert.equal(rows['access_key'], undefined)
      const missing = await run('backup', join(folder, 'none.backup'), '--pool', 'us-east-1_000000000', '--recipient', recipient)
      assert.equal(missing.code, 1)
      assert.match(missing.stderr, /^lifeguard: There is no user pool us-east-1_000000000 in the database\.\n$/)
    })

    it('refuses an existing file, a short passphrase, a wrong recipient, and no or two ways of sealing, each in one line', async () => {
      const short = join(folder, 'short')
      writeFileSync(short, 'short\n', { mode: 0o600 })
      const refused: [string[], RegExp][] = [
        [[file, '--recipient', recipient], /exists\. Choose another name/],
        [[join(folder, 'a'), '--passphrase-file', short], /fewer than 10 characters/],
        [[join(folder, 'a'), '--recipient', 'age1short'], /is no recipient/],
        [[join(folder, 'a')], /Give either --passphrase-file or --recipient/],
        [[join(folder, 'a'), '--recipient', recipient, '--passphrase-file', short], /Give either/],
      ]
      for (const [args, expected] of refused) {
        const { code, stderr } = await run('backup', ...args)
        assert.equal(code, 1)
        assert.match(stderr, expected)
        assert.match(stderr, /^lifeguard: [^\n]+\n$/)
      }
    })

    it('killed at ten moments while users are added, it leaves the old file as it was', async () => {
      let isOver = false
      const load = (async () => {
        for (let at = 0; !isOver; at++) await addUser(`user-${at}`)
      })()
      const began = performance.now()
      assert.equal((await run('backup', file, '--overwrite', '--recipient', recipient)).code, 0)
      const wholeMs = performance.now() - began
      let before = sha256(readFileSync(file))
      for (let at = 0; at < 10; at++) {
        const { child, ended } = new LifeguardProcess(['backup', file, '--overwrite', '--recipient', recipient], env)
        const timer = setTimeout(() => child.kill('SIGKILL'), (wholeMs * (at + 0.5)) / 10)
        const { code } = await ended
        clearTimeout(timer)
        const after = sha256(readFileSync(file))
        // A kill at the end may come too late, or between the new name of the file and the end of the process. Then the new file is complete.
        if (code === 0 || after !== before) await usernamesIn(file)
        before = after
      }
      isOver = true
      await load
      const { code, stderr } = await run('backup', file, '--overwrite', '--recipient', recipient)
      assert.equal(code, 0, stderr)
      assert.notEqual(sha256(readFileSync(file)), before)
      assert.ok((await usernamesIn(file)).includes('user-0'))
    })
  })
}
