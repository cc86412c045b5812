import assert from 'node:assert/strict'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import {
  AdminGetUserCommand,
  ConfirmSignUpCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  GetUserCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines, type TestEngine } from '../support/engines.ts'
import { rawCall } from '../support/raw-call.ts'
import { signInByPassword } from '../support/sign-in.ts'
import { sdkClient } from '../support/test-server.ts'
import { LifeguardProcess, masterKey, takenPort, temporaryFolder } from './lifeguard-process.ts'

type Line = Readonly<Record<string, unknown>>

const folder = temporaryFolder()
const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']

const linesOf = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)

async function givenDatabase(engine: TestEngine, work: (env: Readonly<Record<string, string>>) => Promise<void>): Promise<void> {
  const database = await engine.createDatabase({ empty: true })
  const needed = { LIFEGUARD_MASTER_KEY: masterKey, LIFEGUARD_PUBLIC_URL: 'https://id.example.test' }
  try {
    await work({ LIFEGUARD_DATABASE: database.url, ...needed })
  } finally {
    await database.drop()
  }
}

const startServe = (env: Readonly<Record<string, string>>, ...flags: string[]) =>
  new LifeguardProcess(['serve', '--port', '0', '--create-database', ...flags], env, folder)

/** A file for `--import`. It keeps a thread of Node's thread pool busy for about a second, from the first SIGTERM. */
const busyThreadPool = join(folder, 'busy-thread-pool.mjs')
writeFileSync(
  busyThreadPool,
  `
    import { pbkdf2 } from 'node:crypto'
    process.once('SIGTERM', () => pbkdf2('password', 'salt', 2_000_000, 64, 'sha512', () => undefined))
  `,
)

/** Resolves when the server says that it is ready. Rejects after a minute. */
async function becomesReady({ child }: LifeguardProcess, url: string): Promise<void> {
  const until = performance.now() + 60_000
  for (;;) {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5000) }).catch(() => undefined)
    if (answer?.ok) return
    assert.equal(child.exitCode, null, 'the server ended')
    assert.ok(performance.now() < until, 'the server is not ready after a minute')
  }
}

/** Sends the head of a call. Resolves when the server waits for the body. */
async function halfCall(url: string) {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname).on('error', () => undefined)
  const head = ['POST / HTTP/1.1', `Host: ${hostname}`, 'X-Amz-Target: AWSCognitoIdentityProviderService.GetUser']
  socket.write(`${[...head, 'Content-Type: application/x-amz-json-1.1', 'Content-Length: 2', 'Expect: 100-continue'].join('\r\n')}\r\n\r\n`)
  await once(socket, 'data')
  return socket
}

