import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { get } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CreateUserPoolCommand, ListUserPoolsCommand } from '@aws-sdk/client-cognito-identity-provider'
import { sdkClient } from '../support/test-server.ts'
import { LifeguardProcess, lifeguard, masterKey, temporaryFolder } from './lifeguard-process.ts'

const folder = temporaryFolder()
const startDev = (data: string, ...more: string[]) => new LifeguardProcess(['dev', '--port', '0', '--data', join(folder, data), ...more])
const startServe = (database: string, env: Record<string, string> = {}, cwd = folder) => {
  const needed = {
    LIFEGUARD_DATABASE: `sqlite:${join(folder, database)}`,
    LIFEGUARD_MASTER_KEY: masterKey,
    LIFEGUARD_PUBLIC_URL: 'https://id.example.test',
  }
  return new LifeguardProcess(['serve', '--port', '0', '--create-database'], { ...needed, ...env }, cwd)
}

async function statusOf(url: string, headers: Record<string, string> = {}): Promise<number> {
  const [response] = await once(get(url, { headers, agent: false }), 'response')
  response.resume()
  return response.statusCode
}

/** Sends the head of a request. Resolves when the server has begun to handle the request and waits for the body. */
async function halfRequest(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const target = 'X-Amz-Target: AWSCognitoIdentityProviderService.GetUser'
  const body = 'Content-Type: application/x-amz-json-1.1\r\nContent-Length: 2\r\nExpect: 100-continue'
  socket.write(`POST / HTTP/1.1\r\nHost: ${hostname}\r\n${target}\r\n${body}\r\n\r\n`)
  const [chunk] = await once(socket, 'data')
  assert.match(String(chunk), /100 Continue/)
  // A server that shuts down may reset the connection.
  socket.on('error', () => undefined)
  return socket
}

/** Resolves when the server accepts no more connections. */
async function refusesConnections(url: string): Promise<void> {
  const { hostname, port } = new URL(url)
  for (;;) {
    const socket = connect(Number(port), hostname)
    const refused = await Promise.race([once(socket, 'connect').then(() => false), once(socket, 'error').then(() => true)]).catch(
      () => true,
    )
    socket.destroy()
    if (refused) return
  }
}

describe('lifeguard dev', () => {
  it('prints its URLs, a command to try, and how long the start took', async () => {
    await using server = startDev('first')
    const url = await server.url()
    await server.says(/Try it:\n.*\n/)
    assert.match(server.stdout, /ready after \d+ ms/)
    assert.match(server.stdout, new RegExp(`Inbox +${url}/inbox`))
    assert.match(server.stdout, new RegExp(`aws cognito-idp create-user-pool .*--endpoint-url ${url} --region us-east-1`))
    assert.equal(await statusOf(`${url}/healthz`), 200)
    assert.equal(await statusOf(`${url}/readyz`), 200)
    assert.equal(await statusOf(`${url}/metrics`), 200)
  })

  it('creates its data folder and master key accessible to the owner only', async () => {
    await using server = startDev('private')
    await server.url()
    assert.equal(statSync(join(folder, 'private')).mode & 0o777, 0o700)
    assert.equal(statSync(join(folder, 'private', 'master.key')).mode & 0o777, 0o600)
  })

  it('rejects requests for a host name that is not loopback', async () => {
    await using server = startDev('guarded')
    const url = await server.url()
    for (const host of ['localhost', 'localhost:9911', 'app.auth.localhost', '127.0.0.1:1', '[::1]:9911']) {
      assert.equal(await statusOf(`${url}/healthz`, { host }), 200, host)
    }
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      '192.168.0.7',
      '[::2]',
      'localhost:80:80',
      '0x7f.1',
    ]) {
      assert.equal(await statusOf(`${url}/healthz`, { host }), 403, host)
    }
  })

  it('keeps its data after a restart and after a kill', async () => {
    const names: string[] = []
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      await using server = startDev('restarted')
      const client = sdkClient(await server.url(), 'us-east-1')
      names.push(`before ${signal}`)
      await client.send(new CreateUserPoolCommand({ PoolName: `before ${signal}` }))
      await server.stop(signal)
      client.destroy()
    }
    await using server = startDev('restarted')
    const client = sdkClient(await server.url(), 'us-east-1')
    const { UserPools } = await client.send(new ListUserPoolsCommand({ MaxResults: 10 }))
    client.destroy()
    assert.deepEqual(UserPools?.map(({ Name }) => Name).sort(), names.sort())
  })
})

describe('A signal', () => {
  it('lets the request in flight finish, rejects new connections, and ends the process with exit code 0', async () => {
    await using server = startDev('drained')
    const url = await server.url()
    const socket = await halfRequest(url)
    server.child.kill('SIGTERM')
    await refusesConnections(url)

    socket.write('{}')
    const [answer] = await once(socket, 'data')
    assert.match(String(answer), /^HTTP\/1\.1 4\d\d /)
    const { code, stderr } = await server.ended
    assert.equal(code, 0)
    assert.equal(stderr, '')
  })

  it('ends the process with exit code 0 although an idle connection is open', async () => {
    await using server = startDev('idle')
    const url = await server.url()
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    socket.on('error', () => undefined)
    const { code } = await server.stop('SIGINT')
    assert.equal(code, 0)
    socket.destroy()
  })

  it('ends the process after --shutdown-seconds although a request is in flight', async () => {
    await using server = startDev('late', '--shutdown-seconds', '0')
    const socket = await halfRequest(await server.url())
    const { code } = await server.stop()
    assert.equal(code, 0)
    socket.destroy()
  })

  it('ends the process at once when it arrives a second time', async () => {
    await using server = startDev('impatient')
    const socket = await halfRequest(await server.url())
    const again = setInterval(() => server.child.kill('SIGTERM'), 100)
    const { code } = await server.stop()
    clearInterval(again)
    assert.equal(code, 1)
    socket.destroy()
  })
})

