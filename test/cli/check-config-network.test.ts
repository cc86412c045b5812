import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { SMTPServer } from 'smtp-server'
import { LifeguardProcess, lifeguard, takenPort } from './lifeguard-process.ts'
import { check, env, folder } from './one-check.ts'

before(async () => {
  assert.equal((await lifeguard(['keys', 'create'], env)).code, 0)
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

  it('rejects a mail server that refuses the password, has an unknown name, or says nothing', async () => {
    const wrong = await checkSmtp(`smtp://ana:hunter2@127.0.0.1:${ports.smtp}`)
    const refused = `error --smtp-url: the mail server 127.0.0.1:${ports.smtp} cannot be used: it refuses the user name or the password.`
    assert.deepEqual(wrong, { code: 1, line: refused })
    const { line } = await checkSmtp('smtp://mail.invalid')
    assert.equal(line, 'error --smtp-url: the mail server mail.invalid cannot be used: the host name is unknown.')
    assert.match((await checkSmtp(`smtp://127.0.0.1:${ports.silent}`)).line, /cannot be used: no answer within 5 seconds\.$/)
  })

  it('reports a malformed address of the mail server once, and still checks the gateway for SMS', async () => {
    const flags = ['--email-from', 'no-reply@example.test', '--sns-region', 'eu-west-1']
    const settings = await check('settings', flags, { LIFEGUARD_SMTP_URL: 'smtp://ana:hunter2%@127.0.0.1' })
    assert.equal(settings.code, 1)
    assert.match(settings.lines.join(), /^error --smtp-url: the user name or the password is not percent-encoded correctly\./)
    const { lines } = await check('gateways', flags, { LIFEGUARD_SMTP_URL: 'smtp://ana:hunter2%@127.0.0.1' })
    assert.deepEqual(lines, ['ok --sns-region: SMS go by Amazon SNS in eu-west-1. Its credentials were not tried.'])
  })

  it('connects to HTTP gateways, and only names those of AWS', async () => {
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

describe('lifeguard check-config with the delivery of logs', () => {
  it('connects to the servers that stand for AWS, and looks whether the file of the events can be written', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const flags = ['--aws-log-delivery', '--s3-endpoint', `http://127.0.0.1:${port}`, '--firehose-endpoint', 'https://firehose.invalid']
    const file = join(folder, 'events.jsonl')
    const { code, lines } = await check('log delivery', [...flags, '--auth-events-file', file])
    assert.equal(code, 1)
    assert.deepEqual(lines, [
      `ok --auth-events-file: ${file} can be written.`,
      `ok --s3-endpoint: the server 127.0.0.1:${port} accepts connections. Its credentials were not tried.`,
      'error --firehose-endpoint: the server firehose.invalid cannot be used: the host name is unknown.',
      'ok --aws-log-delivery: logs of pools go to AWS. Its credentials were not tried.',
    ])
    silent.close()
    const missing = join(folder, 'missing', 'events.jsonl')
    const without = await check('log delivery', ['--auth-events-file', missing])
    assert.deepEqual(without.lines, [`error --auth-events-file: ${missing} cannot be written (ENOENT).`])
  })
})

describe('lifeguard check-config with the STS of another server', () => {
  it('connects to it, and names the issuer that it has to trust', async () => {
    const sts = createServer((socket) => socket.on('data', () => assert.fail('a request was sent'))).listen(0, '127.0.0.1')
    try {
      await once(sts, 'listening')
      const host = `127.0.0.1:${(sts.address() as AddressInfo).port}`
      const { lines } = await check('sts', ['--sts-url', `http://${host}`])
      const issuer = 'https://id.example.test/identity'
      assert.deepEqual(lines, [
        `ok --sts-url: the STS ${host} accepts connections. It must trust the issuer ${issuer}, which was not tried.`,
      ])
    } finally {
      sts.close()
    }
  })

  it('rejects one that does not exist, and says nothing without the setting', async () => {
    const { code, lines } = await check('sts', ['--sts-url', 'https://sts.invalid'])
    assert.deepEqual([code, lines], [1, ['error --sts-url: the STS sts.invalid cannot be used: the host name is unknown.']])
    assert.deepEqual((await check('sts', [])).lines, [])
  })
})

describe('lifeguard check-config with a port', () => {
  it('warns of one that a Lifeguard uses, and rejects one of another program', async () => {
    const taken = await takenPort()
    const other = await check('port', ['--port', String(taken.port)])
    assert.equal(other.code, 1)
    assert.match(other.lines.join(), /^error --port: \d+ on 127\.0\.0\.1 is already in use\./)
    taken.release()

    await using server = new LifeguardProcess(['serve'], env)
    const { port } = new URL(await server.url())
    const { code, lines } = await check('port', ['--port', port])
    assert.deepEqual(
      [code, lines],
      [0, [`warning --port: ${port} on 127.0.0.1 is in use by a running Lifeguard. Stop it before this start.`]],
    )
  })

  it('rejects one of another program that passes a health check as well', async () => {
    const healthy = createHttpServer((_request, response) => response.end('{"status":"ok"}')).listen(0, '127.0.0.1')
    try {
      await once(healthy, 'listening')
      const { code, lines } = await check('port', ['--port', String((healthy.address() as AddressInfo).port)])
      assert.equal(code, 1)
      assert.match(lines.join(), /^error --port: \d+ on 127\.0\.0\.1 is already in use\./)
    } finally {
      healthy.close()
    }
  })

  it('rejects a host that is not of this machine', async () => {
    const { lines } = await check('port', ['--port', '9911', '--host', '192.0.2.1'])
    assert.deepEqual(lines, ['error --host: 192.0.2.1 is not an address of this machine.'])
  })
})
