import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { describe, it } from 'node:test'
import {
  CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../support/engines.ts'
import { functionArn, functionFolder, givenTriggered, recordingLogger } from '../support/functions.ts'
import { startProductionServer } from '../support/production-server.ts'
import { rawCall } from '../support/raw-call.ts'
import { headOf, openConnection } from '../support/raw-connection.ts'
import { givenUser, goodPassword } from '../support/sign-in.ts'
import { startTestServer, useTestServer } from '../support/test-server.ts'
import { until } from '../support/until.ts'

const signInOf = (ClientId: string) => ({
  ClientId,
  AuthFlow: 'USER_PASSWORD_AUTH' as const,
  AuthParameters: { USERNAME: 'ana', PASSWORD: goodPassword },
})

/** The number of connections. Together they send more sign-ins than may wait, and send all of them before the first is answered. */
const connections = 40
const callsEach = 10 * availableParallelism()

/** Sends `callsEach` sign-ins on each of the connections at the same time, and resolves with the answers. */
async function flood(url: string, clientId: string): Promise<string[]> {
  const body = JSON.stringify(signInOf(clientId))
  const call = (headers = {}) => headOf('InitiateAuth', { 'content-length': Buffer.byteLength(body), ...headers }) + body
  const all = Array.from({ length: connections }, () => openConnection(url))
  for (const connection of all) connection.send(call().repeat(callsEach - 1) + call({ connection: 'close' }))
  const received = await Promise.all(all.map((connection) => connection.ended()))
  return received.flatMap((answers) => answers.split(/(?=HTTP\/1\.1 \d{3} )/))
}

for (const engine of engines) {
  describe(`Requests beyond the capacity of the server, on ${engine.name}`, () => {
    it('are answered 503 immediately, and do not affect other or later requests', async () => {
      const { logger, lines } = recordingLogger()
      await using server = await startProductionServer(engine, { flags: ['--metrics-token', 'of-a-test'], logger })
      const owner = server.client(await server.createKey())
      const { UserPool } = await owner.send(new CreateUserPoolCommand({ PoolName: 'busy' }))
      const UserPoolId = UserPool?.Id ?? ''
      const ExplicitAuthFlows = ['ALLOW_USER_PASSWORD_AUTH' as const]
      const { UserPoolClient } = await owner.send(new CreateUserPoolClientCommand({ UserPoolId, ClientName: 'app', ExplicitAuthFlows }))
      const clientId = UserPoolClient?.ClientId ?? ''
      await givenUser(owner, UserPoolId, 'ana')

      const flooded = flood(server.url, clientId)
      const health = await fetch(`${server.url}/healthz`)
      assert.equal(health.status, 200, 'health checks do not wait in the queue')
      const answers = await flooded
      const shed = answers.filter((answer) => answer.startsWith('HTTP/1.1 503 '))
      const answered = answers.filter((answer) => /^HTTP\/1\.1 200 .*"AccessToken":/s.test(answer))
      assert.equal(answers.length, connections * callsEach)
      assert.equal(shed.length + answered.length, answers.length)
      assert.ok(shed.length > 0 && answered.length > 0, `${shed.length} of ${answers.length} were turned away`)
      for (const answer of shed) assert.match(answer, /^access-control-allow-origin: \*\r$.*^retry-after: 1\r$.*ServiceUnavailable/ims)

      // The official SDK retries the request by itself.
      const again = new CognitoIdentityProviderClient({
        endpoint: server.url,
        region: server.region,
        credentials: owner.config.credentials,
      })
      const { AuthenticationResult } = await again.send(new InitiateAuthCommand(signInOf(clientId)))
      again.destroy()
      assert.ok(AuthenticationResult?.AccessToken)

      const metrics = await (await fetch(`${server.url}/metrics`, { headers: { authorization: 'Bearer of-a-test' } })).text()
      assert.match(metrics, new RegExp(`^lifeguard_requests_shed_total ${shed.length}$`, 'm'))

      const sheddingLines = () => lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg.startsWith('Load shedding'))
      await until('the overload has ended', async () => sheddingLines().length > 1)
      const [began, ended] = sheddingLines()
      assert.deepEqual([began.level, began.msg], ['warn', 'Load shedding began: requests are answered 503'])
      assert.deepEqual([ended.level, ended.msg, ended.requests], ['warn', 'Load shedding ended', shed.length])
      assert.ok(ended.seconds >= 0)
    })

    it('are all answered in development, where a test suite may send any number', async () => {
      await using server = await startTestServer(engine)
      const { poolId, clientId } = await server.givenPool()
      await givenUser(server, poolId, 'ana')
      const answers = await flood(server.url, clientId)
      assert.equal(answers.filter((answer) => answer.startsWith('HTTP/1.1 200 ')).length, connections * callsEach)
    })
  })

  describe(`A request that takes too long, on ${engine.name}`, () => {
    const folder = functionFolder()
    folder.write('sleeps.mjs', 'export const handler = (event) => new Promise((done) => setTimeout(done, 4500, event))')
    const server = useTestServer(engine, { flags: ['--functions', folder.path, '--request-seconds', '1', '--log-level', 'fatal'] })

    it('is answered 503 at the time limit', async () => {
      const { clientId } = await givenTriggered(server(), { PreAuthentication: functionArn('sleeps') })
      const { status, headers, body } = await rawCall(server(), 'InitiateAuth', signInOf(clientId))
      assert.deepEqual([status, headers.get('retry-after'), body['__type']], [503, '1', 'ServiceUnavailable'])
    })
  })
}
