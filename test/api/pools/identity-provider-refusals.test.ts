import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateIdentityProviderCommand,
  type CreateIdentityProviderCommandInput,
  DeleteIdentityProviderCommand,
  DescribeIdentityProviderCommand,
  GetIdentityProviderByIdentifierCommand,
  ListIdentityProvidersCommand,
  UpdateIdentityProviderCommand,
  type UpdateIdentityProviderCommandInput,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { useTestServer } from '../../support/test-server.ts'
import { apple, facebook, google, oidc, saml } from './provider-requests.ts'

type Rejection = { request: Partial<CreateIdentityProviderCommandInput>; message?: string }

const details = <R extends { ProviderDetails: Record<string, string> }>(request: R, changes: Record<string, string>): R => ({
  ...request,
  ProviderDetails: { ...request.ProviderDetails, ...changes },
})

function without<R extends { ProviderDetails: Record<string, string> }>(request: R, key: string): R {
  return { ...request, ProviderDetails: Object.fromEntries(Object.entries(request.ProviderDetails).filter(([name]) => name !== key)) }
}

const socialKeys = 'clientId, clientSecret and authorizeScopes are all required idp details.'
const appleKeys = 'clientId, privateKey, teamId, and keyId are all required idp details.'
const oidcKeys = 'clientId, authorizeScopes, oidcIssuer and attributesRequestMethod are all required idp details.'
const httpsOnly = 'OIDC endpoint must start with https://'

/** Invalid identity providers. The error is InvalidParameterException. */
const rejections: Record<string, Rejection> = {
  'a Google provider that is not named Google': {
    request: { ...google, ProviderName: 'MyGoogle' },
    message: 'Provider MyGoogle cannot be of type Google.',
  },
  'an OIDC provider with the name Google': {
    request: { ...oidc, ProviderName: 'Google' },
    message: 'Provider Google cannot be of type OIDC.',
  },
  'an OIDC provider whose name differs from Google only in case': { request: { ...oidc, ProviderName: 'google' } },
  'a SAML provider named cognito, because COGNITO stands for the pool itself': { request: { ...saml, ProviderName: 'cognito' } },
  'Google without a client id': { request: without(google, 'client_id'), message: socialKeys },
  'Google with an empty client secret': { request: details(google, { client_secret: '' }), message: socialKeys },
  'Facebook without scopes': { request: without(facebook, 'authorize_scopes'), message: socialKeys },
  'Facebook with a path as API version': { request: details(facebook, { api_version: 'v1.0/../../evil' }) },
  'Apple without a private key': { request: without(apple, 'private_key'), message: appleKeys },
  'OIDC without an issuer': { request: without(oidc, 'oidc_issuer'), message: oidcKeys },
  'OIDC without a request method': { request: without(oidc, 'attributes_request_method'), message: oidcKeys },
  'OIDC with an unknown request method': {
    request: details(oidc, { attributes_request_method: 'PUT' }),
    message:
      "1 validation error detected: Value 'PUT' at 'attributes_request_method' failed to satisfy constraint: Member must satisfy enum value set: [POST, GET]",
  },
  'OIDC with an issuer by plain HTTP': { request: details(oidc, { oidc_issuer: 'http://id.corp.test' }), message: httpsOnly },
  'OIDC with an invalid URL': { request: details(oidc, { token_url: 'https//' }), message: httpsOnly },
  'OIDC with a file URL': { request: details(oidc, { jwks_uri: 'file:///etc/passwd' }), message: httpsOnly },
  'SAML without metadata': {
    request: without(saml, 'MetadataURL'),
    message: 'At least one of the MetadataURL or MetadataFile should be provided.',
  },
  'SAML with two kinds of metadata': {
    request: details(saml, { MetadataFile: '<md/>' }),
    message: 'Only one of the MetadataURL or MetadataFile should be provided.',
  },
  'SAML with metadata by plain HTTP': { request: details(saml, { MetadataURL: 'http://id.corp.test/metadata' }) },
  'SAML with a flag that is neither true nor false': { request: details(saml, { IDPSignout: 'yes' }) },
  'SAML with an unknown signature algorithm': { request: details(saml, { RequestSigningAlgorithm: 'rsa-sha1' }) },
  'a member of ProviderDetails that SAML providers do not have': { request: details(saml, { IDPSignOut: 'true' }) },
  'an unknown member of ProviderDetails': { request: details(oidc, { __proto__x: '1' }) },
  'a mapping to an attribute that is not in the schema': {
    request: { ...oidc, AttributeMapping: { email: 'mail', 'custom:none': 'x', toString: 'y' } },
    message: 'AttributeMapping contains invalid mapping: [custom:none, toString]',
  },
  'a mapping to the sub': {
    request: { ...saml, AttributeMapping: { sub: 'id' } },
    message: 'AttributeMapping contains invalid mapping: [sub]',
  },
  'a username from another claim than the subject': {
    request: { ...oidc, AttributeMapping: { username: 'email' } },
    message: 'AttributeMapping contains invalid mapping: [username]',
  },
  'an AcrMapping for a provider that is not OIDC': { request: { ...google, AcrMapping: { Level1: 'x' } } },
  'an unknown level of assurance': { request: { ...oidc, AcrMapping: { Level5: 'x' } } },
  'a provider name that ends in a space': { request: { ...oidc, ProviderName: 'My Corp ' } },
  'a provider name that begins with an underscore': { request: { ...oidc, ProviderName: '_corp' } },
  'a provider name with a null byte': { request: { ...oidc, ProviderName: '\u0000corp' } },
  'an unknown type of provider': { request: { ...oidc, ProviderType: 'Twitter' as 'OIDC' } },
  'an identifier with a slash': { request: { ...oidc, IdpIdentifiers: ['a/b'] } },
  'more than 50 identifiers': { request: { ...oidc, IdpIdentifiers: Array.from({ length: 51 }, (_, index) => `id-${index}`) } },
}

