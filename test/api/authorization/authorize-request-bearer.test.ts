import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  AdminAddUserToGroupCommand,
  AdminUserGlobalSignOutCommand,
  CreateGroupCommand,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { signedRequest } from '../../access/request-signer.ts'
import { engines } from '../../support/engines.ts'
import type { Decision } from '../../support/object-server.ts'
import { givenProductionPools } from '../../support/production-identity-pools.ts'
import { type Credentials, type ProductionServer, startProductionServer } from '../../support/production-server.ts'
import { goodPassword } from '../../support/sign-in.ts'
import { signedCall } from '../../support/signed-call.ts'

const access = { Action: 's3:GetObject', Resource: 'arn:aws:s3:::files/a' }
const permissions = [{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::files/*' }]

for (const engine of engines) {
  describe(`AuthorizeRequest with a bearer token on ${engine.name}`, () => {
    let server: ProductionServer
    let owner: Credentials
    let pools: Awaited<ReturnType<typeof givenProductionPools>>
    let users = 0

    before(async () => {
      server = await startProductionServer(engine)
      owner = await server.createKey()
      pools = await givenProductionPools(server, owner)
    })
    after(() => server.close())

    const ask = (token: string, more: object = {}): Promise<Decision> =>
      signedCall(server, owner, 'AuthorizeRequest', {
        Method: 'GET',
        Path: '/a?b=c',
        Headers: { host: ['files.example'], authorization: [`Bearer ${token}`] },
        UserPoolId: pools.userPoolId,
        ...more,
      })

    /** A user in a group with a role that trusts the users of the pool, unless another trust policy is given. */
    async function givenMember(audience = pools.clientId) {
      users += 1
      const username = `user-${users}`
      const group = `group-${users}`
      await pools.signIn(username)
      const trust = {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${server.accountId}:oidc-provider/${pools.provider}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals: { [`${pools.provider}:aud`]: audience } },
      }
      const RoleArn = await pools.putRole(group, permissions, { trust })
      const client = server.client(owner)
      const ofPool = { UserPoolId: pools.userPoolId, GroupName: group }
      await client.send(new CreateGroupCommand({ ...ofPool, RoleArn, Precedence: 1 }))
      await client.send(new AdminAddUserToGroupCommand({ ...ofPool, Username: username }))
      const AuthParameters = { USERNAME: username, PASSWORD: goodPassword }
      const flow = { ClientId: pools.clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters } as const
      const { AuthenticationResult } = await client.send(new InitiateAuthCommand(flow))
      const { IdToken: idToken = '', AccessToken: accessToken = '' } = AuthenticationResult ?? {}
      return { username, group, idToken, accessToken, RoleArn }
    }

    it('authenticates ID tokens and access tokens, and says who sent them', async () => {
      const { username, group, idToken, accessToken } = await givenMember()
      for (const token of [idToken, accessToken]) {
        const { Allowed, Reason, Principal, PayloadSigned, ExpiresAt } = await ask(token)
        assert.deepEqual([Allowed, Reason, PayloadSigned], [true, 'allowed', false])
        const { Type, Username, Groups, ClientId, UserPoolId } = Principal ?? {}
        assert.deepEqual(
          { Type, Username, Groups, ClientId, UserPoolId },
          { Type: 'User', Username: username, Groups: [group], ClientId: pools.clientId, UserPoolId: pools.userPoolId },
        )
        assert.ok((ExpiresAt ?? 0) * 1000 > server.clock.now())
      }
    })

    it('decides by the role of the user, whose trust policy must trust the user', async () => {
      const trusted = await givenMember()
      const other = await givenMember('other-client')
      for (const token of [trusted.idToken, trusted.accessToken]) {
        const allowed = await ask(token, access)
        assert.deepEqual([allowed.Allowed, allowed.Principal?.['RoleArn']], [true, trusted.RoleArn])
        assert.equal((await ask(token, { ...access, Action: 's3:PutObject' })).Reason, 'not-allowed')
      }
      for (const token of [other.idToken, other.accessToken]) {
        const { Allowed, Reason } = await ask(token, access)
        assert.deepEqual([Allowed, Reason], [false, 'not-allowed'])
      }
      const [withoutRole = ''] = Object.values(await pools.signIn('no-role'))
      assert.equal((await ask(withoutRole, access)).Reason, 'not-allowed')
    })

    it('requires the user pool, the app clients, the groups and the scopes that the service names', async () => {
      const { group, idToken, accessToken } = await givenMember()
      const elsewhere = await givenProductionPools(server, owner)
      const scope = 'aws.cognito.signin.user.admin'
      const cases: [token: string, more: object, reason: string][] = [
        [idToken, { UserPoolId: undefined }, 'InvalidToken'],
        [idToken, { UserPoolId: elsewhere.userPoolId }, 'InvalidToken'],
        [accessToken, { UserPoolId: elsewhere.userPoolId }, 'InvalidToken'],
        [idToken, { ClientIds: [elsewhere.clientId] }, 'InvalidToken'],
        [accessToken, { ClientIds: [elsewhere.clientId] }, 'InvalidToken'],
        [idToken, { ClientIds: [elsewhere.clientId, pools.clientId] }, 'allowed'],
        [idToken, { RequiredGroups: [group] }, 'allowed'],
        [idToken, { RequiredGroups: [group, 'admins'] }, 'not-allowed'],
        [accessToken, { RequiredScopes: [scope] }, 'allowed'],
        [accessToken, { RequiredScopes: [scope, 'files/read'] }, 'not-allowed'],
        [idToken, { RequiredScopes: [scope] }, 'not-allowed'],
        [`${idToken.slice(0, -6)}AAAAAA`, {}, 'InvalidToken'],
        [`${accessToken.slice(0, -6)}AAAAAA`, {}, 'InvalidToken'],
        ['', {}, 'InvalidToken'],
      ]
      for (const [token, more, reason] of cases) assert.equal((await ask(token, more)).Reason, reason, JSON.stringify(more))
      const Headers = { authorization: [`Bearer ${idToken}`], Authorization: [`Bearer ${idToken}`] }
      assert.equal((await ask('', { Headers })).Reason, 'InvalidToken')
      assert.equal((await ask('', { Headers: { host: ['x'] } })).Reason, 'MissingAuthenticationToken')
    })

    it('refuses a request that a guest signed where the service requires a user of a pool', async () => {
      const guest = await pools.putRole('guest', permissions, { amr: 'unauthenticated' })
      await pools.setRoles({ unauthenticated: guest })
      const { accessKeyId: id, secretAccessKey: secret, sessionToken } = await pools.getCredentials(await pools.getId())
      const signer = { id, secret, sessionToken, at: server.clock.now(), service: 's3', sendHash: true }
      const { headers } = await signedRequest(signer, { method: 'GET', path: '/files/a', body: '' })
      const Headers = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))
      const signed = (more: object) => signedCall(server, owner, 'AuthorizeRequest', { Method: 'GET', Path: '/files/a', Headers, ...more })
      assert.equal((await signed({})).Reason, 'allowed')
      assert.equal((await signed({ ...access, UserPoolId: pools.userPoolId })).Reason, 'allowed')
      const required = [
        { UserPoolId: pools.userPoolId },
        { ClientIds: ['app'] },
        { RequiredGroups: ['a'] },
        { ...access, RequiredScopes: ['a'] },
      ]
      for (const more of required) assert.equal((await signed(more)).Reason, 'MissingAuthenticationToken', JSON.stringify(more))
    })

    it('refuses paths outside of S3 that have the signature of another path', async () => {
      const signer = { id: owner.accessKeyId, secret: owner.secretAccessKey, at: server.clock.now(), service: 'shop', sendHash: true }
      const { headers } = await signedRequest(signer, { method: 'GET', path: '/orders/a', body: '' })
      const Headers = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))
      const reasonOf = async (Path: string) =>
        (await signedCall(server, owner, 'AuthorizeRequest', { Method: 'GET', Path, Headers })).Reason
      assert.equal(await reasonOf('/orders/a'), 'allowed')
      assert.equal(await reasonOf('/orders/b'), 'SignatureDoesNotMatch')
      for (const path of ['/public/../orders/a', '//orders//a', '/orders/./a', '/x/%2E%2e/orders/a', '/orders/a/.']) {
        assert.equal(await reasonOf(path), 'InvalidArgument', path)
      }
    })

    it('refuses an ID token that it has accepted before, once it is altered, its session or its key is revoked', async () => {
      const reasonOf = async (token: string) => (await ask(token)).Reason
      const [ana, bo, cy] = [await givenMember(), await givenMember(), await givenMember()]
      for (const { idToken } of [ana, bo, cy, ana]) assert.equal(await reasonOf(idToken), 'allowed')
      const [head = '', claims = '', signature = ''] = ana.idToken.split('.')
      const claimsOfBo = bo.idToken.split('.')[1] ?? ''
      const flipped = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
      for (const altered of [`${head}.${claimsOfBo}.${signature}`, `${head}.${claims}.${flipped}`, `${head}.${claims}.`]) {
        assert.equal(await reasonOf(altered), 'InvalidToken')
      }
      await server.client(owner).send(new AdminUserGlobalSignOutCommand({ UserPoolId: pools.userPoolId, Username: bo.username }))
      assert.equal(await reasonOf(bo.idToken), 'InvalidToken')
      assert.equal(await reasonOf(ana.idToken), 'allowed')
      await signedCall(server, owner, 'RotateSigningKeys', { UserPoolId: pools.userPoolId, RevokeOld: true })
      assert.equal(await reasonOf(ana.idToken), 'InvalidToken')
    })

    it('refuses tokens whose session was revoked or that have expired', async () => {
      const { username, idToken, accessToken } = await givenMember()
      await server.client(owner).send(new AdminUserGlobalSignOutCommand({ UserPoolId: pools.userPoolId, Username: username }))
      for (const token of [idToken, accessToken]) assert.equal((await ask(token)).Reason, 'InvalidToken')
      const late = await givenMember()
      for (const token of [late.idToken, late.accessToken]) assert.equal((await ask(token)).Reason, 'allowed')
      server.clock.advance(3_600_001)
      for (const token of [late.idToken, late.accessToken]) assert.equal((await ask(token)).Reason, 'ExpiredToken')
    })

    it('refuses condition keys that only this server may tell', async () => {
      const names = [
        'aws:PrincipalArn',
        'aws:principaltag/team',
        'aws:userid',
        'AWS:TokenIssueTime',
        'aws:FederatedProvider',
        'aws:CurrentTime',
        'cognito-identity.amazonaws.com:sub',
        `${pools.provider}:sub`,
        'localhost:9000/issuer:sub',
        'keycloak:sub',
        'Keycloak:AUD',
        'keycloak:amr',
        'sts:RoleSessionName',
      ]
      for (const name of names) {
        await assert.rejects(ask('x', { Context: { [name]: ['x'] } }), { name: 'InvalidParameterException' }, name)
      }
      await assert.rejects(ask('x', { Context: { 's3:prefix': ['a'], 'S3:Prefix': ['b'] } }), { name: 'InvalidParameterException' })
      await assert.rejects(ask('x', { Action: 's3:GetObject' }), { name: 'InvalidParameterException' })
    })
  })
}
