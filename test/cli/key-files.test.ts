import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { LifeguardProcess, masterKey, temporaryFolder } from './lifeguard-process.ts'

const folder = temporaryFolder()
const keyFile = join(folder, 'some.key')
writeFileSync(keyFile, masterKey)

const common = { LIFEGUARD_DATABASE: `sqlite:${join(folder, 'keys.db')}`, LIFEGUARD_PUBLIC_URL: 'https://id.example.test' }
const settings = [
  { flag: '--master-key-file', env: common },
  { flag: '--code-key-file', env: { ...common, LIFEGUARD_MASTER_KEY: masterKey } },
] as const

for (const { flag, env } of settings) {
  describe(`The key file of ${flag}`, () => {
    const start = (file: string, ...more: string[]) =>
      new LifeguardProcess(['serve', '--port', '0', '--create-database', flag, file, ...more], env)

    async function refuses(says: RegExp, file: string, ...more: string[]): Promise<void> {
      await using server = start(file, ...more)
      const { code, stdout, stderr } = await server.ended
      assert.equal(code, 1)
      assert.equal(stdout, '')
      assert.match(stderr, says)
      assert.ok(!stderr.includes(masterKey))
    }

    async function takes(mode: number, ...more: string[]): Promise<void> {
      chmodSync(keyFile, mode)
      await using server = start(keyFile, ...more)
      await server.url()
    }

    it('is accepted when its owner or its group may read it', async () => {
      await takes(0o600)
      await takes(0o440)
    })

    it('is rejected when every user may read it, unless --allow-readable-key-file is set', async () => {
      chmodSync(keyFile, 0o644)
      await refuses(
        /^lifeguard: --\S+-key-file: \S+ can be read by every user .*chmod 600 \S+some\.key.*--allow-readable-key-file/,
        keyFile,
      )
      await takes(0o444, '--allow-readable-key-file')
    })

    it('is rejected when others than its owner may write to it, even with --allow-readable-key-file', async () => {
      for (const mode of [0o620, 0o602, 0o666]) {
        chmodSync(keyFile, mode)
        await refuses(/^lifeguard: --\S+-key-file: \S+ can be changed by others than its owner.*chmod 600 /, keyFile)
        await refuses(/can be changed by others than its owner/, keyFile, '--allow-readable-key-file')
      }
    })

    it('is reported with a command that creates it when it is missing', async () => {
      const missing = join(folder, 'missing.key')
      await refuses(
        /^lifeguard: --\S+-key-file: \S+missing\.key does not exist\. Make .* with: \(umask 077 && openssl rand -base64 32 > \S+missing\.key\)/,
        missing,
      )
    })
  })
}
