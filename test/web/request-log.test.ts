import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminGetUserCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  DescribeUserPoolClientCommand,
  GetUserCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { sql } from 'kysely'
import { openStorage } from '../../src/storage/open-storage.ts'
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

    it('names the pool and the client of a request that is refused', async () => {
      const { logger, lines } = recordingLogger()
      await using server = await startProductionServer(engine, { logger })
      const owner = server.client(await server.createKey())
      const { UserPool } = await owner.send(new CreateUserPoolCommand({ PoolName: 'p' }))
      const UserPoolId = UserPool?.Id ?? ''
      const { UserPoolClient } = await owner.send(new CreateUserPoolClientCommand({ UserPoolId, ClientName: 'app' }))
      const ClientId = UserPoolClient?.ClientId ?? ''
      const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'cognito-idp:ListUserPools', Resource: '*' }] }
      const reader = await server.createKey({ policy })
      await assert.rejects(server.client(reader).send(new DescribeUserPoolClientCommand({ UserPoolId, ClientId })), {
        name: 'AccessDeniedException',
      })
      const [refused] = linesOf(lines, 'DescribeUserPoolClient')
      const seen = [refused?.['outcome'], refused?.['status'], refused?.['accessKeyId'], refused?.['userPoolId'], refused?.['clientId']]
      assert.deepEqual(seen, ['AccessDeniedException', 400, reader.accessKeyId, UserPoolId, ClientId])
      assert.equal(refused?.['level'], 'info')

      await rawCall(server, 'SignUp', { ClientId, Username: 'ana' })
      const [invalid] = linesOf(lines, 'SignUp')
      assert.deepEqual(
        [invalid?.['outcome'], invalid?.['userPoolId'], invalid?.['clientId']],
        ['InvalidParameterException', UserPoolId, ClientId],
      )
    })

    it('contains no name that a client made up', async () => {
      const { logger, lines } = recordingLogger()
      await using server = await startTestServer(engine, { logger })
      await rawCall(server, 'ReadMyMind', { UserPoolId: 'us-east-1_AbCdEfGhI' })
      await rawCall(server, 'SignUp', { ClientId: '15551234567', Username: 'ana' })
      await rawCall(server, 'AdminGetUser', { UserPoolId: 'ana@mail.example', Username: 'ana' })
      await fetch(`${server.url}/confirmUser?client_id=15551234567&user_name=ana&confirmation_code=1`)
      const known = lines.map((line) => JSON.parse(line) as Line).filter(({ msg }) => msg === 'request')
      assert.deepEqual(
        known.map(({ operation, outcome }) => [operation, outcome]),
        [
          ['POST /', 'UnknownOperationException'],
          ['SignUp', 'ResourceNotFoundException'],
          ['AdminGetUser', 'InvalidParameterException'],
          ['GET /confirmUser', '400'],
        ],
      )
      assert.doesNotMatch(lines.join(''), /ReadMyMind|15551234567|ana@/)
    })

    it('has the request id of the answer, for calls, for other routes and for paths that cannot be decoded', async () => {
      const { logger, lines } = recordingLogger()
      await using server = await startTestServer(engine, { logger })
      const { poolId } = await server.givenPool()
      lines.length = 0
      const jwks = `/${poolId}/.well-known/jwks.json`
      const ids: (string | null)[] = []
      for (const path of [jwks, '/healthz', '/nowhere', '/%zz']) {
        const response = await fetch(server.url + path)
        await response.text()
        ids.push(response.headers.get('x-amzn-requestid'))
      }
      ids.push((await fetch(server.url, { method: 'POST', body: '{}' })).headers.get('x-amzn-requestid'))
      const seen = lines.map((line) => JSON.parse(line) as Line)
      assert.deepEqual(
        seen.map((line) => line['reqId']),
        ids,
      )
      assert.deepEqual(
        seen.map(({ operation, status, userPoolId }) => [operation, status, userPoolId]),
        [
          ['GET /:userPoolId/.well-known/jwks.json', 200, poolId],
          ['GET /healthz', 200, undefined],
          ['GET unknown', 404, undefined],
          ['GET unknown', 400, undefined],
          ['POST /', 400, undefined],
        ],
      )
    })

    it('is an error when the server failed, and the cause is logged once a minute', async () => {
      const { logger, lines } = recordingLogger()
      await using server = await startTestServer(engine, { logger })
      const storage = await openStorage({ url: server.databaseUrl })
      await sql`alter table user_pool rename to lost_table`.execute(storage.db)
      await storage.close()
      for (let call = 0; call < 3; call++) await rawCall(server, 'ListUserPools', { MaxResults: 1 })
      assert.deepEqual(
        linesOf(lines, 'ListUserPools').map(({ level, status, outcome }) => [level, status, outcome]),
        Array.from({ length: 3 }, () => ['error', 500, 'InternalErrorException']),
      )
      const causes = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'An operation failed')
      assert.equal(causes.length, 1)
      const [{ level, operation, reqId, err }] = causes
      assert.deepEqual([level, operation, reqId], ['error', 'ListUserPools', linesOf(lines, 'ListUserPools')[0]?.['reqId']])
      assert.ok(err.type && err.message && err.stack)
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
