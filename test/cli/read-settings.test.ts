import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { variableOf } from '../../src/setting-spec.ts'
import { readSettings, SettingsError } from '../../src/settings.ts'
import { settingsTable } from '../../src/settings-table.ts'
import { masterKey, temporaryFolder } from './lifeguard-process.ts'

const folder = temporaryFolder()
const dev = (argv: readonly string[] = [], env: Record<string, string> = {}) => readSettings({ argv, env, command: 'dev' })
const production = { LIFEGUARD_MASTER_KEY: masterKey, LIFEGUARD_DATABASE: 'sqlite:/srv/id.db' }
const serve = (publicUrl: string, ...argv: string[]) =>
  readSettings({ argv, env: { ...production, LIFEGUARD_PUBLIC_URL: publicUrl }, command: 'serve' })

function configFile(content: object): string {
  const path = join(folder, 'config.json')
  writeFileSync(path, JSON.stringify(content))
  return path
}

describe('Settings', () => {
  it('come from the flag, else the variable, else the file, else the default', () => {
    const file = configFile({ port: 3, region: 'eu-west-3', 'account-id': '333333333333', 'allow-http': true })
    const settings = dev(['--port', '1', '--config', file], { LIFEGUARD_PORT: '2', LIFEGUARD_REGION: 'eu-west-2' })
    assert.equal(settings.port, 1)
    assert.equal(settings.region, 'eu-west-2')
    assert.equal(settings.accountId, '333333333333')
    assert.equal(settings.allowHttp, true)
    assert.equal(settings.host, '127.0.0.1')
  })

  it('are read from the file that LIFEGUARD_CONFIG names', () => {
    assert.equal(dev([], { LIFEGUARD_CONFIG: configFile({ port: 4 }) }).port, 4)
  })

  it('treat an empty variable as unset', () => {
    assert.equal(dev([], { LIFEGUARD_PORT: '' }).port, 9911)
  })

  it('accept `--flag=value` and `--flag value`', () => {
    assert.equal(dev(['--port=5']).port, 5)
    assert.equal(dev(['--port', '6']).port, 6)
    assert.equal(dev(['--allow-http']).allowHttp, true)
    assert.equal(dev(['--data=--odd']).data, '--odd')
  })

  it('read quotas as JSON text, or in the configuration file as a JSON object, and reject anything else', () => {
    assert.deepEqual(dev(['--quotas', '{"termsPerPool": 7}']).quotas, { termsPerPool: 7 })
    assert.deepEqual(dev(['--config', configFile({ quotas: { termsPerPool: 8, userPools: 0 } })]).quotas, { termsPerPool: 8, userPools: 0 })
    for (const bad of ['', '7', '[7]', 'null', '{"termsPerPool": -1}', '{"termsPerPool": 1.5}', '{"termsPerPool": "7"}', '{'])
      assert.throws(() => dev(['--quotas', bad]), /--quotas: .* is not a JSON object of whole numbers by name/)
    assert.throws(() => dev(['--config', configFile({ quotas: [1] })]), SettingsError)
  })

  it('have a variable of their own each, whose name begins with LIFEGUARD_', () => {
    const variables = Object.values(settingsTable).map(variableOf)
    assert.equal(new Set(variables).size, variables.length)
    assert.ok(variables.every((name) => /^LIFEGUARD_[A-Z\d_]+$/.test(name)))
  })

  it('normalize the public URL: lower case, no default port, no slash at its end', () => {
    assert.equal(serve('https://ID.example.test/').publicUrl, 'https://id.example.test')
    assert.equal(serve('https://id.example.test:443').publicUrl, 'https://id.example.test')
  })

  it('accept an http: public URL of `serve` only on loopback or with --allow-http', () => {
    for (const url of ['http://localhost:9911', 'http://127.0.0.1', 'http://[::1]:8080']) assert.equal(serve(url).publicUrl, url)
    assert.throws(() => serve('http://id.example.test'), SettingsError)
    assert.throws(() => serve('http://localhost.example.test'), SettingsError)
    assert.equal(serve('http://id.example.test', '--allow-http').publicUrl, 'http://id.example.test')
  })

  it('read a master key in base64, base64url and hex, and reject one that is not 32 bytes long', () => {
    const key = Buffer.alloc(32, 0xfb)
    for (const encoding of ['base64', 'base64url', 'hex'] as const) {
      assert.deepEqual(dev([], { LIFEGUARD_MASTER_KEY: key.toString(encoding) }).masterKey, key)
    }
    for (const length of [0, 16, 31, 33, 64]) {
      assert.throws(() => dev(['--master-key', Buffer.alloc(length, 1).toString('base64')]), SettingsError)
    }
    assert.throws(() => dev(['--master-key', '!'.repeat(44)]), SettingsError)
  })
})
