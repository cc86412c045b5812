import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { startServer } from '../../src/server.ts'
import { readSettings } from '../../src/settings.ts'
import { LifeguardProcess } from '../cli/lifeguard-process.ts'
import { engines, type TestEngine } from '../support/engines.ts'
import { rawCall } from '../support/raw-call.ts'
import { goodPassword } from '../support/sign-in.ts'
import { createTestClock } from '../support/test-clock.ts'
import type { InboxMessage } from '../support/test-server.ts'

const lanes = 16
/** After how many acknowledged sign-ups each round ends with a kill. */
const rounds = [1, 40, 90, 23]
const minuteMs = 60_000

type Where = { readonly url: string }
type Ids = { readonly poolId: string; readonly clientId: string }

const addressOf = (name: string) => `${name}@example.test`

/** The command line of `dev` on a database that outlives the process. SQLite is what `dev` does by default, on a disk. */
async function givenInstallation(engine: TestEngine) {
  const data = mkdtempSync(join(tmpdir(), 'lifeguard-kill-'))
  const database = engine.name === 'sqlite' ? undefined : await engine.createDatabase()
  const flags = ['--port', '0', '--data', data, '--log-level', 'error']
  return {
    argv: database === undefined ? flags : [...flags, '--database', database.url],
    async [Symbol.asyncDispose]() {
      await database?.drop()
      rmSync(data, { recursive: true, force: true })
    },
  }
}

async function call(server: Where, operation: string, request: object): Promise<Record<string, unknown>> {
  const { status, body, text } = await rawCall(server, operation, request)
  assert.equal(status, 200, text)
  return body
}

/** Made, and acknowledged, by a process that is killed at once. */
async function poolOfAnotherProcess(process: LifeguardProcess): Promise<Ids> {
  await using child = process
  const server = { url: await child.url() }
  const { UserPool } = await call(server, 'CreateUserPool', { PoolName: 'killed', AutoVerifiedAttributes: ['email'] })
  const poolId = (UserPool as { Id: string }).Id
  const client = { UserPoolId: poolId, ClientName: 'killed', ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] }
  const { UserPoolClient } = await call(server, 'CreateUserPoolClient', client)
  return { poolId, clientId: (UserPoolClient as { ClientId: string }).ClientId }
}

/** Who was promised an account (name to `sub`), and who was still waiting for an answer. */
type Outcome = { readonly promised: Map<string, string>; readonly waiting: Set<string> }

/** Signs up one after the other in each lane until `enough` are acknowledged and the server is killed in the midst of the others. */
async function signUpsUntilKilled(child: LifeguardProcess, clientId: string, round: number): Promise<Outcome> {
  const server = { url: await child.url() }
  const promised = new Map<string, string>()
  const waiting = new Set<string>()
  const lane = async (number: number) => {
    for (let turn = 0; child.child.exitCode === null && !child.child.killed; turn++) {
      const name = `user-${round}-${number}-${turn}`
      const request = {
        ClientId: clientId,
        Username: name,
        Password: goodPassword,
        UserAttributes: [{ Name: 'email', Value: addressOf(name) }],
      }
      waiting.add(name)
      const answering = rawCall(server, 'SignUp', request).catch(() => undefined)
      if (promised.size >= (rounds[round] ?? 0)) {
        // After this turn of the event loop, so that the request is on its way.
        setImmediate(() => child.child.kill('SIGKILL'))
      }
      const answer = await answering
      if (answer === undefined) return
      assert.equal(answer.status, 200, answer.text)
      waiting.delete(name)
      promised.set(name, String(answer.body['UserSub']))
    }
  }
  await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)))
  await child.ended
  return { promised, waiting }
}

async function findSub(server: Where, poolId: string, name: string): Promise<string | undefined> {
  const { status, body, text } = await rawCall(server, 'AdminGetUser', { UserPoolId: poolId, Username: name })
  if (body['__type'] === 'UserNotFoundException') return undefined
  assert.equal(status, 200, text)
  const attributes = body['UserAttributes'] as { Name: string; Value: string }[]
  assert.equal(attributes.find(({ Name }) => Name === 'email')?.Value, addressOf(name))
  return attributes.find(({ Name }) => Name === 'sub')?.Value
}

/** The promised users, all of whom must be there, and those whose sign-up was stored though its answer never came. */
async function survivors(server: Where, poolId: string, { promised, waiting }: Outcome): Promise<string[]> {
  for (const [name, sub] of promised) assert.equal(await findSub(server, poolId, name), sub, `${name} was promised an account`)
  const stored: string[] = []
  for (const name of waiting) if ((await findSub(server, poolId, name)) !== undefined) stored.push(name)
  return [...promised.keys(), ...stored]
}

async function inboxOf(server: Where, poolId: string): Promise<InboxMessage[]> {
  const response = await fetch(`${server.url}/inbox/api/messages?userPoolId=${poolId}&limit=1000`)
  return (await response.json()) as InboxMessage[]
}

for (const engine of engines) {
  describe(`A server killed in a stream of sign-ups on ${engine.name}`, () => {
    it('keeps every account that it has promised, and sends every code', async (t) => {
      await using installation = await givenInstallation(engine)
      const { argv } = installation
      const start = () => new LifeguardProcess(['dev', ...argv])
      const ids = await poolOfAnotherProcess(start())

      const there: string[] = []
      const lost: string[] = []
      for (const round of rounds.keys()) {
        await using child = start()
        const outcome = await signUpsUntilKilled(child, ids.clientId, round)
        assert.ok(outcome.waiting.size > 0, 'The kill came between two sign-ups, not in the middle of one')
        await using again = start()
        const stored = await survivors({ url: await again.url() }, ids.poolId, outcome)
        there.push(...stored)
        lost.push(...[...outcome.waiting].filter((name) => !stored.includes(name)))
      }
      t.diagnostic(`${there.length} accounts are there; ${lost.length} sign-ups were never answered and left nothing`)
      await requireCodes(argv, ids, there, lost)
    })
  })
}

/** A message that the killed process had begun to deliver belongs to it until its lease is over, so this server lives a little later. */
async function requireCodes(argv: readonly string[], { poolId, clientId }: Ids, there: readonly string[], lost: readonly string[]) {
  const clock = createTestClock()
  clock.advance(2 * minuteMs)
  const server = await startServer(readSettings({ argv, env: {}, command: 'dev' }), { clock })
  try {
    const codes = new Map((await inboxOf(server, poolId)).map(({ recipient, code }) => [recipient, code]))
    assert.deepEqual(
      there.filter((name) => !/^\d{6}$/.test(codes.get(addressOf(name)) ?? '')),
      [],
    )
    assert.deepEqual(
      lost.filter((name) => codes.has(addressOf(name))),
      [],
    )
    for (const name of there.filter((_, at) => at % 20 === 0)) {
      await call(server, 'ConfirmSignUp', { ClientId: clientId, Username: name, ConfirmationCode: codes.get(addressOf(name)) })
      const AuthParameters = { USERNAME: name, PASSWORD: goodPassword }
      const { AuthenticationResult } = await call(server, 'InitiateAuth', {
        ClientId: clientId,
        AuthFlow: 'USER_PASSWORD_AUTH',
        AuthParameters,
      })
      assert.ok(AuthenticationResult)
    }
  } finally {
    await server.close()
  }
}
