import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import {
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminUserGlobalSignOutCommand,
  CreateUserPoolClientCommand,
  RevokeTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import {
  getId,
  getToken,
  givenPools,
  invalidLogin,
  loginsDoNotMatch,
  providerOf,
  unsupportedProvider,
  wrongIssuer,
  wrongSignature,
} from '../../support/identity-logins.ts'
import { callJson, countIdentityRows, givenIdentityPool } from '../../support/identity-pools.ts'
import { signedToken, unsignedToken } from '../../support/openid-issuer.ts'
import { claimsOf, givenTokens, givenUser } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'
import { headerOf, rotateSigningKeys } from '../../support/tokens.ts'

const dayMs = 86_400_000
const notAnIdToken = invalidLogin('Not a valid OpenId Connect identity token.')

for (const engine of engines) {
  describe(`Logins of user pools on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const givenLogin = async (options: Parameters<typeof givenPools>[1] = {}) => {
      const pools = await givenPools(server(), options)
      return { ...pools, ...(await pools.login('ana')) }
    }

    it('give the same identity each time, and another one in another identity pool', async () => {
      const { IdentityPoolId, Logins, provider, clientId, login } = await givenLogin()
      const id = await getId(server(), IdentityPoolId, Logins)
      assert.equal(await getId(server(), IdentityPoolId, Logins), id)
      assert.notEqual(await getId(server(), IdentityPoolId, (await login('ben')).Logins), id)
      const other = await givenIdentityPool(server(), { CognitoIdentityProviders: [{ ProviderName: provider, ClientId: clientId }] })
      assert.notEqual(await getId(server(), other.IdentityPoolId, Logins), id)
    })

    it('give one identity to simultaneous requests', async () => {
      const { IdentityPoolId, Logins } = await givenLogin()
      const ids = await Promise.all(Array.from({ length: 12 }, () => getId(server(), IdentityPoolId, Logins)))
      assert.equal(new Set(ids).size, 1)
      assert.deepEqual(await countIdentityRows(server(), IdentityPoolId), { identities: 1, logins: 1 })
    })

    it('make tokens that name the login', async () => {
      const { IdentityPoolId, Logins, provider, idToken } = await givenLogin()
      const { claims } = await getToken(server(), await getId(server(), IdentityPoolId, Logins), Logins)
      assert.deepEqual(claims['amr'], ['authenticated', provider, `${provider}:CognitoSignIn:${claimsOf(idToken)['sub']}`])
      assert.equal(Object.hasOwn(claims, 'https://aws.amazon.com/tags'), false)
    })

    it('may be named by the issuer of the user pool as well', async () => {
      const { IdentityPoolId, Logins, poolId, idToken } = await givenLogin()
      const name = `${server().url.replace('http://', '')}/${poolId}`
      const id = await getId(server(), IdentityPoolId, Logins)
      assert.equal(await getId(server(), IdentityPoolId, { [name]: idToken }), id)
      await assert.rejects(getId(server(), IdentityPoolId, { ...Logins, [name]: idToken }), { name: 'InvalidParameterException' })
    })

    it('make principal tags by the map of the provider', async () => {
      const { IdentityPoolId, Logins, provider: IdentityProviderName, idToken, clientId } = await givenLogin()
      const id = await getId(server(), IdentityPoolId, Logins)
      const tags = async () => (await getToken(server(), id, Logins)).claims['https://aws.amazon.com/tags']
      const PrincipalTags = { name: 'cognito:username', none: 'department', use: 'token_use' }
      await callJson(server(), 'SetPrincipalTagAttributeMap', { IdentityPoolId, IdentityProviderName, PrincipalTags })
      assert.deepEqual(await tags(), { principal_tags: { name: ['ana'], use: ['id'] }, transitive_tag_keys: ['name', 'use'] })
      await callJson(server(), 'SetPrincipalTagAttributeMap', { IdentityPoolId, IdentityProviderName, UseDefaults: true })
      assert.deepEqual(await tags(), {
        principal_tags: { client: [clientId], username: [claimsOf(idToken)['sub']] },
        transitive_tag_keys: ['client', 'username'],
      })
    })

    it('make no principal tags whose keys differ only in case', async () => {
      const { IdentityPoolId, provider, Logins } = await givenLogin()
      const setTags = (IdentityProviderName: string, PrincipalTags: object) =>
        callJson(server(), 'SetPrincipalTagAttributeMap', { IdentityPoolId, IdentityProviderName, PrincipalTags })
      await assert.rejects(setTags(provider, { name: 'cognito:username', Name: 'email' }), {
        name: 'InvalidParameterException',
        message: 'PrincipalTags: the keys "name" and "Name" differ only in case.',
      })
      await assert.rejects(callJson(server(), 'GetPrincipalTagAttributeMap', { IdentityPoolId, IdentityProviderName: provider }), {
        name: 'ResourceNotFoundException',
      })

      // Two user pools, whose maps give the same tag in another case. The first login counts.
      const other = await givenLogin()
      const providers = [
        { ProviderName: provider, ClientId: Object.values(Logins).map(claimsOf)[0]?.['aud'] },
        { ProviderName: other.provider, ClientId: other.clientId },
      ]
      const pool = { IdentityPoolId, IdentityPoolName: 'two', AllowUnauthenticatedIdentities: false, AllowClassicFlow: true }
      await callJson(server(), 'UpdateIdentityPool', { ...pool, CognitoIdentityProviders: providers })
      const [first = '', second = ''] = [provider, other.provider].sort()
      await setTags(first, { Pool: 'iss' })
      await setTags(second, { pool: 'sub' })
      const both = { ...Logins, ...other.Logins }
      const { claims } = await getToken(server(), await getId(server(), IdentityPoolId, both), both)
      const issuer = claimsOf(both[first] ?? '')['iss']
      assert.deepEqual(claims['https://aws.amazon.com/tags'], { principal_tags: { Pool: [issuer] }, transitive_tag_keys: ['Pool'] })
    })

    it('are rejected from another user pool or client', async () => {
      const { IdentityPoolId, provider, poolId, login } = await givenLogin()
      const other = await givenLogin()
      await assert.rejects(getId(server(), IdentityPoolId, other.Logins), unsupportedProvider)
      await assert.rejects(getId(server(), IdentityPoolId, { [provider]: other.idToken }), wrongIssuer)
      const unknown = providerOf(server(), `${server().region}_AAAAAAAAA`)
      await assert.rejects(getId(server(), IdentityPoolId, { [unknown]: other.idToken }), unsupportedProvider)
      await assert.rejects(getId(server(), IdentityPoolId, { 'login.example.com': other.idToken }), unsupportedProvider)
      const request = { UserPoolId: poolId, ClientName: 'second', ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const] }
      const { UserPoolClient } = await server().send(new CreateUserPoolClientCommand(request))
      const { username } = await givenUser(server(), poolId, 'cleo')
      const { idToken } = await givenTokens(server(), UserPoolClient?.ClientId ?? '', username)
      await assert.rejects(getId(server(), IdentityPoolId, { [provider]: idToken }), unsupportedProvider)
      // One wrong token makes the whole request fail.
      const { Logins } = await login('dan')
      await assert.rejects(getId(server(), IdentityPoolId, { ...Logins, ...other.Logins }), unsupportedProvider)
      assert.deepEqual(await countIdentityRows(server(), IdentityPoolId), { identities: 0, logins: 0 })
    })

    it('are rejected with anything but an unchanged ID token', async () => {
      const { IdentityPoolId, provider, idToken, accessToken } = await givenLogin()
      const tryToken = (token: string) => getId(server(), IdentityPoolId, { [provider]: token })
      const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })
      const claims = claimsOf(idToken)
      const kid = String(headerOf(idToken)['kid'])
      const accessKid = String(headerOf(accessToken)['kid'])
      await assert.rejects(tryToken(accessToken), invalidLogin('Missing a required claim: aud'))
      await assert.rejects(tryToken('x'), notAnIdToken)
      await assert.rejects(tryToken('a.b.c'), notAnIdToken)
      await assert.rejects(tryToken(unsignedToken(claims)), wrongSignature)
      await assert.rejects(tryToken(await signedToken({ ...stranger, kid }, claims)), wrongSignature)
      await assert.rejects(tryToken(await signedToken({ ...stranger, kid: accessKid }, claims)), wrongSignature)
      await assert.rejects(tryToken(await signedToken({ ...stranger, kid: 'unknown' }, claims)), wrongSignature)
      await assert.rejects(tryToken(await signedToken(stranger, claims)), wrongSignature)
      await assert.rejects(tryToken(await signedToken({ ...stranger, kid }, { ...claims, token_use: 'access' })), notAnIdToken)
      await assert.rejects(
        tryToken(await signedToken({ ...stranger, kid }, { ...claims, sub: 7 })),
        invalidLogin('Missing a required claim: sub'),
      )
    })

    it('are rejected when the token has expired, or its key was revoked', async () => {
      const { IdentityPoolId, Logins, idToken, poolId } = await givenLogin()
      await rotateSigningKeys(server(), poolId, { revokeOld: true })
      await assert.rejects(getId(server(), IdentityPoolId, Logins), wrongSignature)
      const another = await givenLogin()
      server().clock.advance(dayMs)
      const now = Math.floor(server().clock.now() / 1000)
      const expired = invalidLogin(`Token expired: ${now} >= ${claimsOf(another.idToken)['exp']}`)
      await assert.rejects(getId(server(), another.IdentityPoolId, another.Logins), expired)
      assert.ok(idToken)
    })

    it('are checked for revocation only where ServerSideTokenCheck is on', async () => {
      const ends = [
        (UserPoolId: string) => server().send(new AdminDisableUserCommand({ UserPoolId, Username: 'ana' })),
        (UserPoolId: string) => server().send(new AdminUserGlobalSignOutCommand({ UserPoolId, Username: 'ana' })),
        (UserPoolId: string) => server().send(new AdminDeleteUserCommand({ UserPoolId, Username: 'ana' })),
        (_: string, ClientId: string, Token: string) => server().send(new RevokeTokenCommand({ ClientId, Token })),
      ]
      for (const revocation of [true, false]) {
        for (const end of ends) {
          const { IdentityPoolId, Logins, poolId, clientId, refreshToken } = await givenLogin({ revocation })
          const id = await getId(server(), IdentityPoolId, Logins)
          await end(poolId, clientId, refreshToken)
          if (revocation) {
            await assert.rejects(getToken(server(), id, Logins), invalidLogin('Token has been revoked'))
            await assert.rejects(getId(server(), IdentityPoolId, Logins), invalidLogin('Token has been revoked'))
          } else assert.equal((await getToken(server(), id, Logins)).id, id)
        }
      }
    })

    it('do not open the identity of another user', async () => {
      const { IdentityPoolId, Logins, login } = await givenLogin()
      const id = await getId(server(), IdentityPoolId, Logins)
      const attacker = await login('eve')
      await assert.rejects(getToken(server(), id, attacker.Logins), loginsDoNotMatch)
      const own = await getId(server(), IdentityPoolId, attacker.Logins)
      await assert.rejects(getToken(server(), id, attacker.Logins), loginsDoNotMatch)
      const unlink = { IdentityId: id, Logins: attacker.Logins, LoginsToRemove: Object.keys(Logins) }
      await assert.rejects(callJson(server(), 'UnlinkIdentity', unlink), loginsDoNotMatch)
      assert.notEqual(own, id)
      assert.equal(await getId(server(), IdentityPoolId, Logins), id)
    })
  })
}
