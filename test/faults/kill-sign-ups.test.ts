import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startServer } from '../../src/server.ts'
import { readSettings } from '../../src/settings.ts'
import { LifeguardProcess } from '../cli/lifeguard-process.ts'
import { engines } from '../support/engines.ts'
import { rawCall } from '../support/raw-call.ts'
import { goodPassword } from '../support/sign-in.ts'
import { createTestClock } from '../support/test-clock.ts'
import type { InboxMessage } from '../support/test-server.ts'
import { givenInstallation } from './installation.ts'

const lanes = 16
/** For each round, the number of acknowledged sign-ups after which the server is killed. */
const rounds = [1, 40, 90, 23]
const minuteMs = 60_000

type Where = { readonly url: string }
type Ids = { readonly poolId: string; readonly clientId: string }

const addressOf = (name: string) => `${name}@example.test`

async function call(server: Where, operation: string, request: object): Promise<Record<string, unknown>> {
  const { status, body, text } = await rawCall(server, operation, request)
  assert.equal(status, 200, text)
  return body
}

/** A pool whose creation was acknowledged by a process that is killed immediately afterwards. */
async function poolOfAnotherProcess(process: LifeguardProcess): Promise<Ids> {
  await using child = process
  const server = { url: await child.url() }
  const { UserPool } = await call(server, 'CreateUserPool', { PoolName: 'killed', AutoVerifiedAttributes: ['email'] })
  const poolId = (UserPool as { Id: string }).Id
  const client = { UserPoolId: poolId, ClientName: 'killed', ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] }
  const { UserPoolClient } = await call(server, 'CreateUserPoolClient', client)
  return { poolId, clientId: (UserPoolClient as { ClientId: string }).ClientId }
}

/** The acknowledged sign-ups (username to `sub`), and those that were still waiting for an answer. */
type Outcome = { readonly acknowledged: Map<string, string>; readonly waiting: Set<string> }

/** Sends sign-ups in parallel until enough are acknowledged. Then kills the server while other sign-ups wait for an answer. */
async function signUpsUntilKilled(child: LifeguardProcess, clientId: string, round: number): Promise<Outcome> {
  const server = { url: await child.url() }
  const acknowledged = new Map<string, string>()
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
      if (acknowledged.size >= (rounds[round] ?? 0)) {
        // After this turn of the event loop, so that the request has been sent.
        setImmediate(() => child.child.kill('SIGKILL'))
      }
      const answer = await answering
      if (answer === undefined) return
      assert.equal(answer.status, 200, answer.text)
      waiting.delete(name)
      acknowledged.set(name, String(answer.body['UserSub']))
    }
  }
  await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)))
  await child.ended
  return { acknowledged, waiting }
}

async function findSub(server: Where, poolId: string, name: string): Promise<string | undefined> {
  const { status, body, text } = await rawCall(server, 'AdminGetUser', { UserPoolId: poolId, Username: name })
  if (body['__type'] === 'UserNotFoundException') return undefined
  assert.equal(status, 200, text)
  const attributes = body['UserAttributes'] as { Name: string; Value: string }[]
  assert.equal(attributes.find(({ Name }) => Name === 'email')?.Value, addressOf(name))
  return attributes.find(({ Name }) => Name === 'sub')?.Value
}

/** The acknowledged users, which must all exist, and those whose sign-up was stored without an answer. */
async function existingUsers(server: Where, poolId: string, { acknowledged, waiting }: Outcome): Promise<string[]> {
  for (const [name, sub] of acknowledged)
    assert.equal(await findSub(server, poolId, name), sub, `the sign-up of ${name} was acknowledged, but the user differs or is missing`)
  const stored: string[] = []
  for (const name of waiting) if ((await findSub(server, poolId, name)) !== undefined) stored.push(name)
  return [...acknowledged.keys(), ...stored]
}

async function inboxOf(server: Where, poolId: string): Promise<InboxMessage[]> {
  const response = await fetch(`${server.url}/inbox/api/messages?userPoolId=${poolId}&limit=1000`)
  return (await response.json()) as InboxMessage[]
}

for (const engine of engines) {
  describe(`A server that is killed during many sign-ups on ${engine.name}`, () => {
    it('keeps every account that it acknowledged, and sends every code', async (t) => {
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
        const stored = await existingUsers({ url: await again.url() }, ids.poolId, outcome)
        there.push(...stored)
        lost.push(...[...outcome.waiting].filter((name) => !stored.includes(name)))
      }
      t.diagnostic(`${there.length} accounts are there; ${lost.length} sign-ups were never answered and left nothing`)
      await requireCodes(argv, ids, there, lost)
    })
  })
}

/**
 * Asserts that the users of `there` get codes that work, and that the users of `lost` get no codes. The clock of the server is two minutes
 * ahead. So the leases under which the killed processes were delivering messages have ended.
 */
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
