import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { SMTPServer } from 'smtp-server'
import { certificateFiles } from '../support/certificate-files.ts'
import { LifeguardProcess, lifeguard, masterKey, takenPort, temporaryFolder } from './lifeguard-process.ts'

const folder = temporaryFolder()
const env = {
  LIFEGUARD_DATABASE: `sqlite:${join(folder, 'check.db')}`,
  LIFEGUARD_MASTER_KEY: masterKey,
  LIFEGUARD_PUBLIC_URL: 'https://id.example.test',
  LIFEGUARD_PORT: '0',
}

/** The results of one check, as `level message`, and the exit code. */
async function check(name: string, flags: readonly string[], extraEnv: Record<string, string> = {}) {
  const { code, stdout, stderr } = await lifeguard(['check-config', '--json', ...flags], { ...env, ...extraEnv })
  assert.ok(stdout !== '', stderr)
  const results = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { level: string; check: string; message: string })
  return { code, lines: results.filter((result) => result.check === name).map(({ level, message }) => `${level} ${message}`) }
}

function file(name: string, content: string, mode = 0o600): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  chmodSync(path, mode)
  return path
}

before(async () => {
  assert.equal((await lifeguard(['keys', 'create'], env)).code, 0)
})

describe('lifeguard check-config', () => {
  it('prints one line for each result, and exits with 0 when there are only warnings', async () => {
    const { code, stdout, stderr } = await lifeguard(['check-config'], env)
    assert.deepEqual([code, stderr], [0, ''])
    assert.deepEqual(stdout.split('\n'), [
      'ok       The settings are complete and do not contradict each other.',
      'ok       --public-url: https://id.example.test is the beginning of the issuer in tokens.',
      'ok       --master-key: the master key is set.',
      `ok       --database: ${join(folder, 'check.db')} can be read, and its schema is up to date.`,
      'ok       --master-key: the master key is the one of the database.',
      'warning  No gateway for e-mail is set, so e-mail would wait in the outbox. Set --smtp-url or --ses-region.',
      'warning  No gateway for SMS is set, so SMS would wait in the outbox. Set --sms-gateway-url, --twilio-url or --sns-region.',
      'ok       --port: any free port is used.',
      '',
    ])
  })

  it('reports everything that is wrong at once, without any secret', async () => {
    const flags = ['--port', 'x', '--tls-cert', 'a.pem', '--functions', join(folder, 'none'), '--quotas', '{"cats":1}', '--region', 'local']
    const secrets = {
      LIFEGUARD_MASTER_KEY: 'hunter2',
      LIFEGUARD_SMTP_URL: 'smtp://ana:hunter2@127.0.0.1:1',
      LIFEGUARD_TWILIO_URL: 'https://SID:hunter2@127.0.0.1:1/hunter2',
      LIFEGUARD_DATABASE: 'postgres://ana:hunter2@127.0.0.1:1/none?password=hunter2',
    }
    const { code, stdout, stderr } = await lifeguard(['check-config', ...flags], { ...env, ...secrets })
    const errors = stdout.split('\n').filter((line) => line.startsWith('error'))
    const starts = [
      '--port: "x" is not a whole number',
      'LIFEGUARD_MASTER_KEY: a master key must be 32 bytes',
      '--tls-cert and --tls-key go together',
      '--email-from is required with --smtp-url',
      '--twilio-url and --twilio-from go together',
      '--region: local is for dev only',
      '--quotas: "cats" is not a quota.',
      '--functions: ',
      '--database: Cannot reach PostgreSQL at 127.0.0.1:1',
      '--smtp-url: the mail server 127.0.0.1:1 cannot be used: nothing listens there.',
      '--twilio-url: the gateway 127.0.0.1:1 cannot be used: nothing listens there.',
    ]
    assert.equal(errors.length, starts.length, stdout)
    for (const [at, start] of starts.entries()) assert.ok(errors[at]?.startsWith(`error    ${start}`), `${start}\n${stdout}`)
    assert.doesNotMatch(stdout + stderr, /hunter2/)
    assert.deepEqual([code, stderr], [1, 'lifeguard: 11 errors. Correct them before the next start.\n'])
    assert.doesNotMatch(stdout, /9911/, 'the default of a wrong setting was checked')
  })

  it('checks the settings of dev when its argument is dev, and rejects an unknown argument', async () => {
    const flags = ['dev', '--host', '0.0.0.0', '--data', join(folder, 'dev')]
    const { stdout, code } = await lifeguard(['check-config', ...flags], { LIFEGUARD_PORT: '0' })
    assert.equal(code, 1)
    assert.match(stdout, /^error {4}--host: 0\.0\.0\.0 is not a loopback address/)
    assert.match((await lifeguard(['check-config', 'prod'], env)).stderr, /"prod" is not expected here/)
  })

  it('warns of a public URL without encryption', async () => {
    const { code, lines } = await check('settings', ['--allow-http', '--public-url', 'http://id.example.test'])
    assert.equal(code, 0)
    assert.match(lines[1] ?? '', /^warning --public-url: http:\/\/id\.example\.test is not encrypted\./)
  })
})

