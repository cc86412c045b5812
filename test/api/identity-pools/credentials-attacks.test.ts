import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import {
  forbidden,
  getId,
  givenPools,
  invalidLogin,
  loginsDoNotMatch,
  unknownId,
  unsupportedProvider,
  wrongIssuer,
} from '../../support/identity-logins.ts'
import { callJson, givenIdentityPool } from '../../support/identity-pools.ts'
import { policyDocument, putRole, roleArn, trustOfIdentityPool } from '../../support/roles.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

const wrongRoles = {
  name: 'InvalidIdentityPoolConfigurationException',
  message: 'Invalid identity pool configuration. Check assigned IAM roles for this pool.',
}
const all = [{ Effect: 'Allow', Action: '*', Resource: '*' }]
const roleForbidden = (arn: string) => ({ name: 'NotAuthorizedException', message: `Access to Role '${arn}' is forbidden.` })
type Logins = Readonly<Record<string, string>>

for (const engine of engines) {
  describe(`GetCredentialsForIdentity on ${engine.name} refuses`, () => {
    const server = useTestServer(engine)
    const getCredentials = (IdentityId: string, Logins?: Logins, CustomRoleArn?: string) =>
      callJson(server(), 'GetCredentialsForIdentity', { IdentityId, Logins, CustomRoleArn })

    /** Pools with a role for users and one for guests. */
    async function givenApp(more: Parameters<typeof givenPools>[1] = {}) {
      const pools = await givenPools(server(), more)
      const name = pools.clientId
      const Roles = {
        authenticated: await putRole(server(), `user-${name}`, trustOfIdentityPool(pools.IdentityPoolId), all),
        unauthenticated: await putRole(server(), `guest-${name}`, trustOfIdentityPool(pools.IdentityPoolId, 'unauthenticated'), all),
      }
      await callJson(server(), 'SetIdentityPoolRoles', { IdentityPoolId: pools.IdentityPoolId, Roles })
      return { ...pools, Roles }
    }

    it('an identity that does not exist', async () => {
      await assert.rejects(getCredentials(unknownId), { name: 'ResourceNotFoundException', message: `Identity '${unknownId}' not found.` })
    })

    it('guests where the pool has none', async () => {
      const { IdentityPoolId, Roles } = await givenApp()
      const id = await getId(server(), IdentityPoolId)
      await callJson(server(), 'UpdateIdentityPool', { IdentityPoolId, IdentityPoolName: 'test', AllowUnauthenticatedIdentities: false })
      const message = 'Unauthenticated access is not supported for this identity pool.'
      await assert.rejects(getCredentials(id), { name: 'NotAuthorizedException', message })
      await assert.rejects(getCredentials(id, undefined, Roles.unauthenticated), { name: 'NotAuthorizedException', message })
    })

    it('a guest that asks for the role of users', async () => {
      const { IdentityPoolId, Roles } = await givenApp()
      const id = await getId(server(), IdentityPoolId)
      await assert.rejects(getCredentials(id, undefined, Roles.authenticated), roleForbidden(Roles.authenticated))
    })

    it('the identity of another user, with and without a login', async () => {
      const { IdentityPoolId, login } = await givenApp()
      const ana = await login('ana')
      const id = await getId(server(), IdentityPoolId, ana.Logins)
      const ben = await login('ben')
      await assert.rejects(getCredentials(id), forbidden(id))
      await assert.rejects(getCredentials(id, ben.Logins), loginsDoNotMatch)
    })

    it('tokens of another user pool, of another app client, and access tokens', async () => {
      const one = await givenApp()
      const other = await givenApp()
      const ana = await one.login('ana')
      const ben = await other.login('ben')
      const id = await getId(server(), one.IdentityPoolId, ana.Logins)
      await assert.rejects(getCredentials(id, ben.Logins), unsupportedProvider)
      await assert.rejects(getCredentials(id, { [one.provider]: ben.idToken }), wrongIssuer)
      await assert.rejects(getCredentials(id, { [one.provider]: ana.accessToken }), { name: 'NotAuthorizedException' })
      await callJson(server(), 'UpdateIdentityPool', {
        IdentityPoolId: one.IdentityPoolId,
        IdentityPoolName: 'test',
        AllowUnauthenticatedIdentities: true,
        CognitoIdentityProviders: [{ ProviderName: one.provider, ClientId: other.clientId }],
      })
      await assert.rejects(getCredentials(id, ana.Logins), unsupportedProvider)
    })

    it('a role that is missing, or whose trust policy names another pool, another kind of identity, or denies', async () => {
      const { IdentityPoolId, login } = await givenApp()
      const other = await givenIdentityPool(server())
      const { Logins } = await login('ana')
      const id = await getId(server(), IdentityPoolId, Logins)
      const deny = { ...trustOfIdentityPool(IdentityPoolId), Effect: 'Deny' }
      const trusts: Readonly<Record<string, object[] | undefined>> = {
        missing: undefined,
        'other-pool': [trustOfIdentityPool(other.IdentityPoolId)],
        'only-guests': [trustOfIdentityPool(IdentityPoolId, 'unauthenticated')],
        denies: [trustOfIdentityPool(IdentityPoolId), deny],
        'another-account': undefined,
        'other-principal': [{ ...trustOfIdentityPool(IdentityPoolId), Principal: { Federated: 'accounts.google.com' } }],
      }
      for (const [name, statements] of Object.entries(trusts)) {
        const RoleArn = name === 'another-account' ? 'arn:aws:iam::123456789012:role/user' : roleArn(name)
        if (statements !== undefined) {
          const request = { RoleArn, TrustPolicy: policyDocument(...statements), Policies: { main: policyDocument(...all) } }
          await callJson(server(), 'PutRole', request)
        }
        await callJson(server(), 'SetIdentityPoolRoles', { IdentityPoolId, Roles: { authenticated: RoleArn } })
        await assert.rejects(getCredentials(id, Logins), wrongRoles, name)
      }
    })

    it('principal tags where the trust policy does not allow sts:TagSession, and tags that are too long for a session token', async () => {
      const { IdentityPoolId, provider, login, Roles } = await givenApp()
      const { Logins } = await login('ana')
      const id = await getId(server(), IdentityPoolId, Logins)
      const tags = { IdentityPoolId, IdentityProviderName: provider, UseDefaults: true }
      await callJson(server(), 'SetPrincipalTagAttributeMap', tags)
      await getCredentials(id, Logins)
      const trust = { ...trustOfIdentityPool(IdentityPoolId), Action: 'sts:AssumeRoleWithWebIdentity' }
      await callJson(server(), 'PutRole', { RoleArn: Roles.authenticated, TrustPolicy: policyDocument(trust) })
      await assert.rejects(getCredentials(id, Logins), wrongRoles)
      await callJson(server(), 'PutRole', {
        RoleArn: Roles.authenticated,
        TrustPolicy: policyDocument(trustOfIdentityPool(IdentityPoolId)),
      })
      const long = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`${at}-`.padEnd(128, 'x'), 'sub']))
      await callJson(server(), 'SetPrincipalTagAttributeMap', { IdentityPoolId, IdentityProviderName: provider, PrincipalTags: long })
      await assert.rejects(getCredentials(id, Logins), wrongRoles)
    })

    it('a user whom a mapping denies, by whichever name the pool, the mapping and the login know the user pool', async () => {
      const { IdentityPoolId, provider, poolId, clientId, login, Roles } = await givenApp()
      const { idToken } = await login('ana')
      const issuer = `${server().url.replace('http://', '')}/${poolId}`
      const id = await getId(server(), IdentityPoolId, { [provider]: idToken })
      const mapping = { Type: 'Token', AmbiguousRoleResolution: 'Deny' } as const
      for (const ProviderName of [provider, issuer]) {
        const CognitoIdentityProviders = [{ ProviderName, ClientId: clientId }]
        await callJson(server(), 'UpdateIdentityPool', {
          IdentityPoolId,
          IdentityPoolName: 'test',
          AllowUnauthenticatedIdentities: true,
          CognitoIdentityProviders,
        })
        for (const name of [provider, issuer, `${provider}:${clientId}`, `${issuer}:${clientId}`]) {
          await callJson(server(), 'SetIdentityPoolRoles', { IdentityPoolId, Roles, RoleMappings: { [name]: mapping } })
          for (const key of [provider, issuer]) {
            const message = `The ambiguous role mapping rules for: ${name} denied this request.`
            await assert.rejects(getCredentials(id, { [key]: idToken }), { name: 'NotAuthorizedException', message })
          }
        }
      }
    })

    it('a disabled identity, which was merged into another one', async () => {
      const { IdentityPoolId, login } = await givenApp()
      const ana = await login('ana')
      const known = await getId(server(), IdentityPoolId, ana.Logins)
      const guest = await getId(server(), IdentityPoolId)
      const merged = await getCredentials(guest, ana.Logins)
      assert.equal(merged.IdentityId, known)
      await assert.rejects(getCredentials(guest), forbidden(guest))
      await assert.rejects(getCredentials(guest, ana.Logins), forbidden(guest))
    })

    it("a developer user's token of another identity, of another pool, and together with other logins", async () => {
      const { IdentityPoolId, login } = await givenApp({ DeveloperProviderName: 'shop' })
      const other = await givenApp({ DeveloperProviderName: 'shop' })
      const [one, two] = [await developerToken(server(), IdentityPoolId, 'ana'), await developerToken(server(), IdentityPoolId, 'ben')]
      const foreign = await developerToken(server(), other.IdentityPoolId, 'ana')
      const own = 'cognito-identity.amazonaws.com'
      const given = await getCredentials(one.id, { [own]: one.token })
      assert.equal(given.IdentityId, one.id)
      const notOwn = invalidLogin("Can't pass in a Cognito token.")
      await assert.rejects(getCredentials(two.id, { [own]: one.token }), notOwn)
      await assert.rejects(getCredentials(one.id, { [own]: foreign.token }), notOwn)
      const { Logins } = await login('carl')
      await assert.rejects(getCredentials(one.id, { [own]: one.token, ...Logins }), { name: 'InvalidParameterException' })
      await assert.rejects(getCredentials(one.id, { [own]: `${one.token.slice(0, -8)}AAAAAAAA` }), invalidLogin('Token signature invalid'))
    })
  })
}

async function developerToken(server: TestServer, IdentityPoolId: string, user: string) {
  const answer = await callJson(server, 'GetOpenIdTokenForDeveloperIdentity', { IdentityPoolId, Logins: { shop: user } })
  return { id: answer.IdentityId ?? '', token: answer.Token ?? '' }
}
