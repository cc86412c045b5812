import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateUserPoolClientCommand,
  type CreateUserPoolClientCommandInput,
  UpdateUserPoolClientCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { useTestServer } from '../../support/test-server.ts'

type Rejection = { request: Partial<CreateUserPoolClientCommandInput>; error?: string; message?: string }

type Request = Rejection['request']
const oauth: Request = { AllowedOAuthFlowsUserPoolClient: true, AllowedOAuthFlows: ['code'], AllowedOAuthScopes: ['openid'] }
const callback = (...urls: string[]): Request => ({ ...oauth, CallbackURLs: urls })
const validity = 'Invalid range for token validity.'

/** Invalid clients of a pool that requires `email`. The error is InvalidParameterException unless another one is named. */
const rejections: Record<string, Rejection> = {
  'a refresh token of less than an hour': {
    request: { RefreshTokenValidity: 59, TokenValidityUnits: { RefreshToken: 'minutes' } },
    message: validity,
  },
  'a refresh token of more than ten years': { request: { RefreshTokenValidity: 3651 }, message: validity },
  'an access token of less than five minutes': {
    request: { AccessTokenValidity: 4, TokenValidityUnits: { AccessToken: 'minutes' } },
    message: validity,
  },
  'an access token of more than a day, in the default unit': { request: { AccessTokenValidity: 25 }, message: validity },
  'an ID token of more than a day': { request: { IdTokenValidity: 2, TokenValidityUnits: { IdToken: 'days' } }, message: validity },
  'a readable attribute that is not in the schema': { request: { ReadAttributes: ['custom:none'] } },
  'a readable developer-only attribute': { request: { ReadAttributes: ['dev:custom:score'] } },
  'a writable attribute that is not in the schema': { request: { WriteAttributes: ['email', 'toString'] } },
  'writable attributes without a required one': { request: { WriteAttributes: ['name'] } },
  'email_verified as a writable attribute': { request: { WriteAttributes: ['email', 'email_verified'] } },
  'sub as a writable attribute': { request: { WriteAttributes: ['email', 'sub'] } },
  'old and new names of flows together': { request: { ExplicitAuthFlows: ['ADMIN_NO_SRP_AUTH', 'ALLOW_USER_SRP_AUTH'] } },
  'ALLOW_REFRESH_TOKEN_AUTH together with refresh token rotation': {
    request: { ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'], RefreshTokenRotation: { Feature: 'ENABLED' } },
  },
  'ALLOW_CLIENT_TOKEN_AUTH together with flows for users': {
    request: {
      ExplicitAuthFlows: ['ALLOW_CLIENT_TOKEN_AUTH', 'ALLOW_USER_SRP_AUTH'] as CreateUserPoolClientCommandInput['ExplicitAuthFlows'],
    },
  },
  'EnablePropagateAdditionalUserContextData for a client without a secret': { request: { EnablePropagateAdditionalUserContextData: true } },
  'a callback URL with plain HTTP': { request: callback('http://example.test/cb') },
  'a callback URL with plain HTTP to a host whose name begins with localhost': { request: callback('http://localhost.example.test/cb') },
  'a callback URL with a fragment': { request: callback('https://example.test/cb#top') },
  'a callback URL without a scheme': { request: callback('example.test/cb') },
  'a callback URL with the scheme javascript': { request: callback('javascript:alert(1)') },
  'a logout URL with plain HTTP': { request: { ...callback('https://example.test'), LogoutURLs: ['http://example.test'] } },
  'a default redirect URL that is not a callback URL': {
    request: { ...callback('https://example.test'), DefaultRedirectURI: 'https://other.test' },
  },
  'OAuth without flows and scopes': {
    request: { AllowedOAuthFlowsUserPoolClient: true },
    message: 'AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.',
  },
  'the code flow without callback URLs': {
    request: oauth,
    error: 'InvalidOAuthFlowException',
    message: 'CallbackUrls can not be empty when code flow or implicit flow is selected',
  },
  'client_credentials together with the code flow': {
    request: { ...callback('https://example.test'), AllowedOAuthFlows: ['client_credentials', 'code'] },
    error: 'InvalidOAuthFlowException',
    message: 'client_credentials flow can not be selected along with code flow or implicit flow.',
  },
  'client_credentials for a client without a secret': {
    request: { ...oauth, AllowedOAuthFlows: ['client_credentials'], AllowedOAuthScopes: ['rs/read'] },
    error: 'InvalidOAuthFlowException',
    message: 'client_credentials flow can not be selected if client does not have a client secret.',
  },
  'a scope that does not exist': {
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
  describe(`CreateUserPoolClient and UpdateUserPoolClient on ${engine.name}`, () => {
    const server = useTestServer(engine)

    for (const [what, { request, error = 'InvalidParameterException', message }] of Object.entries(rejections)) {
      it(`reject ${what}`, async () => {
        const expected = message === undefined ? { name: error } : { name: error, message }
        const { poolId, clientId } = await server().givenPool({ pool: { Schema: schema } })
        const create = new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'refused', ...request })
        await assert.rejects(server().send(create), expected)
        const update = new UpdateUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId, ...request })
        await assert.rejects(server().send(update), expected)
      })
    }

    it('say in the error about an attribute list whether a client is created or updated', async () => {
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

    it('reject, at creation, an identity provider that the pool does not have', async () => {
      const { poolId } = await server().givenPool()
      const create = new CreateUserPoolClientCommand({
        UserPoolId: poolId,
        ClientName: 'x',
        SupportedIdentityProviders: ['COGNITO', 'Google'],
      })
      const message = `The provider Google does not exist for User Pool ${poolId}.`
      await assert.rejects(server().send(create), { name: 'InvalidParameterException', message })
    })

    it('reject, at creation, GenerateSecret together with ClientSecret', async () => {
      const { poolId } = await server().givenPool()
      const both = { GenerateSecret: true, ClientSecret: 'a+secret+of+24+characters' }
      const create = new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'x', ...both })
      await assert.rejects(server().send(create), { name: 'InvalidParameterException' })
    })

    it('reject, at creation, scopes of users together with client_credentials', async () => {
      const { poolId } = await server().givenPool()
      const request = { GenerateSecret: true, AllowedOAuthFlows: ['client_credentials' as const], AllowedOAuthScopes: ['openid'] }
      const create = new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'x', ...request })
      const message = 'openid is not supported with client_credentials flow'
      await assert.rejects(server().send(create), { name: 'InvalidOAuthFlowException', message })
    })
  })
}
