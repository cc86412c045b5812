import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { Decrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { engines } from '../support/engines.ts'
import { exportable, runExport } from '../support/export-users.ts'
import { callLifeguard } from '../support/lifeguard-operations.ts'
import { givenUser } from '../support/sign-in.ts'
import { useTestServer } from '../support/test-server.ts'
import { temporaryFolder } from './lifeguard-process.ts'

const folder = temporaryFolder()

for (const engine of engines) {
  describe(`The command export users on ${engine.name}`, () => {
    const server = useTestServer(engine, exportable)
    let poolId: string
    before(async () => {
      poolId = (await server().givenPool()).poolId
      await givenUser(server(), poolId, 'ana')
      await givenUser(server(), poolId, 'bo')
    })
    const run = (...flags: string[]) => runExport(server(), ['--pool', poolId, ...flags])
    const usernames = (text: string) =>
      text
        .trimEnd()
        .split('\n')
        .flatMap((line) => JSON.parse(line).username ?? [])
        .sort()

    it('writes to the standard output, and the report to the standard error output', async () => {
      const { code, stdout, stderr } = await run('--out', '-')
      assert.equal(code, 0, stderr)
      assert.deepEqual(usernames(stdout), ['ana', 'bo'])
      const report = JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '')
      assert.deepEqual(report, { userPoolId: poolId, format: 'lifeguard', users: 2, files: [], leftOut: [] })
    })

    it('does not overwrite a file, nor one that another export writes', async () => {
      const file = join(folder, `kept-${engine.name}.jsonl`)
      writeFileSync(file, 'mine')
      const refused = await run('--out', file)
      assert.deepEqual(
        [refused.code, refused.stdout, refused.stderr],
        [1, '', `lifeguard: ${file} exists. Give another name, or remove the file.\n`],
      )
      assert.equal(readFileSync(file, 'utf8'), 'mine')
      const other = join(folder, `other-${engine.name}.jsonl`)
      writeFileSync(`${other}.partial`, 'in progress')
      const busy = await run('--out', other)
      assert.match(busy.stderr, /^lifeguard: .*\.partial exists: another export writes it, or was interrupted\./)
      assert.deepEqual([busy.code, readFileSync(`${other}.partial`, 'utf8'), existsSync(other)], [1, 'in progress', false])
    })

    it('seals the file for a recipient of age', async () => {
      const identity = await generateX25519Identity()
      const file = join(folder, `recipient-${engine.name}.age`)
      const { code, stderr } = await run('--out', file, '--recipient', await identityToRecipient(identity))
      assert.equal(code, 0, stderr)
      const sealed = readFileSync(file)
      assert.ok(!sealed.includes('ana'))
      const decrypter = new Decrypter()
      decrypter.addIdentity(identity)
      assert.deepEqual(usernames(await decrypter.decrypt(sealed, 'text')), ['ana', 'bo'])
    })

    it('seals each file under a passphrase', async () => {
      const passphrase = join(folder, `passphrase-${engine.name}`)
      writeFileSync(passphrase, 'six words are a good passphrase\n')
      const file = join(folder, `sealed-${engine.name}.csv.age`)
      const { code, stderr } = await run('--format', 'cognito-csv', '--out', file, '--passphrase-file', passphrase)
      assert.equal(code, 0, stderr)
      const decrypter = new Decrypter()
      decrypter.addPassphrase('six words are a good passphrase')
      assert.match(await decrypter.decrypt(readFileSync(file), 'text'), /^name,given_name,/)
    })

    it('leaves one audit record, which names the pool, the format and whether the file is sealed', async () => {
      const pool = await server().givenPool()
      const { code } = await runExport(server(), ['--pool', pool.poolId, '--format', 'cognito-csv', '--hash', 'BCRYPT', '--out', '-'])
      assert.equal(code, 0)
      const { Records } = await callLifeguard(server(), 'ListAuditRecords', { UserPoolId: pool.poolId, Operation: 'ExportUsers' })
      const { RecordId: _id, At: _at, ...record } = Records[0]
      assert.equal(Records.length, 1)
      const detail = 'format: cognito-csv; hashes: BCRYPT; sealed: no'
      const about = { UserPoolId: pool.poolId, Subject: pool.poolId, SystemUser: userInfo().username }
      assert.deepEqual(record, { Operation: 'ExportUsers', Outcome: 'ok', Detail: detail, ...about })
    })

    it('says what is wrong in one line, and writes no file', async () => {
      const out = join(folder, `never-${engine.name}`)
      const refusals: readonly (readonly [readonly string[], RegExp])[] = [
        [['--pool', 'us-east-1_Missing00'], /--pool: there is no user pool "us-east-1_Missing00"/],
        [['--pool', poolId, '--format', 'xml'], /--format: "xml" is not one of lifeguard, cognito-csv, keycloak, auth0/],
        [['--pool', poolId, '--hash', 'BCRYPT'], /--hash: only the format cognito-csv has it/],
        [['--pool', poolId, '--format', 'cognito-csv', '--hash', 'MD5'], /--hash: "MD5" is not one of ARGON2ID/],
        [['--pool', poolId, '--recipient', 'age1nonsense'], /--recipient: this is not a public key of age/],
        [['--pool', poolId, '--passphrase-file', '/missing'], /--passphrase-file: \/missing cannot be read \(ENOENT\)/],
        [['--pool', poolId, '--out', join(out, 'deeper')], /cannot be written \(ENOENT\)/],
        [[], /--pool is required/],
      ]
      for (const [flags, expected] of refusals) {
        const { code, stdout, stderr } = await runExport(server(), ['--out', out, ...flags])
        assert.deepEqual([code, stdout, stderr.trimEnd().split('\n').length], [1, '', 1], stderr)
        assert.match(stderr, expected)
      }
      const several = await runExport(server(), ['--pool', poolId, '--format', 'auth0', '--out', '-'])
      assert.match(several.stderr, /--out: the format auth0 is written into several files/)
      assert.deepEqual(
        readdirSync(folder).filter((name) => name.startsWith('never')),
        [],
      )
    })
  })
}
