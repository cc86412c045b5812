import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { policyDocument, roleArn, trustOfIdentityPool } from '../../support/roles.ts'
import { useTestServer } from '../../support/test-server.ts'
import { recordedCalls } from './audited-calls.ts'

for (const engine of engines) {
  describe(`Audit records of changed settings on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const { recordOf, changed } = recordedCalls(server)

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

    it('name each changed policy of a role, but not what it says', async () => {
      const RoleArn = roleArn(`audited-${'x'.repeat(56)}`).replace('role/', `role/${'path/'.repeat(100)}`)
      const [trust, read] = [trustOfIdentityPool('us-east-1:1'), { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }]
      const role = {
        RoleArn,
        TrustPolicy: policyDocument(trust),
        Policies: { read: policyDocument(read), ['__proto__']: policyDocument(read) },
      }
      const about = { UserPoolId: undefined, Subject: RoleArn }
      const created = await recordOf('LifeguardService.PutRole', role)
      const ofNewRole = ['MaxSessionSeconds', 'Policies.__proto__', 'Policies.read', 'TrustPolicy']
      assert.deepEqual(created.facts, { ...about, ChangedMembers: ofNewRole, Detail: 'created' })
      assert.ok(!created.text.includes('GetObject'))

      const wider = { ...role, Policies: { read: policyDocument({ ...read, Action: 's3:*' }), more: policyDocument(read) } }
      assert.deepEqual(await changed('LifeguardService.PutRole', wider), ['Policies.__proto__', 'Policies.more', 'Policies.read'])
      const revoked = await recordOf('LifeguardService.PutRole', { ...wider, MaxSessionSeconds: 7200, RevokeSessions: true })
      assert.deepEqual(revoked.facts, { ...about, ChangedMembers: ['MaxSessionSeconds'], Detail: 'sessions: revoked' })
      assert.deepEqual(await changed('LifeguardService.PutRole', { ...wider, MaxSessionSeconds: 7200 }), [])
      const deleted = await recordOf('LifeguardService.DeleteRole', { RoleArn })
      assert.deepEqual(deleted.facts, { ...about, ChangedMembers: undefined, Detail: undefined })
      const found = await callLifeguard(server(), 'ListAuditRecords', { Subject: RoleArn })
      assert.equal(found.Records.length, 5)
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
