import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminGetUserCommand, GetUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../support/engines.ts'
import { recordingLogger } from '../support/functions.ts'
import { startProductionServer } from '../support/production-server.ts'
import { rawCall } from '../support/raw-call.ts'
import { givenTokens, givenUser } from '../support/sign-in.ts'
import { startTestServer } from '../support/test-server.ts'

type Line = Readonly<Record<string, unknown>>

for (const engine of engines.slice(0, 1)) {
  describe('The log line of a request', () => {
    const linesOf = (lines: readonly string[], operation: string) =>
      lines.map((line) => JSON.parse(line) as Line).filter((line) => line['msg'] === 'request' && line['operation'] === operation)

    it('names the operation, its outcome, the caller and the pool, and contains no username and no token', async () => {
      const { logger, lines } = recordingLogger()
      await using server = await startTestServer(engine, { logger })
      const { poolId, clientId } = await server.givenPool()
      await givenUser(server, poolId, 'ana')
      const { accessToken } = await givenTokens(server, clientId, 'ana')
      await server.send(new GetUserCommand({ AccessToken: accessToken }))
      await assert.rejects(server.send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'nobody' })))
      await rawCall(server, 'AdminGetUser', '{')
      await fetch(`${server.url}/nowhere`)

      const facts = ['operation', 'outcome', 'status', 'accessKeyId', 'userPoolId', 'clientId', 'address']
      const factsOf = (line: Line | undefined) => facts.map((name) => line?.[name])
      const key = 'AKIAANYCREDENTIALS00'
      const [signIn] = linesOf(lines, 'InitiateAuth')
      assert.deepEqual(factsOf(signIn), ['InitiateAuth', 'ok', 200, undefined, poolId, clientId, undefined])
      const [getUser] = linesOf(lines, 'GetUser')
      assert.deepEqual(factsOf(getUser), ['GetUser', 'ok', 200, undefined, poolId, clientId, undefined])
      const [missing, broken] = linesOf(lines, 'AdminGetUser')
      assert.deepEqual(factsOf(missing), ['AdminGetUser', 'UserNotFoundException', 400, key, poolId, undefined, undefined])
      assert.deepEqual(factsOf(broken).slice(0, 3), ['AdminGetUser', 'SerializationException', 400])
      const [other] = linesOf(lines, 'GET unknown')
      assert.deepEqual(factsOf(other).slice(1, 3), ['404', 404])
      for (const secret of ['ana', accessToken, 'nobody']) assert.ok(!lines.some((line) => line.includes(`"${secret}"`)))
    })

    it('names the client address only with --log-addresses', async () => {
      const { logger, lines } = recordingLogger()
      await using server = await startTestServer(engine, { logger, flags: ['--log-addresses', '--trust-proxy', '1'] })
      await rawCall(server, 'ListUserPools', { MaxResults: 1 }, { 'x-forwarded-for': '203.0.113.66, 198.51.100.7' })
      assert.equal(linesOf(lines, 'ListUserPools')[0]?.['address'], '198.51.100.7')
    })

    it('names the access key of a request only when the signature is right', async () => {
      const { logger, lines } = recordingLogger()
      await using server = await startProductionServer(engine, { logger })
      const owner = await server.createKey()
      const pools = (secretAccessKey: string) =>
        server.client({ ...owner, secretAccessKey }).send(new AdminGetUserCommand({ UserPoolId: 'eu-west-1_x', Username: 'x' }))
      await assert.rejects(pools('x'.repeat(40)))
      await assert.rejects(pools(owner.secretAccessKey))
      const [wrong, right] = linesOf(lines, 'AdminGetUser')
      assert.deepEqual([wrong?.['outcome'], wrong?.['accessKeyId']], ['InvalidSignatureException', undefined])
      assert.deepEqual([right?.['outcome'], right?.['accessKeyId']], ['ResourceNotFoundException', owner.accessKeyId])
    })
  })
}
