import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AddUserPoolClientSecretCommand,
  CreateResourceServerCommand,
  CreateUserPoolClientCommand,
  type CreateUserPoolClientCommandInput,
  DeleteResourceServerCommand,
  GetClientTokenCommand,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { rawCall } from '../../support/raw-call.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'
import { tokenVerifier } from '../../support/token-verifier.ts'
import { headerOf, jwksOf, useAccessToken } from '../../support/tokens.ts'

const scopes = ['https://api.test/read', 'https://api.test/write']

/** The SDK's type of `ExplicitAuthFlows` lacks `ALLOW_CLIENT_TOKEN_AUTH`, although the SDK's documentation lists it. */
const clientTokens = ['ALLOW_CLIENT_TOKEN_AUTH'] as unknown as CreateUserPoolClientCommandInput['ExplicitAuthFlows']

type Client = { poolId: string; clientId: string; secret: string }

async function givenClient(server: TestServer, options: Partial<CreateUserPoolClientCommandInput> = {}): Promise<Client> {
  const { poolId } = await server.givenPool()
  const Scopes = ['read', 'write'].map((ScopeName) => ({ ScopeName, ScopeDescription: ScopeName }))
  await server.send(new CreateResourceServerCommand({ UserPoolId: poolId, Identifier: 'https://api.test', Name: 'api', Scopes }))
  const request = { ClientName: 'machine', GenerateSecret: true, ExplicitAuthFlows: clientTokens, AllowedOAuthScopes: scopes, ...options }
  const { UserPoolClient: client } = await server.send(new CreateUserPoolClientCommand({ UserPoolId: poolId, ...request }))
  return { poolId, clientId: client?.ClientId ?? '', secret: client?.ClientSecret ?? '' }
}

async function getToken(server: TestServer, { clientId, secret }: Client, Scopes?: string[]) {
  const command = new GetClientTokenCommand({ ClientId: clientId, Secret: secret, ...(Scopes !== undefined && { Scopes }) })
  return (await server.send(command)).ClientAuthenticationResult
}

function payloadOf(token: string | undefined): Record<string, unknown> {
  return JSON.parse(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString())
}