for (const engine of engines) {
  describe(`The operations on identity providers on ${engine.name}`, () => {
    const server = useTestServer(engine)

    for (const [what, { request, message }] of Object.entries(rejections)) {
      it(`reject, at creation, ${what}`, async () => {
        const { poolId } = await server().givenPool()
        const expected = { name: 'InvalidParameterException', ...(message !== undefined && { message }) }
        const command = new CreateIdentityProviderCommand({ UserPoolId: poolId, ...oidc, ...request })
        await assert.rejects(server().send(command), expected)
        assert.deepEqual((await server().send(new ListIdentityProvidersCommand({ UserPoolId: poolId }))).Providers, [])
      })
    }

    it('reject a change that would make the provider invalid, and keep the provider as it was', async () => {
      const { poolId } = await server().givenPool()
      await server().send(new CreateIdentityProviderCommand({ UserPoolId: poolId, ...oidc }))
      const read = () => server().send(new DescribeIdentityProviderCommand({ UserPoolId: poolId, ProviderName: 'Corp' }))
      const { IdentityProvider: before } = await read()
      const changes: Partial<UpdateIdentityProviderCommandInput>[] = [
        { ProviderDetails: {} },
        { ProviderDetails: { ...oidc.ProviderDetails, MetadataURL: 'https://x.test' } },
        { AttributeMapping: { 'custom:none': 'x' } },
        { AttributeMapping: { username: 'email' } },
        { AcrMapping: { Level9: 'x' } },
      ]
      for (const change of changes) {
        const update = new UpdateIdentityProviderCommand({ UserPoolId: poolId, ProviderName: 'Corp', ...change })
        await assert.rejects(server().send(update), { name: 'InvalidParameterException' })
      }
      assert.deepEqual((await read()).IdentityProvider, before)
    })

    it('reject COGNITO as the provider to change or delete', async () => {
      const { poolId } = await server().givenPool()
      const place = { UserPoolId: poolId, ProviderName: 'COGNITO' }
      const expected = { name: 'UnsupportedIdentityProviderException' }
      await assert.rejects(server().send(new UpdateIdentityProviderCommand(place)), expected)
      await assert.rejects(server().send(new DeleteIdentityProviderCommand(place)), expected)
    })

    it('reject a pool that does not exist', async () => {
      const poolId = 'us-east-1_nowhere'
      const place = { UserPoolId: poolId, ProviderName: 'Corp' }
      const gone = { name: 'ResourceNotFoundException', message: `User pool ${poolId} does not exist.` }
      await assert.rejects(server().send(new CreateIdentityProviderCommand({ ...place, ...oidc })), gone)
      await assert.rejects(server().send(new DescribeIdentityProviderCommand(place)), gone)
      await assert.rejects(server().send(new UpdateIdentityProviderCommand(place)), gone)
      await assert.rejects(server().send(new DeleteIdentityProviderCommand(place)), gone)
      await assert.rejects(server().send(new ListIdentityProvidersCommand(place)), gone)
      const byIdentifier = new GetIdentityProviderByIdentifierCommand({ UserPoolId: poolId, IdpIdentifier: 'corp.test' })
      await assert.rejects(server().send(byIdentifier), gone)
    })
  })
}
