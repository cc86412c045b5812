import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CreateUserPoolClientCommand, CreateUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import { startServer } from '../../src/server.ts'
import { readSettings } from '../../src/settings.ts'
import { LifeguardProcess } from '../cli/lifeguard-process.ts'
import { decryptCode, openCodeKeyFile } from '../support/code-keys.ts'
import { engines } from '../support/engines.ts'
import { recordingLogger } from '../support/functions.ts'
import { callLifeguard } from '../support/lifeguard-operations.ts'
import { confirm, signUp } from '../support/self-service.ts'
import { createTestClock } from '../support/test-clock.ts'
import { sdkClient, type TestServer } from '../support/test-server.ts'
import { openTriggerEndpoint, type TriggerEvent } from '../support/trigger-endpoint.ts'
import { until } from '../support/until.ts'

const endpoint = await openTriggerEndpoint()
const codeKey = openCodeKeyFile()
const minute = 60_000

for (const engine of engines) {
  describe(`A process killed while a custom sender runs on ${engine.name}`, () => {
    it('loses no message, and logs no code', async () => {
      const data = mkdtempSync(join(tmpdir(), 'lifeguard-kill-'))
      const database = engine.name === 'sqlite' ? undefined : await engine.createDatabase()
      const argv = ['--port', '0', '--data', data, ...endpoint.flags, ...codeKey.flags, '--log-level', 'trace']
      if (database !== undefined) argv.push('--database', database.url)
      const invoked = Promise.withResolvers<void>()
      let answer: (event: TriggerEvent) => unknown = () => {
        invoked.resolve()
        return new Promise(() => undefined)
      }
      const triggers = endpoint.given({ CustomEmailSender: (event) => answer(event) })

      // The process is killed after it acknowledged the sign-up and invoked the function. The function has not answered.
      const child = new LifeguardProcess(['dev', ...argv])
      const before = await givenPool(await child.url(), triggers.lambdaConfig)
      await signUp(before.server, before.clientId, 'ana', { email: 'ana@example.test' })
      await invoked.promise
      const { stdout, stderr } = await child.stop('SIGKILL')

      answer = () => assert.fail(String(triggers.events.at(-1)?.userName))
      const clock = createTestClock()
      clock.advance(2 * minute)
      const { lines, logger } = recordingLogger('trace')
      const running = await startServer(readSettings({ argv, env: {}, command: 'dev' }), { clock, logger })
      try {
        const after = serverAt(running.url)
        await invocations(running.url, triggers.events, 2)
        // From here on, the function quotes the code in its error.
        const [first, second] = await codesIn(triggers.events, triggers.lambdaConfig.KMSKeyID)
        assert.equal(first, second)
        answer = () => assert.fail(`cannot send ${first}`)
        clock.advance(minute)
        await invocations(running.url, triggers.events, 3)
        answer = () => undefined
        clock.advance(minute)
        await invocations(running.url, triggers.events, 4)
        assert.equal(triggers.events.length, 4)
        await confirm(after, before.clientId, 'ana', first ?? '')
        const { Invocations } = await callLifeguard(after, 'ListTriggerInvocations', { UserPoolId: before.poolId })
        const kept = [stdout, stderr, ...lines, JSON.stringify(Invocations)].join('\n')
        assert.ok(Invocations.length >= 3 && kept.includes('CustomEmailSender'))
        assert.ok(!new RegExp(`(?<!\\d)${first}(?!\\d)`).test(kept))
      } finally {
        await running.close()
        await database?.drop()
        rmSync(data, { recursive: true, force: true })
      }
    })
  })
}

/** A request of the inbox delivers what is due, but does not wait for it for ever. */
const invocations = (url: string, events: readonly TriggerEvent[], count: number) =>
  until(
    `invocation ${count}`,
    () => fetch(`${url}/inbox/api/messages`),
    () => events.length >= count,
  )

/** The part of a TestServer that works for a server in another process. */
function serverAt(url: string): TestServer {
  const client = sdkClient(url, 'us-east-1')
  return { url, send: client.send.bind(client) } as TestServer
}

async function givenPool(url: string, LambdaConfig: object) {
  const server = serverAt(url)
  const { UserPool } = await server.send(new CreateUserPoolCommand({ PoolName: 'killed', AutoVerifiedAttributes: ['email'], LambdaConfig }))
  const poolId = UserPool?.Id ?? ''
  const { UserPoolClient } = await server.send(new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'app' }))
  return { server, poolId, clientId: UserPoolClient?.ClientId ?? '' }
}

function codesIn(events: readonly TriggerEvent[], keyArn = ''): Promise<string[]> {
  const keyring = codeKey.keyring(keyArn)
  return Promise.all(events.map(async ({ request }) => (await decryptCode(keyring, request.code)).text))
}
