import assert from 'node:assert/strict'
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CreateUserPoolClientCommand, CreateUserPoolCommand, SignUpCommand } from '@aws-sdk/client-cognito-identity-provider'
import { startServer } from '../../../src/server.ts'
import { readSettings, SettingsError } from '../../../src/settings.ts'
import { temporaryFolder } from '../../cli/lifeguard-process.ts'
import { openCodeKeyFile } from '../../support/code-keys.ts'
import { engines } from '../../support/engines.ts'
import { startProductionServer } from '../../support/production-server.ts'
import { goodPassword } from '../../support/sign-in.ts'
import { signedCall } from '../../support/signed-call.ts'

const read = (flags: readonly string[]) => readSettings({ argv: ['--port', '0', ...flags], env: {}, command: 'dev' })
const start = async (flags: readonly string[]) => {
  const running = await startServer(read(['--data', temporaryFolder(), '--log-level', 'silent', ...flags]))
  await running.close()
}

describe('The key for codes', () => {
  it('is made once by `lifeguard dev`, in the data folder, in a file that only its owner can read', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'code.key')
    await start(['--data', folder])
    assert.equal(statSync(file).mode & 0o777, 0o600)
    const made = readFileSync(file, 'utf8')
    assert.equal(Buffer.from(made, 'base64').length, 32)
    await start(['--data', folder])
    assert.equal(readFileSync(file, 'utf8'), made)
    assert.notEqual(made, readFileSync(join(folder, 'master.key'), 'utf8'))
  })

  it('is 32 bytes in hex or base64, in a file that others cannot read or write', async () => {
    const { file, flags } = openCodeKeyFile()
    await start(flags)
    const refuses = (message: RegExp) =>
      assert.rejects(start(flags), (error) => error instanceof SettingsError && message.test(error.message))
    for (const mode of [0o620, 0o604]) {
      chmodSync(file, mode)
      await refuses(/^--code-key-file: .* can be (read by every user|changed by others).* Run: chmod 600/)
    }
    chmodSync(file, 0o600)
    writeFileSync(file, 'c2hvcnQ=')
    await refuses(/a key for codes must be 32 bytes in base64 or 64 hex digits/)
    writeFileSync(file, Buffer.alloc(32, 7).toString('base64'))
    await start(flags)
    await assert.rejects(start(['--code-key-file', `${file}.none`]), /--code-key-file: .* does not exist\. Make a key for codes with: /)
  })

  it('is set as a file or in KMS, not both', () => {
    const { flags } = openCodeKeyFile()
    assert.throws(() => read([...flags, '--kms-region', 'eu-west-1']), /--code-key-file and --kms-region .* both set/)
    assert.throws(() => read([...flags, '--kms-endpoint', 'http://127.0.0.1:1']), /both set/)
    assert.throws(() => read(['--kms-region', 'somewhere']), /--kms-region/)
  })
})

for (const engine of engines) {
  describe(`In production on ${engine.name}`, () => {
    it('a message for a custom sender stays queued with a reason while there is no key for codes', async () => {
      await using server = await startProductionServer(engine)
      const owner = await server.createKey()
      const client = server.client(owner)
      const CustomEmailSender = { LambdaVersion: 'V1_0', LambdaArn: 'arn:aws:lambda:eu-west-1:123456789012:function:send' } as const
      const LambdaConfig = { CustomEmailSender, KMSKeyID: 'arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555' }
      const { UserPool } = await client.send(
        new CreateUserPoolCommand({ PoolName: 'keyless', AutoVerifiedAttributes: ['email'], LambdaConfig }),
      )
      const UserPoolId = UserPool?.Id ?? ''
      const { UserPoolClient } = await client.send(new CreateUserPoolClientCommand({ UserPoolId, ClientName: 'app' }))
      const UserAttributes = [{ Name: 'email', Value: 'ana@example.test' }]
      const request = { ClientId: UserPoolClient?.ClientId, Username: 'ana', Password: goodPassword, UserAttributes }
      await client.send(new SignUpCommand(request))
      for (;;) {
        const { Messages } = await signedCall(server, owner, 'ListMessages', { UserPoolId })
        assert.deepEqual([Messages.length, Messages[0].State], [1, 'QUEUED'])
        if (Messages[0].Reason === undefined) continue
        assert.equal(Messages[0].Reason, 'no key for codes: neither --code-key-file nor --kms-region is set')
        break
      }
    })
  })
}
