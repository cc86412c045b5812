import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  ListUserPoolsCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { definitionOf } from '../../../src/contract/model.ts'
import { operations } from '../../../src/operations.ts'
import { signedRequest } from '../../access/request-signer.ts'
import { engines } from '../../support/engines.ts'
import {
  type Credentials,
  type PlainAnswer,
  type ProductionServer,
  plainRequest,
  startProductionWithPool,
} from '../../support/production-server.ts'
import { jsonContentType } from '../../support/raw-call.ts'
import { goodPassword } from '../../support/sign-in.ts'
import { startTestServer } from '../../support/test-server.ts'

const minuteMs = 60_000
const listPools = new ListUserPoolsCommand({ MaxResults: 60 })
const unknownKey = { name: 'UnrecognizedClientException', message: 'The security token included in the request is invalid.' }
const mismatch = { name: 'InvalidSignatureException', message: /^The request signature we calculated does not match/ }

const targetPrefixes = {
  'user-pools': 'AWSCognitoIdentityProviderService',
  'identity-pools': 'AWSCognitoIdentityService',
  lifeguard: 'LifeguardService',
} as const

const targetOf = (operation: string) => {
  const name = operations.find(({ name }) => name === operation)?.name
  if (name === undefined) return `${targetPrefixes['user-pools']}.${operation}`
  const { service, wireName } = definitionOf(name)
  return `${targetPrefixes[service]}.${wireName}`
}

