import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { lifeguard, masterKey, takenPort, temporaryFolder } from './lifeguard-process.ts'

const folder = temporaryFolder()
const file = join(folder, 'a-file')
writeFileSync(file, 'not json, not a key: hunter2', { mode: 0o600 })
const listConfig = join(folder, 'list.json')
writeFileSync(listConfig, '[]')
const oddConfig = join(folder, 'odd.json')
writeFileSync(oddConfig, '{"prot": 1}')

const database = `sqlite:${join(folder, 'never-made.db')}`
const production = {
  LIFEGUARD_MASTER_KEY: masterKey,
  LIFEGUARD_DATABASE: database,
  LIFEGUARD_PUBLIC_URL: 'https://id.example.test',
  LIFEGUARD_DATABASE_WAIT_SECONDS: '0',
}
const without = (name: keyof typeof production) => Object.fromEntries(Object.entries(production).filter(([key]) => key !== name))

const mistakes: readonly { what: string; args: readonly string[]; env?: Record<string, string>; says: RegExp }[] = [
  { what: 'an unknown command', args: ['sevre'], says: /"sevre" is not a command/ },
  { what: 'an unknown second word of a command', args: ['keys', 'crate'], says: /"keys crate" is not a command/ },
  {
    what: 'a command without its second word',
    args: ['keys'],
    says: /"keys" is not a command\. Commands: dev, serve, keys create, keys list, /,
  },
  { what: 'a flag before the command', args: ['--port', '1'], says: /"--port" is not a command\. Commands: dev, serve, / },
  { what: 'an unexpected argument', args: ['dev', 'now'], says: /"now" is not expected/ },
  {
    what: 'a flag that npm has removed',
    args: ['dev', '9912'],
    says: /"9912" is not expected here\. With npm, .*npm start -- --port 9912/,
  },
  { what: 'an unknown flag', args: ['dev', '--prot', '1'], says: /--prot: this flag does not exist\. Did you mean --port\?/ },
  {
    what: 'a flag that begins with the name of a real one',
    args: ['dev', '--data-dir', 'x'],
    says: /--data-dir: .* Did you mean --data\?/,
  },
  { what: 'an unknown flag that resembles no real one', args: ['dev', '--verbose'], says: /--verbose: this flag does not exist\. See: / },
  { what: 'an unknown short flag', args: ['dev', '-p', '1'], says: /-p: this flag does not exist/ },
  { what: 'a flag without its value', args: ['dev', '--port'], says: /--port: this flag needs a value/ },
  { what: 'a flag in the place where a value is expected', args: ['dev', '--data', '--port'], says: /--data: this flag needs a value/ },
  { what: 'a port that is not a number', args: ['dev', '--port', '80a'], says: /--port: "80a" is not a whole number from 0 to 65535/ },
  ...['https://login.example.test', 'http://login.example.test=shop', 'http://localhost.example.test=shop', 'https://a.test=b,c'].map(
    (pairs) => ({
      what: `a wrong pair of issuer and client id in ${pairs}`,
      args: ['dev', '--openid-clients', pairs],
      says: /--openid-clients: ".*" is not one or more pairs of an issuer and a client id/,
    }),
  ),
  ...['https://localhost:1/a=shop,http://localhost:1/a=shop', 'https://a.test/B=shop,https://c.test=app,https://a.test/b=shop'].map(
    (pairs) => ({
      what: `two issuers with the same name in ${pairs}`,
      args: ['dev', '--openid-clients', pairs],
      says: /--openid-clients: https:\/\/\S+ and https?:\/\/\S+ cannot be told apart/,
    }),
  ),
  ...['https://a.test', 'corp=http://a.test', 'corp=metadata.xml', 'a b=https://a.test', 'corp=https://a.test,'].map((pairs) => ({
    what: `a wrong pair of SAML provider and metadata in ${pairs}`,
    args: ['dev', '--saml-providers', pairs],
    says: /--saml-providers: ".*" is not one or more pairs of a name and a URL or an absolute path/,
  })),
  {
    what: 'a SAML provider that is named twice',
    args: ['dev', '--saml-providers', 'corp=https://a.test,lab=/lab.xml,corp=https://b.test'],
    says: /--saml-providers: corp is there twice\. Leave one of them out\./,
  },
  ...['https://a.test', 'github.com=https://a.test', 'www.amazon.com=http://a.test', 'www.amazon.com=https://a.test,'].map((pairs) => ({
    what: `a wrong pair of login provider and URL in ${pairs}`,
    args: ['dev', '--login-provider-urls', pairs],
    says: /--login-provider-urls: ".*" is not one or more pairs of graph\.facebook\.com, /,
  })),
  {
    what: 'an STS whose credentials would not be encrypted',
    args: ['dev', '--sts-url', 'http://sts.example.test'],
    says: /--sts-url: only a loopback address may be http:/,
  },
  {
    what: 'an STS with a user name or password in its address',
    args: ['dev', '--sts-url', 'https://ana:hunter2@sts.example.test'],
    says: /--sts-url: the URL must not contain a user name or password/,
  },
  { what: 'a wrong port in LIFEGUARD_PORT', args: ['dev'], env: { LIFEGUARD_PORT: '70000' }, says: /LIFEGUARD_PORT: "70000" is not/ },
  { what: 'a host of dev that is not loopback', args: ['dev', '--host', '0.0.0.0'], says: /--host: 0\.0\.0\.0 is not a loopback address/ },
  { what: 'an invalid region', args: ['dev', '--region', 'home'], says: /--region: "home" is not a region name/ },
  {
    what: 'a region that only dev accepts',
    args: ['serve', '--region', 'local'],
    env: production,
    says: /--region: local is for dev only/,
  },
  { what: 'an unknown log level', args: ['dev', '--log-level', 'loud'], says: /--log-level: "loud" is not one of trace, debug/ },
  { what: 'a data folder that is a file', args: ['dev', '--port', '0', '--data', file], says: /--data: .* is not a folder/ },
  {
    what: 'a data folder that cannot be created',
    args: ['dev', '--port', '0', '--data', '/proc/lifeguard'],
    says: /--data: .* cannot be made or written to \(ENOENT\)/,
  },
  { what: 'a missing configuration file', args: ['dev', '--config', join(folder, 'none')], says: /--config: .* cannot be read \(ENOENT\)/ },
  { what: 'a configuration file that is not JSON', args: ['dev', '--config', file], says: /--config: .* is not valid JSON\./ },
  { what: 'a configuration file with a list', args: ['dev', '--config', listConfig], says: /--config: .* one JSON object/ },
  { what: 'a configuration file with an unknown name', args: ['dev', '--config', oddConfig], says: /--config: .* sets "prot"/ },
  {
    what: 'an unknown quota',
    args: ['dev', '--port', '0', '--data', join(folder, 'quotas'), '--quotas', '{"terms": 1}'],
    says: /--quotas: "terms" is not a quota\. The quotas are: userPools, /,
  },
  { what: 'serve without a public URL', args: ['serve'], env: without('LIFEGUARD_PUBLIC_URL'), says: /--public-url .* is required/ },
  { what: 'serve without a database', args: ['serve'], env: without('LIFEGUARD_DATABASE'), says: /--database .* is required/ },
  { what: 'serve without a master key', args: ['serve'], env: without('LIFEGUARD_MASTER_KEY'), says: /--master-key-file .* is required/ },
  {
    what: 'a short master key',
    args: ['serve'],
    env: { ...production, LIFEGUARD_MASTER_KEY: 'aHVudGVyMg==' },
    says: /LIFEGUARD_MASTER_KEY: .*32 bytes/,
  },
  {
    what: 'a master key file of the wrong length',
    args: ['serve', '--port', '0', '--master-key-file', file],
    env: without('LIFEGUARD_MASTER_KEY'),
    says: /--master-key-file .*32 bytes/,
  },
  { what: 'two master keys', args: ['serve', '--master-key-file', file], env: production, says: /both set/ },
  {
    what: 'a public URL without encryption',
    args: ['serve', '--public-url', 'http://id.example.test'],
    env: production,
    says: /--public-url: http:\/\/id\.example\.test is not encrypted.*--allow-http/,
  },
  {
    what: 'a public URL with a path',
    args: ['serve', '--public-url', 'https://id.example.test/auth'],
    env: production,
    says: /--public-url: .*scheme and a host only/,
  },
  {
    what: '--https in production',
    args: ['serve', '--https'],
    env: production,
    says: /--https: only dev makes certificates\. Use --tls-cert and --tls-key, or a proxy with TLS\./,
  },
  {
    what: '--apply in production',
    args: ['serve', '--apply', 'pools.yaml'],
    env: production,
    says: /--apply: only dev applies files by itself\. For a server in production, run: lifeguard apply FILE/,
  },
  {
    what: 'two certificates',
    args: ['dev', '--https', '--tls-cert', file, '--tls-key', file],
    says: /--https and --tls-cert are both set/,
  },
  {
    what: 'a certificate without its key',
    args: ['serve', '--tls-cert', file],
    env: production,
    says: /--tls-cert and --tls-key go together/,
  },
  {
    what: 'a certificate that cannot be read',
    args: ['serve', '--port', '0', '--tls-cert', join(folder, 'none'), '--tls-key', file],
    env: production,
    says: /--tls-cert: .* cannot be read \(ENOENT\)/,
  },
  {
    what: 'an invalid certificate',
    args: ['serve', '--port', '0', '--tls-cert', file, '--tls-key', file],
    env: production,
    says: /--tls-cert: .* cannot be used/,
  },
  {
    what: 'a mail server without a sender address',
    args: ['serve', '--smtp-url', 'smtp://mail.test'],
    env: production,
    says: /--email-from is required/,
  },
  {
    what: 'an unknown kind of database',
    args: ['serve', '--database', 'mysql://u:hunter2@db/x'],
    env: production,
    says: /--database: the value is not an address/,
  },
  {
    what: 'a password that makes the URL invalid',
    args: ['serve', '--database', 'postgres://u:hunter2#@db/x'],
    env: production,
    says: /--database: the value is not a complete address.*percent-encoded/,
  },
  {
    what: 'a database name with invalid percent-encoding',
    args: ['serve', '--port', '0', '--database', 'postgres://u:hunter2@127.0.0.1:1/%zz'],
    env: production,
    says: /--database: Cannot (use|reach) PostgreSQL at 127\.0\.0\.1:1: /,
  },
  {
    what: 'a database that does not answer',
    args: ['serve', '--port', '0', '--database', 'postgres://u:hunter2@127.0.0.1:1/x'],
    env: production,
    says: /--database: /,
  },
  {
    what: 'a policy that cannot be read',
    args: ['keys', 'create', '--policy', join(folder, 'none')],
    env: production,
    says: /--policy: .* cannot be read/,
  },
  {
    what: 'an invalid policy',
    args: ['keys', 'create', '--policy', listConfig],
    env: production,
    says: /--policy: The policy must be a JSON object/,
  },
  {
    what: 'an access key that would last zero seconds',
    args: ['keys', 'create', '--session-seconds', '0'],
    env: production,
    says: /--session-seconds: "0" is not/,
  },
  {
    what: 'the deletion of an access key that does not exist',
    args: ['keys', 'delete', 'AKIANOTTHERE00000000'],
    env: production,
    says: /There is no access key/,
  },
]

describe('A mistake in the settings', { concurrency: 2 }, () => {
  for (const { what, args, env, says } of mistakes) {
    it(`ends the program with one line and no secret: ${what}`, async () => {
      const { code, stdout, stderr } = await lifeguard(args, env)
      assert.equal(code, 1)
      assert.match(stderr, says)
      assert.match(stderr, /^lifeguard: .+\n$/, 'one line')
      assert.equal(stdout, '')
      assert.doesNotMatch(stderr, /hunter2|aHVudGVyMg/, 'no secret')
    })
  }

  it('ends the program with one line: a port in use', async () => {
    const { port, release } = await takenPort()
    const { code, stderr } = await lifeguard(['dev', '--port', String(port), '--data', join(folder, 'unused')])
    release()
    assert.equal(code, 1)
    assert.match(stderr, new RegExp(`^lifeguard: --port: ${port} on 127\\.0\\.0\\.1 is already in use\\..+\\n$`))
  })
})