describe('lifeguard check-config with key files', () => {
  const without = { LIFEGUARD_MASTER_KEY: '' }
  const cases = [
    { what: 'a good one', path: file('good.key', masterKey), says: /^ok --master-key-file: .*good\.key holds a master key\.$/ },
    {
      what: 'a missing one',
      path: join(folder, 'none.key'),
      says: /^error --master-key-file: .*none\.key does not exist\. Make a master key/,
    },
    { what: 'one that all may read', path: file('open.key', masterKey, 0o644), says: /^error .*can be read by every user/ },
    { what: 'one that others may change', path: file('loose.key', masterKey, 0o620), says: /^error .*can be changed by others/ },
    {
      what: 'one without a key',
      path: file('short.key', 'hunter2'),
      says: /^error --master-key-file .*short\.key: a master key must be 32 bytes/,
    },
  ]
  for (const { what, path, says } of cases) {
    it(`reports ${what}`, async () => {
      const { code, lines } = await check('keys', ['--master-key-file', path], without)
      assert.match(lines.join('\n'), says)
      assert.equal(code, says.source.startsWith('^ok') ? 0 : 1)
    })
  }

  it('checks the file of each key', async () => {
    const flags = ['--code-key-file', join(folder, 'no-code.key'), '--previous-master-key-file', join(folder, 'no-previous.key')]
    const { lines } = await check('keys', flags)
    assert.match(lines.join('\n'), /^ok --master-key.*\nerror --previous-master-key-file: .*\nerror --code-key-file: .*$/)
  })

  it('rejects a previous master key that is the master key', async () => {
    const { code, lines } = await check('keys', ['--previous-master-key-file', file('same.key', masterKey)])
    assert.equal(code, 1)
    assert.match(lines.at(-1) ?? '', /^error --previous-master-key-file: this is the same key as the master key/)
  })
})

describe('lifeguard check-config with a certificate', () => {
  const checkTls = (cert: string, key: string) => check('tls', ['--tls-cert', cert, '--tls-key', key])

  it('accepts one that fits its key, is valid and names the public host', async () => {
    const { cert, key } = await certificateFiles(folder, 'id.example.test', 300)
    const { code, lines } = await checkTls(cert, key)
    assert.equal(code, 0)
    assert.equal(lines.length, 1)
    assert.match(lines[0] ?? '', /^ok --tls-cert: .* fits --tls-key and is valid until \d{4}-\d\d-\d\d\.$/)
  })

  it('warns when it expires within 30 days, and when it is for another host', async () => {
    const { cert, key } = await certificateFiles(folder, 'other.example.test', 10)
    const { code, lines } = await checkTls(cert, key)
    assert.equal(code, 0)
    assert.match(
      lines[0] ?? '',
      /^warning --tls-cert: the certificate of other\.example\.test in .* expires on \S+, in (8|9|10) days\. Renew it\.$/,
    )
    assert.match(lines[1] ?? '', /^warning --tls-cert: .* is not for id\.example\.test, the host of --public-url/)
  })

  it('rejects one that has expired or has another key', async () => {
    const expired = await certificateFiles(folder, 'id.example.test', -2)
    const other = await certificateFiles(folder, 'id.example.test', 200)
    const { code, lines } = await checkTls(expired.cert, other.key)
    assert.equal(code, 1)
    assert.match(
      lines.join('\n'),
      /^error --tls-cert: .* expired on .* Renew it\.\nerror --tls-key: .* is not the key of the first certificate/,
    )
  })

  it('rejects files that are missing or hold something else', async () => {
    const { code, lines } = await checkTls(join(folder, 'no.pem'), file('odd.pem', 'hunter2'))
    assert.equal(code, 1)
    assert.match(
      lines.join('\n'),
      /^error --tls-cert: .* cannot be read \(ENOENT\)\.\nerror --tls-key: .* holds no private key that can be used/,
    )
  })
})

describe('lifeguard check-config with trigger functions', () => {
  it('names each module that cannot be parsed, and runs no module', async () => {
    const functions = temporaryFolder()
    const write = (name: string, text: string) => writeFileSync(join(functions, name), text)
    write('good.mjs', 'process.exit(7)\nexport const handler = async (event) => event')
    write('typed.ts', 'export const handler = async (event: unknown): Promise<unknown> => event')
    const good = await check('functions', ['--functions', functions])
    assert.deepEqual(good, { code: 0, lines: [`ok --functions: ${functions} has 2 modules without syntax errors.`] })

    write('bad.mjs', '\nexport const handler = async (event) => {')
    write('enum.ts', 'export enum Colour { red }')
    const { code, lines } = await check('functions', ['--functions', functions])
    assert.equal(code, 1)
    assert.match(
      lines.join('\n'),
      /^error --functions: .*bad\.mjs:\d+ cannot be parsed \(.+\)\. .*\nerror --functions: .*enum\.ts cannot be parsed \(.*enum.*\)\. .*$/,
    )
  })

  it('accepts a correct functions file, and names an entry whose module is missing', async () => {
    const good = file('functions.json', '{"a": {"url": "https://a.example.test"}}')
    assert.deepEqual((await check('functions', ['--functions-file', good])).lines, [`ok --functions-file: ${good} has 1 entry.`])
    const { code, lines } = await check('functions', ['--functions-file', file('odd.json', '{"a": {"module": "none.mjs"}}')])
    assert.equal(code, 1)
    assert.match(lines.join(), /^error --functions-file: .*"a" has a module that is not a file/)
  })
})