for (const engine of engines) {
  describe(`The log of lifeguard serve, on ${engine.name}`, () => {
    it('has JSON lines with the name of the level and the time in UTC, from the line that says what is ready', async () => {
      await givenDatabase(engine, async (env) => {
        const mail = { LIFEGUARD_SMTP_URL: 'smtp://who:hunter2@127.0.0.1:1', LIFEGUARD_EMAIL_FROM: 'us@id.example.test' }
        await using server = startServe({ ...env, ...mail, LIFEGUARD_WORKERS: '2' })
        const url = await server.url()
        const { stdout } = await server.stop()
        const lines = linesOf(stdout)
        for (const { level, time, msg } of lines) {
          assert.ok(levels.includes(String(level)), String(level))
          assert.match(String(time), isoTime)
          assert.equal(typeof msg, 'string')
        }
        const ready = lines.find(({ msg }) => msg === 'Ready') ?? {}
        const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
        assert.deepEqual(
          [ready['mode'], ready['version'], ready['node'], ready['engine'], ready['workers'], ready['publicUrl'], ready['url']],
          ['serve', version, process.versions.node, engine.name, 2, 'https://id.example.test', url],
        )
        assert.match(String(ready['engineVersion']), /^\d+\.\d+/)
        assert.deepEqual(ready['gateways'], { email: 'smtp', sms: 'none' })
        assert.equal(ready['port'], Number(new URL(url).port))
        const migrations = ready['migrations'] as string[]
        assert.ok(migrations.length > 1 && migrations.every((name) => /^\d+/.test(name)), String(migrations))
        assert.doesNotMatch(stdout, /hunter2|us@id/)

        await using again = startServe(env)
        await again.url()
        const second = linesOf((await again.stop()).stdout).find(({ msg }) => msg === 'Ready') ?? {}
        assert.deepEqual([second['migrations'], second['gateways']], [[], { email: 'none', sms: 'none' }])
      })
    })

    it('says when a signal begins the shutdown, when it is finished, and how many requests were cut off', async () => {
      await givenDatabase(engine, async (env) => {
        await using server = startServe(env, '--shutdown-seconds', '0')
        const socket = await halfCall(await server.url())
        const { code, stdout } = await server.stop('SIGTERM')
        socket.destroy()
        assert.equal(code, 0)
        const [began, finished] = linesOf(stdout).filter(({ msg }) => String(msg).startsWith('Shutdown'))
        assert.deepEqual([began?.['msg'], began?.['signal'], began?.['requests']], ['Shutdown began', 'SIGTERM', 1])
        assert.deepEqual([finished?.['msg'], finished?.['signal'], finished?.['cutOff']], ['Shutdown finished', 'SIGTERM', 1])
        assert.equal(typeof finished?.['ms'], 'number')

        await using idle = startServe(env)
        await idle.url()
        const ended = await idle.stop('SIGINT')
        const lines = linesOf(ended.stdout).slice(-2)
        assert.deepEqual([ended.code, ended.stderr, lines.map(({ msg }) => msg)], [0, '', ['Shutdown began', 'Shutdown finished']])
        assert.deepEqual([lines[0]?.['signal'], lines[0]?.['requests']], ['SIGINT', 0])
        assert.deepEqual([lines[1]?.['signal'], lines[1]?.['cutOff']], ['SIGINT', 0])
      })
    })

    it('has every line in its order although the thread pool of Node is busy while the server stops', async () => {
      await givenDatabase(engine, async (env) => {
        await using server = startServe({ ...env, UV_THREADPOOL_SIZE: '1', NODE_OPTIONS: `--import ${busyThreadPool}` })
        await server.url()
        const { code, stdout, stderr } = await server.stop('SIGTERM')
        const last = linesOf(stdout)
          .map(({ msg }) => msg)
          .slice(-3)
        assert.deepEqual([code, stderr, last], [0, '', ['Ready', 'Shutdown began', 'Shutdown finished']])
      })
    })

    it('does not keep the server from answering and from stopping while its disk is full', { skip: !existsSync('/dev/full') }, async () => {
      await givenDatabase(engine, async (env) => {
        const { port, release } = await takenPort()
        release()
        const fullDisk = openSync('/dev/full', 'w')
        const flags = ['serve', '--port', String(port), '--create-database']
        await using server = new LifeguardProcess(flags, env, folder, undefined, fullDisk)
        closeSync(fullDisk)
        const url = `http://localhost:${port}`
        await becomesReady(server, url)
        const unsigned = await Promise.all(Array.from({ length: 10 }, () => rawCall({ url }, 'ListUserPools', { MaxResults: 1 })))
        assert.deepEqual([...new Set(unsigned.map(({ status }) => status))], [400])
        const { code, stderr } = await server.stop()
        assert.deepEqual([code, stderr], [0, ''])
      })
    })

    it('has text lines with --log-format text', async () => {
      await givenDatabase(engine, async (env) => {
        await using server = startServe(env, '--log-format', 'text')
        await server.says(/^\S+Z info {2}Ready mode=serve .*engine=\w+ .*migrations=\[.*\n/m)
        const { stdout } = await server.stop()
        for (const line of stdout.trimEnd().split('\n')) assert.match(line, /^\d{4}-\d\d-\d\dT\S+Z (info |warn ) \S/)
      })
    })
  })

  describe(`The log of lifeguard dev, on ${engine.name}`, () => {
    it('contains no password, code, token, e-mail address or phone number at the lowest level', async () => {
      await givenDatabase(engine, async ({ LIFEGUARD_DATABASE = '', LIFEGUARD_MASTER_KEY = '' }) => {
        const flags = ['dev', '--port', '0', '--data', join(folder, engine.name), '--log-level', 'trace', '--log-format', 'json']
        await using server = new LifeguardProcess(flags, { LIFEGUARD_DATABASE, LIFEGUARD_MASTER_KEY }, folder)
        const url = await server.url()
        const client = sdkClient(url, 'us-east-1')
        const { UserPool } = await client.send(new CreateUserPoolCommand({ PoolName: 'p', AutoVerifiedAttributes: ['email'] }))
        const app = { UserPoolId: UserPool?.Id, ClientName: 'app', ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const] }
        const { UserPoolClient } = await client.send(new CreateUserPoolClientCommand(app))
        const ClientId = UserPoolClient?.ClientId ?? ''
        const [Password, email, phone] = ['Hunter-2-secret', 'ana@mail.example', '+15551234567']
        const UserAttributes = Object.entries({ email, phone_number: phone }).map(([Name, Value]) => ({ Name, Value }))
        await client.send(new SignUpCommand({ ClientId, Username: 'ana', Password, UserAttributes }))
        const [{ code }] = (await (await fetch(`${url}/inbox/api/messages`)).json()) as [{ code: string }]
        await assert.rejects(client.send(new ConfirmSignUpCommand({ ClientId, Username: 'ana', ConfirmationCode: `${code}9` })))
        await client.send(new ConfirmSignUpCommand({ ClientId, Username: 'ana', ConfirmationCode: code }))
        const { AuthenticationResult } = await signInByPassword(client, ClientId, 'ana', Password)
        const { AccessToken = '', RefreshToken = '' } = AuthenticationResult ?? {}
        await client.send(new GetUserCommand({ AccessToken }))
        await assert.rejects(signInByPassword(client, ClientId, 'ana', 'Wrong-1-password'))
        await assert.rejects(client.send(new AdminGetUserCommand({ UserPoolId: app.UserPoolId, Username: email })))
        await (await fetch(`${url}/confirmUser?client_id=${ClientId}&user_name=ana&confirmation_code=${code}`)).text()
        client.destroy()
        const { stdout } = await server.stop()
        assert.match(stdout, /"operation":"InitiateAuth"/)
        for (const secret of [Password, 'Wrong-1-password', email, phone, code, AccessToken, RefreshToken, LIFEGUARD_MASTER_KEY])
          assert.ok(!stdout.includes(secret), `the log contains ${secret}`)
      })
    })
  })
}