for (const engine of engines) {
  describe(`GetClientToken on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('returns an access token of the client itself', async () => {
      const client = await givenClient(server(), { AccessTokenValidity: 10, TokenValidityUnits: { AccessToken: 'minutes' } })
      const { AccessToken: token, ...rest } = (await getToken(server(), client)) ?? {}
      assert.deepEqual(rest, { ExpiresIn: 600, TokenType: 'Bearer' })
      const { jti, iat, exp, auth_time, ...claims } = payloadOf(token)
      assert.deepEqual(claims, {
        sub: client.clientId,
        token_use: 'access',
        scope: scopes.join(' '),
        iss: `${server().url}/${client.poolId}`,
        version: 2,
        client_id: client.clientId,
      })
      assert.match(String(jti), /^[0-9a-f-]{36}$/)
      assert.equal(auth_time, iat)
      assert.equal(Number(exp) - Number(iat), 600)
    })

    it('signs the token with the key of the pool’s access tokens', async () => {
      const client = await givenClient(server())
      const { AccessToken: token = '' } = (await getToken(server(), client)) ?? {}
      assert.deepEqual(Object.keys(headerOf(token)).sort(), ['alg', 'kid'])
      const { keys } = await jwksOf(server(), client.poolId)
      assert.ok(keys.some((key) => key['kid'] === headerOf(token)['kid']))
      const verified = await tokenVerifier(server(), { ...client, tokenUse: 'access' }).verify(token)
      assert.equal(verified['client_id'], client.clientId)
    })

    it('accepts an unsigned request', async () => {
      const { clientId, secret } = await givenClient(server())
      const answer = await rawCall(server(), 'GetClientToken', { ClientId: clientId, Secret: secret, ClientMetadata: { a: 'b' } })
      assert.equal(answer.status, 200)
    })

    it('grants the requested scopes, and rejects those that the client may not have', async () => {
      const client = await givenClient(server())
      const scopeOf = async (...asked: string[]) => payloadOf((await getToken(server(), client, asked))?.AccessToken)['scope']
      assert.equal(await scopeOf('https://api.test/write', 'https://api.test/write'), 'https://api.test/write')
      assert.equal(await scopeOf(), scopes.join(' '))
      const narrow = await givenClient(server(), { AllowedOAuthScopes: ['https://api.test/read', 'openid'] })
      for (const asked of ['https://api.test/write', 'https://api.test/none', 'openid', 'aws.cognito.signin.user.admin', 'read']) {
        const expected = { name: 'InvalidParameterException', message: `Invalid scope requested: ${asked}` }
        await assert.rejects(getToken(server(), narrow, [asked]), expected)
      }
      assert.equal(payloadOf((await getToken(server(), narrow))?.AccessToken)['scope'], 'https://api.test/read')
    })

    it('leaves out deleted scopes, and rejects the request when no scope is left', async () => {
      const client = await givenClient(server())
      const { poolId } = client
      const more = { UserPoolId: poolId, Identifier: 'https://api.test', Name: 'api' }
      await server().send(new DeleteResourceServerCommand(more))
      await assert.rejects(getToken(server(), client), { name: 'InvalidParameterException' })
      await assert.rejects(getToken(server(), client, ['https://api.test/read']), { name: 'InvalidParameterException' })
      const Scopes = [{ ScopeName: 'read', ScopeDescription: 'read' }]
      await server().send(new CreateResourceServerCommand({ ...more, Scopes }))
      assert.equal(payloadOf((await getToken(server(), client))?.AccessToken)['scope'], 'https://api.test/read')
    })

    it('accepts each secret of the client, and no other secret', async () => {
      const client = await givenClient(server())
      const place = { UserPoolId: client.poolId, ClientId: client.clientId }
      const { ClientSecretDescriptor: added } = await server().send(new AddUserPoolClientSecretCommand(place))
      for (const secret of [client.secret, added?.ClientSecretValue ?? '']) assert.ok(await getToken(server(), { ...client, secret }))
      const wrong = { name: 'NotAuthorizedException', message: `Unable to verify the client secret of client ${client.clientId}` }
      await assert.rejects(getToken(server(), { ...client, secret: 'x'.repeat(52) }), wrong)
      const other = await givenClient(server())
      await assert.rejects(getToken(server(), { ...client, secret: other.secret }), wrong)
    })

    it('rejects clients that do not allow ALLOW_CLIENT_TOKEN_AUTH, have no secret or do not exist', async () => {
      const user = { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const] }
      await assert.rejects(getToken(server(), await givenClient(server(), user)), { name: 'InvalidParameterException' })
      const unset = await givenClient(server(), { ExplicitAuthFlows: [] })
      await assert.rejects(getToken(server(), unset), { name: 'InvalidParameterException' })
      const open = await givenClient(server(), { ...user, GenerateSecret: false })
      await assert.rejects(getToken(server(), { ...open, secret: 'x'.repeat(52) }), { name: 'NotAuthorizedException' })
      const unknown = getToken(server(), { poolId: '', clientId: 'nobody', secret: 'x'.repeat(52) })
      await assert.rejects(unknown, { name: 'ResourceNotFoundException', message: 'User pool client nobody does not exist.' })
    })

    it('returns a token that user operations reject; users cannot sign in at a client that allows only this flow', async () => {
      const client = await givenClient(server())
      const { AccessToken: token = '' } = (await getToken(server(), client)) ?? {}
      await assert.rejects(useAccessToken(server(), token), { name: 'NotAuthorizedException' })
      const AuthParameters = { USERNAME: 'ana', PASSWORD: 'any', SECRET_HASH: 'any' }
      const signIn = new InitiateAuthCommand({ ClientId: client.clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters })
      await assert.rejects(server().send(signIn), { name: /InvalidParameterException|NotAuthorizedException/ })
    })
  })
}
