import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { GetOpenIdTokenCommand } from '@aws-sdk/client-cognito-identity'
import { ListUsersCommand } from '@aws-sdk/client-cognito-identity-provider'
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts'
import { fromWebToken } from '@aws-sdk/credential-providers'
import { engines } from '../../support/engines.ts'
import { givenProductionPools } from '../../support/production-identity-pools.ts'
import { type Credentials, type ProductionServer, startProductionServer } from '../../support/production-server.ts'

for (const engine of engines) {
  describe(`The STS on ${engine.name}`, () => {
    let server: ProductionServer
    let owner: Credentials

    before(async () => {
      server = await startProductionServer(engine)
      owner = await server.createKey()
    })
    after(() => server.close())

    const sts = (credentials?: Credentials) =>
      new STSClient({ endpoint: server.url, region: server.region, maxAttempts: 1, ...(credentials && { credentials }) })

    /** A user with a token of the classic flow, and a role that may list the users. */
    async function givenUser() {
      const pools = await givenProductionPools(server, owner)
      const roleArn = await pools.putRole(`reader-${pools.clientId}`, [
        { Effect: 'Allow', Action: 'cognito-idp:ListUsers', Resource: pools.userPoolArn },
      ])
      const logins = await pools.signIn('ana')
      const id = await pools.getId(logins)
      const { Token: token = '' } = await pools.identityPools.send(new GetOpenIdTokenCommand({ IdentityId: id, Logins: logins }))
      const listUsers = (credentials: Credentials) =>
        server.client(credentials).send(new ListUsersCommand({ UserPoolId: pools.userPoolId }))
      return {
        ...pools,
        id,
        idToken: Object.values(logins)[0] ?? '',
        token,
        roleName: `reader-${pools.clientId}`,
        role: roleArn,
        listUsers,
      }
    }

    it("exchanges a token of an identity pool for the credentials of a role, by the SDK's provider fromWebToken", async () => {
      const { role, roleName, token, listUsers, identityPoolId, id } = await givenUser()
      const clientConfig = { endpoint: server.url, region: server.region }
      const provider = fromWebToken({ roleArn: role, roleSessionName: 'app', webIdentityToken: token, clientConfig })
      const credentials = await provider()
      assert.equal((await listUsers(credentials)).Users?.length, 1)
      const caller = await sts(credentials).send(new GetCallerIdentityCommand({}))
      assert.equal(caller.Account, server.accountId)
      assert.equal(caller.Arn, `arn:aws:sts::${server.accountId}:assumed-role/${roleName}/app`)
      assert.match(caller.UserId ?? '', /^AROA[A-Z2-7]{16}:app$/)

      const call = { RoleArn: role, RoleSessionName: 'app', WebIdentityToken: token, DurationSeconds: 900 }
      const answer = await sts().send(new AssumeRoleWithWebIdentityCommand(call))
      assert.equal(answer.Audience, identityPoolId)
      assert.equal(answer.SubjectFromWebIdentityToken, id)
      assert.equal(answer.Provider, 'cognito-identity.amazonaws.com')
      assert.equal(answer.AssumedRoleUser?.Arn, caller.Arn)
      assert.equal(answer.Credentials?.Expiration?.getTime(), server.clock.now() + 900_000)
    })

    it('limits a session by its session policy', async () => {
      const { role, token, listUsers, userPoolArn } = await givenUser()
      const session = async (policy: object) => {
        const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [policy] })
        const call = { RoleArn: role, RoleSessionName: 'app', WebIdentityToken: token, Policy }
        const { Credentials: given } = await sts().send(new AssumeRoleWithWebIdentityCommand(call))
        return {
          accessKeyId: given?.AccessKeyId ?? '',
          secretAccessKey: given?.SecretAccessKey ?? '',
          sessionToken: given?.SessionToken ?? '',
        }
      }
      await listUsers(await session({ Effect: 'Allow', Action: '*', Resource: userPoolArn }))
      await assert.rejects(listUsers(await session({ Effect: 'Allow', Action: 's3:*', Resource: '*' })), { name: 'AccessDeniedException' })
    })

    it('says whose access key it is', async () => {
      const caller = await sts(owner).send(new GetCallerIdentityCommand({}))
      assert.equal(caller.Arn, `arn:aws:iam::${server.accountId}:access-key/${owner.accessKeyId}`)
      assert.deepEqual([caller.Account, caller.UserId], [server.accountId, owner.accessKeyId])
    })

    it('refuses callers by the errors that the SDK knows', async () => {
      const unknown = { accessKeyId: 'AKIAAAAAAAAAAAAAAAAA', secretAccessKey: 'x' }
      await assert.rejects(sts(unknown).send(new GetCallerIdentityCommand({})), { name: 'InvalidClientTokenId' })
      const wrong = { ...owner, secretAccessKey: 'x' }
      await assert.rejects(sts(wrong).send(new GetCallerIdentityCommand({})), { name: 'SignatureDoesNotMatch' })
      await assert.rejects(sts(owner).send(new GetSessionTokenCommand({})), {
        name: 'AccessDenied',
        message: /this server offers AssumeRoleWithWebIdentity and GetCallerIdentity/,
      })
    })
  })
}
