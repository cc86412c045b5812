import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateUserPoolClientCommand,
  type CreateUserPoolClientCommandInput,
  UpdateUserPoolClientCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { useTestServer } from '../../support/test-server.ts'

type Refusal = { request: Partial<CreateUserPoolClientCommandInput>; error?: string; message?: string }

type Request = Refusal['request']
const oauth: Request = { AllowedOAuthFlowsUserPoolClient: true, AllowedOAuthFlows: ['code'], AllowedOAuthScopes: ['openid'] }
const callback = (...urls: string[]): Request => ({ ...oauth, CallbackURLs: urls })
const validity = 'Invalid range for token validity.'

/** What the client of a pool that requires `email` cannot be; InvalidParameterException unless another error is named. */
const refusals: Record<string, Refusal> = {
  'a refresh token of less than an hour': {
    request: { RefreshTokenValidity: 59, TokenValidityUnits: { RefreshToken: 'minutes' } },
    message: validity,
  },
  'a refresh token of more than ten years': { request: { RefreshTokenValidity: 3651 }, message: validity },
  'an access token of less than five minutes': {
    request: { AccessTokenValidity: 4, TokenValidityUnits: { AccessToken: 'minutes' } },
    message: validity,
  },
  'an access token of more than a day, in hours as nothing else is said': { request: { AccessTokenValidity: 25 }, message: validity },
  'an ID token of more than a day': { request: { IdTokenValidity: 2, TokenValidityUnits: { IdToken: 'days' } }, message: validity },
  'reading what is not in the schema': { request: { ReadAttributes: ['custom:none'] } },
  'reading what is for developers': { request: { ReadAttributes: ['dev:custom:score'] } },
  'writing what is not in the schema': { request: { WriteAttributes: ['email', 'toString'] } },
  'writing less than what users must have': { request: { WriteAttributes: ['name'] } },
  'vouching for an address': { request: { WriteAttributes: ['email', 'email_verified'] } },
  'choosing a sub': { request: { WriteAttributes: ['email', 'sub'] } },
  'old and new names of flows in one list': { request: { ExplicitAuthFlows: ['ADMIN_NO_SRP_AUTH', 'ALLOW_USER_SRP_AUTH'] } },
  'plain refreshing beside rotation': {
    request: { ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'], RefreshTokenRotation: { Feature: 'ENABLED' } },
  },
  'client tokens beside flows of users': {
    request: {
      ExplicitAuthFlows: ['ALLOW_CLIENT_TOKEN_AUTH', 'ALLOW_USER_SRP_AUTH'] as CreateUserPoolClientCommandInput['ExplicitAuthFlows'],
    },
  },
  'context data of users without a secret': { request: { EnablePropagateAdditionalUserContextData: true } },
  'plain HTTP to another machine': { request: callback('http://example.test/cb') },
  'plain HTTP to a host that begins like this machine': { request: callback('http://localhost.example.test/cb') },
  'a fragment': { request: callback('https://example.test/cb#top') },
  'an address without a scheme': { request: callback('example.test/cb') },
  'an address that is a program': { request: callback('javascript:alert(1)') },
  'a logout address by plain HTTP': { request: { ...callback('https://example.test'), LogoutURLs: ['http://example.test'] } },
  'a default that is no callback': { request: { ...callback('https://example.test'), DefaultRedirectURI: 'https://other.test' } },
  'OAuth without flows and scopes': {
    request: { AllowedOAuthFlowsUserPoolClient: true },
    message: 'AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.',
  },
  'a flow that leads nowhere': {
    request: oauth,
    error: 'InvalidOAuthFlowException',
    message: 'CallbackUrls can not be empty when code flow or implicit flow is selected',
  },
  'the flow of clients beside one of users': {
    request: { ...callback('https://example.test'), AllowedOAuthFlows: ['client_credentials', 'code'] },
    error: 'InvalidOAuthFlowException',
    message: 'client_credentials flow can not be selected along with code flow or implicit flow.',
  },
  'the flow of clients without a secret': {
    request: { ...oauth, AllowedOAuthFlows: ['client_credentials'], AllowedOAuthScopes: ['rs/read'] },
    error: 'InvalidOAuthFlowException',
    message: 'client_credentials flow can not be selected if client does not have a client secret.',
  },
  'a scope that nobody defined': {
    request: { ...callback('https://example.test'), AllowedOAuthScopes: ['openid', 'rs/read'] },
    error: 'ScopeDoesNotExistException',
    message: 'Invalid scope requested: rs/read',
  },
}

const schema = [
  { Name: 'email', Required: true },
  { Name: 'score', AttributeDataType: 'Number' as const, DeveloperOnlyAttribute: true },
]

for (const engine of engines) {
  describe(`An app client on ${engine.name} refuses`, () => {
    const server = useTestServer(engine)

    for (const [what, { request, error = 'InvalidParameterException', message }] of Object.entries(refusals)) {
      it(what, async () => {
        const expected = message === undefined ? { name: error } : { name: error, message }
        const { poolId, clientId } = await server().givenPool({ pool: { Schema: schema } })
        const create = new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'refused', ...request })
        await assert.rejects(server().send(create), expected)
        const update = new UpdateUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId, ...request })
        await assert.rejects(server().send(update), expected)
      })
    }

    it('attribute lists with the words of the operation', async () => {
      const { poolId, clientId } = await server().givenPool()
      const lists = { WriteAttributes: ['custom:none'] }
      await assert.rejects(server().send(new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'x', ...lists })), {
        message: 'Invalid write attributes specified while creating a client',
      })
      await assert.rejects(server().send(new UpdateUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId, ...lists })), {
        message: 'Invalid write attributes specified while updating a client',
      })
      const create = new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'x', ReadAttributes: ['custom:none'] })
      await assert.rejects(server().send(create), { message: 'Invalid read attributes specified while creating a client' })
    })

    it('a provider that the pool does not have', async () => {
      const { poolId } = await server().givenPool()
      const create = new CreateUserPoolClientCommand({
        UserPoolId: poolId,
        ClientName: 'x',
        SupportedIdentityProviders: ['COGNITO', 'Google'],
      })
      const message = `The provider Google does not exist for User Pool ${poolId}.`
      await assert.rejects(server().send(create), { name: 'InvalidParameterException', message })
    })

    it('two secrets at once', async () => {
      const { poolId } = await server().givenPool()
      const both = { GenerateSecret: true, ClientSecret: 'a+secret+of+24+characters' }
      const create = new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'x', ...both })
      await assert.rejects(server().send(create), { name: 'InvalidParameterException' })
    })

    it('scopes of users for a client that speaks for itself', async () => {
      const { poolId } = await server().givenPool()
      const request = { GenerateSecret: true, AllowedOAuthFlows: ['client_credentials' as const], AllowedOAuthScopes: ['openid'] }
      const create = new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'x', ...request })
      const message = 'openid is not supported with client_credentials flow'
      await assert.rejects(server().send(create), { name: 'InvalidOAuthFlowException', message })
    })
  })
}