describe('lifeguard check-config with gateways', () => {
  const smtp = new SMTPServer({
    allowInsecureAuth: true,
    hideSTARTTLS: true,
    onAuth: ({ username, password }, _session, done) =>
      username === 'ana' && password === 'right' ? done(null, { user: 'ana' }) : done(new Error('hunter2 is wrong')),
    onMailFrom: () => assert.fail('a message was sent'),
  })
  const silent = createServer().on('connection', (socket) => socket.on('error', () => undefined))
  let ports: { smtp: number; silent: number }
  before(async () => {
    const smtpListener = smtp.listen(0, '127.0.0.1')
    silent.listen(0, '127.0.0.1')
    await Promise.all([once(smtpListener, 'listening'), once(silent, 'listening')])
    ports = { smtp: (smtpListener.address() as AddressInfo).port, silent: (silent.address() as AddressInfo).port }
  })
  after(() => {
    smtp.close()
    silent.close()
  })
  const checkSmtp = async (url: string) => {
    const { code, lines } = await check('gateways', ['--email-from', 'no-reply@example.test'], { LIFEGUARD_SMTP_URL: url })
    return { code, line: lines[0] ?? '' }
  }

  it('accepts a mail server that accepts the password', async () => {
    const { code, line } = await checkSmtp(`smtp://ana:right@127.0.0.1:${ports.smtp}`)
    assert.deepEqual([code, line], [0, `ok --smtp-url: the mail server 127.0.0.1:${ports.smtp} accepts connections.`])
  })

  it('rejects a mail server that refuses the password, has an unknown host name, or does not answer', async () => {
    const wrong = await checkSmtp(`smtp://ana:hunter2@127.0.0.1:${ports.smtp}`)
    const refused = `error --smtp-url: the mail server 127.0.0.1:${ports.smtp} cannot be used: it refuses the user name or the password.`
    assert.deepEqual(wrong, { code: 1, line: refused })
    const { line } = await checkSmtp('smtp://mail.invalid')
    assert.equal(line, 'error --smtp-url: the mail server mail.invalid cannot be used: the host name is unknown.')
    assert.match((await checkSmtp(`smtp://127.0.0.1:${ports.silent}`)).line, /cannot be used: no answer within 5 seconds\.$/)
  })

  it('connects to HTTP gateways; names those of AWS without a connection', async () => {
    const token = { LIFEGUARD_TWILIO_URL: `http://SID:hunter2@127.0.0.1:${ports.silent}/x`, LIFEGUARD_TWILIO_FROM: 'Lifeguard' }
    const twilio = await check('gateways', ['--ses-region', 'eu-west-1', '--email-from', 'no-reply@example.test'], token)
    assert.deepEqual(twilio.lines, [
      'ok --ses-region: e-mail goes by Amazon SES in eu-west-1. Its credentials were not tried.',
      `ok --twilio-url: the gateway 127.0.0.1:${ports.silent} accepts connections. Its credentials were not tried.`,
    ])
    const own = await check('gateways', [], { LIFEGUARD_SMS_GATEWAY_URL: 'http://sms.invalid/hunter2' })
    assert.equal(own.lines[1], 'error --sms-gateway-url: the gateway sms.invalid cannot be used: the host name is unknown.')
  })
})

describe('lifeguard check-config with a port', () => {
  it('accepts one that a Lifeguard uses, and rejects one of another program', async () => {
    const taken = await takenPort()
    const other = await check('port', ['--port', String(taken.port)])
    assert.equal(other.code, 1)
    assert.match(other.lines.join(), /^error --port: \d+ on 127\.0\.0\.1 is already in use\./)
    taken.release()

    await using server = new LifeguardProcess(['serve'], env)
    const { port } = new URL(await server.url())
    const { code, lines } = await check('port', ['--port', port])
    assert.deepEqual([code, lines], [0, [`ok --port: ${port} on 127.0.0.1 is in use by a running Lifeguard.`]])
  })

  it('rejects a host that is not of this machine', async () => {
    const { lines } = await check('port', ['--port', '9911', '--host', '192.0.2.1'])
    assert.deepEqual(lines, ['error --host: 192.0.2.1 is not an address of this machine.'])
  })
})