describe('lifeguard serve', () => {
  it('logs neither codes nor usernames nor unknown paths', async () => {
    await using server = startServe('discreet.db')
    const url = await server.url()
    await statusOf(`${url}/confirmUser?client_id=1example23456789&user_name=ana&confirmation_code=424242`)
    await statusOf(`${url}/nowhere/hunter2?token=hunter2`)
    const { stdout } = await server.stop()
    assert.match(stdout, /GET \/confirmUser/)
    assert.doesNotMatch(stdout, /424242|hunter2|\bana\b/)
  })

  it('writes its log as JSON, and logs how long the start took', async () => {
    await using server = startServe('json.db')
    const url = await server.url()
    assert.equal(await statusOf(`${url}/readyz`, { host: 'id.example.test' }), 200)
    const { code, stdout } = await server.stop()
    assert.equal(code, 0)
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    assert.ok(lines.some(({ msg, ms }) => msg === 'Ready' && typeof ms === 'number'))
    assert.ok(lines.some(({ msg, operation, outcome }) => msg === 'request' && operation === 'GET /readyz' && outcome === 'ok'))
  })

  it('creates no folder and no key in its working directory', async () => {
    const empty = temporaryFolder()
    await using server = startServe('plain.db', {}, empty)
    await server.url()
    assert.deepEqual(readdirSync(empty), [])
  })

  it('rejects another master key than the one that the database was created with', async () => {
    const first = startServe('keyed.db')
    await first.url()
    await first.stop()
    const { code, stderr } = await startServe('keyed.db', { LIFEGUARD_MASTER_KEY: Buffer.alloc(32, 8).toString('base64') }).ended
    assert.equal(code, 1)
    assert.match(stderr, /^lifeguard: --master-key: this is not the master key .+\n$/)
  })

  it('warns at its start about each medium without a gateway, and names every setting that configures one', async () => {
    const warnings = async (env: Record<string, string>) => {
      await using server = startServe('mediums.db', env)
      await server.url()
      const { stdout } = await server.stop()
      const lines = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { level: string; medium?: string; msg: string })
      return lines.filter(({ level }) => level === 'warn')
    }
    const [email, sms, ...others] = await warnings({})
    assert.deepEqual([email?.medium, sms?.medium, others], ['e-mail', 'SMS', []])
    for (const flag of ['--smtp-url', '--ses-region', '--email-from']) assert.ok(email?.msg.includes(flag), flag)
    for (const flag of ['--sms-gateway-url', '--twilio-url', '--twilio-from', '--sns-region']) assert.ok(sms?.msg.includes(flag), flag)

    const mail = { LIFEGUARD_SMTP_URL: 'smtp://127.0.0.1:1', LIFEGUARD_EMAIL_FROM: 'us@id.example.test' }
    assert.deepEqual(
      (await warnings(mail)).map(({ medium }) => medium),
      ['SMS'],
    )
    assert.deepEqual(await warnings({ ...mail, LIFEGUARD_SNS_REGION: 'eu-west-1' }), [])
  })

  it('accepts the master key in hex, for a database that was created with the same key in base64', async () => {
    const first = startServe('hex.db')
    await first.url()
    await first.stop()
    await using again = startServe('hex.db', { LIFEGUARD_MASTER_KEY: Buffer.alloc(32, 7).toString('hex') })
    assert.equal(await statusOf(`${await again.url()}/healthz`), 200)
  })

  it('answers /metrics only to requests with the token, and with 404 when no token is set', async () => {
    await using closed = startServe('metrics.db')
    assert.equal(await statusOf(`${await closed.url()}/metrics`), 404)
    await using open = startServe('metrics-too.db', { LIFEGUARD_METRICS_TOKEN: 'scrape' })
    const url = await open.url()
    assert.equal(await statusOf(`${url}/metrics`), 401)
    assert.equal(await statusOf(`${url}/metrics`, { authorization: 'Bearer wrong' }), 401)
    assert.equal(await statusOf(`${url}/metrics`, { authorization: 'Bearer scrape' }), 200)
  })
})

describe('lifeguard help and version', () => {
  it('describes commands and settings in lines of at most 100 characters', async () => {
    for (const args of [['help'], ['--help'], ['serve', '--help'], ['-h'], []]) {
      const { code, stdout } = await lifeguard(args)
      assert.equal(code, 0)
      for (const word of [
        'keys create',
        '--policy FILE',
        '--port NUMBER, LIFEGUARD_PORT',
        'Default: 9911',
        '--master-key-file',
        'Required by serve',
      ]) {
        assert.ok(stdout.includes(word), word)
      }
      assert.ok(stdout.split('\n').every((line) => line.length <= 100))
    }
  })

  it('prints the version', async () => {
    assert.match((await lifeguard(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/)
    assert.match((await lifeguard(['version'])).stdout, /^\d+\.\d+\.\d+\n$/)
  })
})
