import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { CognitoIdentityClient, ListIdentityPoolsCommand } from '@aws-sdk/client-cognito-identity'
import { AdminGetUserCommand, CognitoIdentityProviderClient, ListUsersCommand } from '@aws-sdk/client-cognito-identity-provider'
import { type AccessKey, hashSessionToken, newAccessKey } from '../../src/access/access-key.ts'
import { fullAccessPolicy } from '../../src/access/policy.ts'
import { readPolicy } from '../../src/access/read-policy.ts'
import { readSignature } from '../../src/access/signature.ts'
import { createSecrets } from '../../src/base/secrets.ts'
import { ApiError } from '../../src/contract/api-error.ts'
import { credentialFinderOf } from './verify.ts'

const secrets = createSecrets(randomBytes(32))
const credentials = newAccessKey('session')
const key: AccessKey = {
  id: credentials.id,
  secret: credentials.secret,
  sessionTokenHash: hashSessionToken(secrets, credentials.id, credentials.sessionToken ?? ''),
  policy: readPolicy(fullAccessPolicy),
  expiresAt: undefined,
}
const findCredential = credentialFinderOf(secrets, [key])

/** Verifies the signature of each request. Responds with `{}` when it is right, and with the error of the verification otherwise. */
const server: Server = createServer((request, response) => {
  void (async () => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const url = new URL(request.url ?? '/', 'http://localhost')
    try {
      const { pathname: path, search } = url
      const received = { method: request.method ?? '', path, query: search.slice(1), headers: request.headersDistinct }
      const signature = await readSignature(received, {
        now: Date.now(),
        services: ['cognito-idp', 'cognito-identity'],
        region: 'eu-central-1',
        findCredential,
      })
      signature.verify(Buffer.concat(chunks))
      response.end('{}')
    } catch (error) {
      assert.ok(error instanceof ApiError)
      response.writeHead(400, { 'x-amzn-errortype': error.code }).end(JSON.stringify({ message: error.message }))
    }
  })()
})

describe('A request of the official SDK', () => {
  let endpoint = ''

  before(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    endpoint = `http://localhost:${(server.address() as AddressInfo).port}`
  })
  after(() => server.close())

  function settings({ secret = credentials.secret, region = 'eu-central-1', systemClockOffset = 0 } = {}) {
    const identity = { accessKeyId: credentials.id, secretAccessKey: secret, sessionToken: credentials.sessionToken ?? '' }
    return { endpoint, region, systemClockOffset, maxAttempts: 1, credentials: identity }
  }

  const user = { UserPoolId: 'eu-central-1_AbCdEf123', Username: 'Žofie' }

  it('is accepted when it has a valid signature', async () => {
    const client = new CognitoIdentityProviderClient(settings())
    await client.send(new AdminGetUserCommand(user))
    await client.send(new ListUsersCommand({ UserPoolId: user.UserPoolId, Filter: 'name ^= "a b"' }))
    client.destroy()
  })

  it('is accepted from the SDK for identity pools', async () => {
    const client = new CognitoIdentityClient(settings())
    await client.send(new ListIdentityPoolsCommand({ MaxResults: 1 }))
    client.destroy()
  })

  const rejections: [name: string, change: Parameters<typeof settings>[0], rejection: object][] = [
    ['a wrong secret', { secret: 'wrong' }, { name: 'InvalidSignatureException', message: /^The request signature we calculated/ }],
    [
      'a clock that is six minutes slow',
      { systemClockOffset: -6 * 60_000 },
      { name: 'InvalidSignatureException', message: /^Signature expired: / },
    ],
    [
      'another region',
      { region: 'us-east-1' },
      { name: 'InvalidSignatureException', message: 'Credential should be scoped to a valid region.' },
    ],
  ]
  for (const [name, change, rejection] of rejections) {
    it(`is rejected with ${name}`, async () => {
      const client = new CognitoIdentityProviderClient(settings(change))
      await assert.rejects(client.send(new AdminGetUserCommand(user)), rejection)
      client.destroy()
    })
  }
})
