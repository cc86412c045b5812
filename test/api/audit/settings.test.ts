import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { rawCall } from '../../support/raw-call.ts'
import { useTestServer } from '../../support/test-server.ts'
import { listAuditRecords, namingKey } from './audited-calls.ts'

for (const engine of engines) {
  describe(`Audit records of changed settings on ${engine.name}`, () => {
    const server = useTestServer(engine)
    let keys = 0

    /** Sends a request that must succeed. Returns its answer, and its audit record: as a text, and the members that describe the change. */
    async function recordOf(operation: string, request: object) {
      const key = `AKIA${String(keys++).padStart(16, '0')}`

      const { status, text, body } = await rawCall(server(), operation, request, namingKey(key))
      assert.equal(status, 200, text)
      const [record] = await listAuditRecords(server(), { AccessKeyId: key })
      assert.ok(record)
      const { UserPoolId, Subject, ChangedMembers, Detail } = record
      return { body, text: JSON.stringify(record), facts: { UserPoolId, Subject, ChangedMembers, Detail } }
    }
    const changed = async (operation: string, request: object) => (await recordOf(operation, request)).facts.ChangedMembers

    it('name the changed members of a pool, in each operation that changes a pool', async () => {
      const { body, facts } = await recordOf('CreateUserPool', { PoolName: 'shop' })
      const { Id: UserPoolId, Arn: ResourceArn } = body['UserPool'] as { Id: string; Arn: string }
      assert.deepEqual(facts, { UserPoolId, Subject: UserPoolId, ChangedMembers: undefined, Detail: 'name: shop' })

      const Policies = { PasswordPolicy: { MinimumLength: 33 } }
      assert.deepEqual(await changed('UpdateUserPool', { UserPoolId, Policies, DeletionProtection: 'INACTIVE', PoolName: 'shoes' }), [
        'Name',
        'Policies.PasswordPolicy.MinimumLength',
        'Policies.PasswordPolicy.RequireLowercase',
        'Policies.PasswordPolicy.RequireNumbers',
        'Policies.PasswordPolicy.RequireSymbols',
        'Policies.PasswordPolicy.RequireUppercase',
      ])
      assert.deepEqual(await changed('UpdateUserPool', { UserPoolId, Policies }), [])
      const CustomAttributes = [{ Name: 'rank', AttributeDataType: 'Number' }]
      assert.deepEqual(await changed('AddCustomAttributes', { UserPoolId, CustomAttributes }), ['SchemaAttributes.custom:rank'])
      const mfa = { UserPoolId, MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration: { Enabled: true } }
      assert.deepEqual(await changed('SetUserPoolMfaConfig', mfa), ['MfaConfiguration', 'SoftwareTokenMfaConfiguration'])
      const sessions = { UserPoolId, UserSessionTracking: 'ENABLED', TokenSession: { MaxPerUser: 7 } }
      assert.deepEqual(await changed('SetUserPoolSessionConfiguration', sessions), ['TokenSession.MaxPerUser', 'UserSessionTracking'])
      const tagged = await recordOf('TagResource', { ResourceArn, Tags: { team: 'blue' } })
      assert.deepEqual(tagged.facts, { UserPoolId, Subject: UserPoolId, ChangedMembers: ['Tags.team'], Detail: undefined })
      assert.ok(!tagged.text.includes('blue'))
      assert.deepEqual(await changed('UntagResource', { ResourceArn, TagKeys: ['team', 'other'] }), ['Tags.team'])
    })

    it('name the changed members of an app client and the id of a secret, but no secret', async () => {
      const { poolId: UserPoolId } = await server().givenPool()
      const created = await recordOf('CreateUserPoolClient', { UserPoolId, ClientName: 'web', GenerateSecret: true })
      const { ClientId, ClientSecret } = created.body['UserPoolClient'] as { ClientId: string; ClientSecret: string }
      assert.deepEqual(created.facts, { UserPoolId, Subject: ClientId, ChangedMembers: undefined, Detail: 'name: web' })

      const update = { UserPoolId, ClientId, AccessTokenValidity: 5, TokenValidityUnits: { AccessToken: 'minutes' } }
      assert.deepEqual(await changed('UpdateUserPoolClient', update), ['AccessTokenValidity', 'TokenValidityUnits.AccessToken'])

      const own = 'a_secret_of_more_than_24_characters'
      const added = await recordOf('AddUserPoolClientSecret', { UserPoolId, ClientId, ClientSecret: own })
      const { ClientSecretId } = added.body['ClientSecretDescriptor'] as { ClientSecretId: string }
      const aboutSecret = { UserPoolId, Subject: ClientSecretId, ChangedMembers: undefined, Detail: undefined }
      assert.deepEqual(added.facts, aboutSecret)
      const deletedSecret = await recordOf('DeleteUserPoolClientSecret', { UserPoolId, ClientId, ClientSecretId })
      assert.deepEqual(deletedSecret.facts, aboutSecret)
      const deleted = await recordOf('DeleteUserPoolClient', { UserPoolId, ClientId })
      assert.deepEqual(deleted.facts, { UserPoolId, Subject: ClientId, ChangedMembers: undefined, Detail: 'name: web' })
      for (const { text } of [created, added, deletedSecret, deleted]) assert.ok(!text.includes(ClientSecret) && !text.includes(own))
    })

    it('name the changed members of the resources of a pool', async () => {
      const { poolId: UserPoolId, clientId: ClientId } = await server().givenPool()
      const provider = { UserPoolId, ProviderName: 'Corp' }
      const details = { client_id: 'app', client_secret: 'hidden-one', authorize_scopes: 'openid', attributes_request_method: 'GET' }
      const ProviderDetails = { ...details, oidc_issuer: 'https://idp.example.test' }
      await recordOf('CreateIdentityProvider', { ...provider, ProviderType: 'OIDC', ProviderDetails })
      const rotated = { ...provider, ProviderDetails: { ...ProviderDetails, client_secret: 'hidden-two' } }
      const { facts, text } = await recordOf('UpdateIdentityProvider', rotated)
      assert.deepEqual(facts, { UserPoolId, Subject: 'Corp', ChangedMembers: ['ProviderDetails.client_secret'], Detail: undefined })
      assert.ok(!text.includes('hidden'))

      const api = { UserPoolId, Identifier: 'https://api.example.test', Name: 'API' }
      await recordOf('CreateResourceServer', api)
      const Scopes = [{ ScopeName: 'read', ScopeDescription: 'Read' }]
      assert.deepEqual(await changed('UpdateResourceServer', { ...api, Scopes }), ['Scopes'])

      const domain = { UserPoolId, Domain: `shop-${engine.name}` }
      await recordOf('CreateUserPoolDomain', domain)
      assert.deepEqual(await changed('UpdateUserPoolDomain', { ...domain, ManagedLoginVersion: 2 }), ['ManagedLoginVersion'])
      assert.deepEqual(await changed('UpdateUserPoolDomain', { ...domain, ManagedLoginVersion: 2 }), [])
      assert.deepEqual(await changed('SetUICustomization', { UserPoolId, CSS: '.label-customizable { color: red }' }), ['CSS'])
      assert.deepEqual(await changed('SetUICustomization', { UserPoolId, CSS: '.label-customizable { color: red }' }), [])

      const styled = await recordOf('CreateManagedLoginBranding', { UserPoolId, ClientId, UseCognitoProvidedValues: true })
      const { ManagedLoginBrandingId } = styled.body['ManagedLoginBranding'] as { ManagedLoginBrandingId: string }
      const aboutStyle = { UserPoolId, Subject: ManagedLoginBrandingId, ChangedMembers: undefined, Detail: `client: ${ClientId}` }
      assert.deepEqual(styled.facts, aboutStyle)
      const deleted = await recordOf('DeleteManagedLoginBranding', { UserPoolId, ManagedLoginBrandingId })
      assert.deepEqual(deleted.facts, aboutStyle)
    })

    it('name the category of a changed request limit', async () => {
      const LimitDefinition = { LimitClass: 'API_CATEGORY', Attributes: { Category: 'UserList' } }
      const request = { LimitDefinition, RequestedLimitValue: 1000 }
      const { facts } = await recordOf('UpdateProvisionedLimit', request)
      assert.deepEqual(facts, {
        UserPoolId: undefined,
        Subject: 'UserList',
        ChangedMembers: ['ProvisionedLimitValue'],
        Detail: undefined,
      })
    })
  })
}
