import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ListGroupsCommand, ListUsersCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { getId, givenPools } from '../../support/identity-logins.ts'
import { callJson } from '../../support/identity-pools.ts'
import { givenProductionPools } from '../../support/production-identity-pools.ts'
import { startProductionServer } from '../../support/production-server.ts'
import { roleArn } from '../../support/roles.ts'
import { startTestServer } from '../../support/test-server.ts'

type Logins = Readonly<Record<string, string>>

for (const engine of engines) {
  describe(`A Lifeguard whose STS is another Lifeguard, on ${engine.name}`, () => {
    it('gives its users and guests the credentials of roles that the other one keeps', async () => {
      await using own = await startTestServer(engine)
      const { IdentityPoolId, login } = await givenPools(own)
      const issuer = `${own.url}/identity`
      await using other = await startProductionServer(engine, { flags: ['--openid-clients', `${issuer}=${IdentityPoolId}`] })
      const pools = await givenProductionPools(other, await other.createKey())
      await own.restart({ stsUrl: other.url })

      const provider = issuer.replace('http://', '')
      const trust = {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${other.accountId}:oidc-provider/${provider}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals: { [`${provider}:aud`]: IdentityPoolId } },
      }
      const allow = { Effect: 'Allow', Action: ['cognito-idp:ListUsers', 'lifeguard:*'], Resource: '*' }
      const role = await pools.putRole('remote', [allow], { trust })
      assert.equal(role, roleArn('remote'))
      await callJson(own, 'SetIdentityPoolRoles', { IdentityPoolId, Roles: { authenticated: role, unauthenticated: role } })

      const clientFor = async (IdentityId: string, Logins?: Logins) => {
        const { Credentials: given } = await callJson(own, 'GetCredentialsForIdentity', { IdentityId, Logins })
        const { AccessKeyId: accessKeyId = '', SecretKey: secretAccessKey = '', SessionToken: sessionToken = '' } = given ?? {}
        return other.client({ accessKeyId, secretAccessKey, sessionToken })
      }
      const { Logins } = await login('ana')
      const request = { UserPoolId: pools.userPoolId }
      for (const client of [
        await clientFor(await getId(own, IdentityPoolId, Logins), Logins),
        await clientFor(await getId(own, IdentityPoolId)),
      ]) {
        assert.deepEqual((await client.send(new ListUsersCommand(request))).Users, [])
        await assert.rejects(client.send(new ListGroupsCommand(request)), { name: 'AccessDeniedException' })
      }

      // The other server does not trust tokens of another identity pool of this one.
      const stranger = await givenPools(own)
      await callJson(own, 'SetIdentityPoolRoles', { IdentityPoolId: stranger.IdentityPoolId, Roles: { unauthenticated: role } })
      const IdentityId = await getId(own, stranger.IdentityPoolId)
      const wrongRoles = { name: 'InvalidIdentityPoolConfigurationException' }
      await assert.rejects(callJson(own, 'GetCredentialsForIdentity', { IdentityId }), wrongRoles)
    })
  })
}