for (const engine of engines) {
  describe(`In production on ${engine.name}`, () => {
    let server: ProductionServer
    let owner: Credentials
    let poolId = ''
    let clientId = ''

    before(async () => {
      ;({ server, owner, poolId } = await startProductionWithPool(engine, 'guarded'))
      const client = server.client(owner)
      const { UserPoolClient } = await client.send(
        new CreateUserPoolClientCommand({
          UserPoolId: poolId,
          ClientName: 'app',
          ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
        }),
      )
      clientId = UserPoolClient?.ClientId ?? ''
    })
    after(() => server.close())

    /** Calls an operation without a valid signature. */
    function unsigned(operation: string, request: object, headers: Record<string, string> = {}): Promise<PlainAnswer> {
      const all = { 'content-type': jsonContentType, 'x-amz-target': targetOf(operation), ...headers }
      return plainRequest(server.url, { headers: all, body: JSON.stringify(request) })
    }

    /** A request that is signed with `owner`, an access key that may do everything. A test may change the request before sending it. */
    function signed(service = 'cognito-idp', operation = 'ListUserPools', request: object = { MaxResults: 1 }) {
      const signer = { id: owner.accessKeyId, secret: owner.secretAccessKey, at: server.clock.now(), region: server.region, service }
      return signedRequest(signer, { headers: { 'x-amz-target': targetOf(operation) }, body: JSON.stringify(request) })
    }

    describe('an operation that needs a signature', () => {
      it('accepts a key that `lifeguard keys create` has made', async () => {
        const { UserPools } = await server.client(owner).send(listPools)
        assert.deepEqual(
          UserPools?.map(({ Id }) => Id),
          [poolId],
        )
        const request = await signed()
        assert.equal((await plainRequest(server.url, request)).status, 200)
      })

      it('is rejected without a signature; an operation that needs no signature is not rejected', async () => {
        for (const { name, auth } of operations) {
          assert.equal(auth === 'iam', definitionOf(name).signed, name)
          const { status, code, text } = await unsigned(name, {})
          if (auth === 'iam') assert.deepEqual([status, code], [400, 'MissingAuthenticationTokenException'], `${name}: ${text}`)
          else assert.notEqual(code, 'MissingAuthenticationTokenException', name)
        }
      })

      it('rejects a key that does not exist, and a wrong secret', async () => {
        const stranger = { ...owner, accessKeyId: 'AKIA0000000000000000' }
        await assert.rejects(server.client(stranger).send(listPools), unknownKey)
        await assert.rejects(server.client({ ...owner, secretAccessKey: `${owner.secretAccessKey}x` }).send(listPools), mismatch)
      })

      it('rejects a signature whose time differs by more than five minutes', async () => {
        const expired = { name: 'InvalidSignatureException', message: /^Signature expired: / }
        const early = { name: 'InvalidSignatureException', message: /^Signature not yet current: / }
        await assert.rejects(server.client(owner, { systemClockOffset: -6 * minuteMs }).send(listPools), expired)
        await assert.rejects(server.client(owner, { systemClockOffset: 6 * minuteMs }).send(listPools), early)
        await server.client(owner, { systemClockOffset: -4 * minuteMs }).send(listPools)
        await server.client(owner, { systemClockOffset: 4 * minuteMs }).send(listPools)
      })

      it('rejects a signature for another region or service', async () => {
        const scope = { name: 'InvalidSignatureException', message: /^Credential should be scoped to/ }
        await assert.rejects(server.client(owner, { region: 'us-east-1' }).send(listPools), scope)
        assert.equal((await plainRequest(server.url, await signed('cognito-identity'))).code, 'InvalidSignatureException')
      })

      it('rejects a request whose body, headers or path were changed after it was signed', async () => {
        const request = await signed()
        const { headers } = request
        const target = 'AWSCognitoIdentityProviderService.CreateUserPool'
        const changed = [
          { ...request, body: Buffer.from('{"MaxResults":2}') },
          { ...request, body: Buffer.from(`${request.body} `) },
          { ...request, headers: { ...headers, 'x-amz-target': target } },
          { ...request, headers: { ...headers, host: 'other.example.test' } },
          { ...request, headers: { ...headers, 'x-amz-content-sha256': '0'.repeat(64) } },
          { ...request, path: '/?a=b' },
        ]
        for (const each of changed) assert.equal((await plainRequest(server.url, each)).code, 'InvalidSignatureException')
        assert.equal((await plainRequest(server.url, request)).status, 200)
      })

      it('rejects an incomplete signature', async () => {
        const request = await signed()
        const { authorization = '', 'x-amz-date': date = '', ...others } = request.headers
        const codeWith = async (headers: Record<string, string>) => (await plainRequest(server.url, { ...request, headers })).code
        assert.equal(await codeWith({ ...others, 'x-amz-date': date }), 'MissingAuthenticationTokenException')
        assert.equal(await codeWith({ ...others, authorization: 'Bearer abc', 'x-amz-date': date }), 'MissingAuthenticationTokenException')
        assert.equal(await codeWith({ ...others, authorization }), 'IncompleteSignatureException')
        const halves = [authorization.replace(/Signature=.*/, ''), authorization.replace(/Credential=[^,]*,/, ''), 'AWS4-HMAC-SHA256']
        for (const half of halves) {
          assert.equal(await codeWith({ ...others, authorization: half, 'x-amz-date': date }), 'IncompleteSignatureException', half)
        }
      })

      it('has no effect when it is rejected', async () => {
        const create = new CreateUserPoolCommand({ PoolName: 'never' })
        await assert.rejects(server.client({ ...owner, secretAccessKey: 'wrong' }).send(create), mismatch)
        assert.equal((await unsigned('DeleteUserPool', { UserPoolId: poolId })).code, 'MissingAuthenticationTokenException')
        const { UserPools } = await server.client(owner).send(listPools)
        assert.deepEqual(
          UserPools?.map(({ Name }) => Name),
          ['guarded'],
        )
      })

      it('that only Lifeguard has must be signed for the service `lifeguard`', async () => {
        const rotation = { UserPoolId: poolId }
        assert.equal((await plainRequest(server.url, await signed('lifeguard', 'RotateSigningKeys', rotation))).status, 200)
        const wrong = await plainRequest(server.url, await signed('cognito-idp', 'RotateSigningKeys', rotation))
        assert.equal(wrong.code, 'InvalidSignatureException')
      })
    })

    describe('an operation that needs no signature', () => {
      const garbage: readonly Record<string, string>[] = [
        {},
        {
          authorization: 'AWS4-HMAC-SHA256 Credential=AKIA/x/y/z/aws4_request, SignedHeaders=host, Signature=00',
          'x-amz-date': '20260823T101112Z',
        },
        { authorization: 'Bearer abc' },
        { 'x-amz-security-token': 'abc' },
      ]

      it('accepts every request, also with an invalid signature', async () => {
        for (const [at, headers] of garbage.entries()) {
          const Username = `visitor-${at}`
          const signUp = await unsigned('SignUp', { ClientId: clientId, Username, Password: goodPassword }, headers)
          assert.equal(signUp.status, 200, signUp.text)
          const SRP_A = '1f'.repeat(192)
          const start = { ClientId: clientId, AuthFlow: 'USER_SRP_AUTH', AuthParameters: { USERNAME: Username, SRP_A } }
          // The operation was executed: the user exists and is not confirmed.
          assert.equal((await unsigned('InitiateAuth', start, headers)).code, 'UserNotConfirmedException')
        }
      })

      it('of a signed-in user needs the access token only', async () => {
        const client = server.client(owner)
        const user = { UserPoolId: poolId, Username: 'member' }
        await client.send(new AdminCreateUserCommand({ ...user, MessageAction: 'SUPPRESS' }))
        await client.send(new AdminSetUserPasswordCommand({ ...user, Password: goodPassword, Permanent: true }))
        const AuthParameters = { USERNAME: 'member', PASSWORD: goodPassword }
        const signIn = await unsigned('InitiateAuth', { ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters })
        const { AuthenticationResult } = JSON.parse(signIn.text) as { AuthenticationResult: { AccessToken: string } }
        for (const headers of garbage) {
          const known = await unsigned('GetUser', { AccessToken: AuthenticationResult.AccessToken }, headers)
          assert.equal(known.status, 200, known.text)
          assert.equal((await unsigned('GetUser', { AccessToken: 'a.b.c' }, headers)).code, 'NotAuthorizedException')
        }
      })
    })

    it('there is no inbox, and requests for a host name that is not loopback are served', async () => {
      for (const [method, path] of [
        ['GET', '/inbox'],
        ['POST', '/inbox/clear'],
        ['GET', '/inbox/api/messages'],
        ['DELETE', '/inbox/api/messages'],
        ['GET', '/inbox/inbox.js'],
      ] as const) {
        assert.equal((await plainRequest(server.url, { method, path })).status, 404, path)
      }
      assert.equal((await plainRequest(server.url, { method: 'GET', path: '/healthz', headers: { host: 'id.example.test' } })).status, 200)
    })
  })
}

// Access is decided before the database is used, so one engine is enough.
for (const engine of engines.slice(0, 1)) {
  describe('In development', () => {
    it('any credentials or none are accepted, but only for loopback host names', async () => {
      await using server = await startTestServer(engine)
      const headers = { 'content-type': jsonContentType, 'x-amz-target': targetOf('ListUserPools') }
      const statuses = async (host: string) => {
        const call = await plainRequest(server.url, { headers: { ...headers, host }, body: '{"MaxResults":1}' })
        const forged = await plainRequest(server.url, {
          headers: { ...headers, host, authorization: 'AWS4-HMAC-SHA256 Credential=x' },
          body: '{"MaxResults":1}',
        })
        const inbox = await plainRequest(server.url, { method: 'GET', path: '/inbox/api/messages', headers: { host } })
        return [call.status, forged.status, inbox.status]
      }
      for (const host of ['localhost', '127.0.0.1:9911', '[::1]']) assert.deepEqual(await statuses(host), [200, 200, 200], host)
      for (const host of ['id.example.test', 'localhost.example.test', '10.0.0.7'])
        assert.deepEqual(await statuses(host), [403, 403, 403], host)
    })
  })
}
