import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminAddUserToGroupCommand,
  AdminGetUserCommand,
  AdminListGroupsForUserCommand,
  AdminSetUserPasswordCommand,
  CreateGroupCommand,
  CreateResourceServerCommand,
  CreateUserPoolDomainCommand,
  DescribeUserPoolClientCommand,
  DescribeUserPoolCommand,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { copyEnvironment, copyPool } from '../support/copies.ts'
import { engines } from '../support/engines.ts'
import { claimsOf, givenUser, secretHash } from '../support/sign-in.ts'
import { useTestServer } from '../support/test-server.ts'

const verifiedEmail = (name: string) => [
  { Name: 'email', Value: `${name}@example.com` },
  { Name: 'email_verified', Value: 'true' },
]

for (const engine of engines) {
  describe(`copy-from-cognito on ${engine.name}`, () => {
    const there = useTestServer(engine)
    const here = useTestServer(engine, { flags: ['--region', 'eu-west-1'], env: copyEnvironment })

    it('keeps the ids of the pool, of its clients and of its users, and their secrets and dates', async () => {
      const { poolId, clientId, clientSecret } = await there().givenPool({
        pool: { Schema: [{ Name: 'team', AttributeDataType: 'String', Mutable: true }], UserPoolTags: { stage: 'test' } },
        client: { GenerateSecret: true },
      })
      await there().send(new CreateUserPoolDomainCommand({ UserPoolId: poolId, Domain: `copied-${engine.name}` }))
      await there().send(
        new CreateResourceServerCommand({
          UserPoolId: poolId,
          Identifier: 'api',
          Name: 'API',
          Scopes: [{ ScopeName: 'read', ScopeDescription: 'Read' }],
        }),
      )
      await givenUser(there(), poolId, 'alice', { attributes: [...verifiedEmail('alice'), { Name: 'custom:team', Value: 'red' }] })
      await there().send(new CreateGroupCommand({ UserPoolId: poolId, GroupName: 'staff', Precedence: 3 }))
      await there().send(new AdminAddUserToGroupCommand({ UserPoolId: poolId, GroupName: 'staff', Username: 'alice' }))

      const plan = await copyPool(here(), there(), poolId, ['--plan'])
      assert.equal(plan.report.counts['users']?.created, 1)
      await assert.rejects(here().send(new DescribeUserPoolCommand({ UserPoolId: poolId })), { name: 'ResourceNotFoundException' })

      const { report } = await copyPool(here(), there(), poolId)
      assert.deepEqual(report.notCopied, [])
      const poolRequest = new DescribeUserPoolCommand({ UserPoolId: poolId })
      const old = await there().send(poolRequest)
      const copied = await here().send(poolRequest)
      const { Arn: _arn, EstimatedNumberOfUsers: _count, ...rest } = copied.UserPool ?? {}
      const { Arn: _oldArn, EstimatedNumberOfUsers: _oldCount, ...oldRest } = old.UserPool ?? {}
      assert.deepEqual(rest, oldRest)
      const clientRequest = new DescribeUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId })
      assert.deepEqual((await here().send(clientRequest)).UserPoolClient, (await there().send(clientRequest)).UserPoolClient)
      assert.notEqual(clientSecret, undefined)
      const userRequest = new AdminGetUserCommand({ UserPoolId: poolId, Username: 'alice' })
      const oldUser = await there().send(userRequest)
      const user = await here().send(userRequest)
      assert.deepEqual({ ...user, $metadata: 0 }, { ...oldUser, $metadata: 0 })
      const groups = await here().send(new AdminListGroupsForUserCommand({ UserPoolId: poolId, Username: 'alice' }))
      assert.deepEqual(
        groups.Groups?.map(({ GroupName, Precedence }) => [GroupName, Precedence]),
        [['staff', 3]],
      )

      const again = await copyPool(here(), there(), poolId)
      assert.deepEqual(
        Object.values(again.report.counts).map((counts) => Object.keys(counts)),
        Object.values(again.report.counts).map(() => ['unchanged']),
      )
    })

    it('lets users sign in with their old password, and never asks for it again', async () => {
      const { poolId, clientId, clientSecret = '' } = await there().givenPool({ client: { GenerateSecret: true } })
      await givenUser(there(), poolId, 'bob', { attributes: verifiedEmail('bob') })
      const until = new Date(here().clock.now() + 86_400_000).toISOString()
      await copyPool(here(), there(), poolId, ['--until', until, '--client', clientId])
      const signIn = (password?: string) =>
        here().send(
          new InitiateAuthCommand({
            ClientId: clientId,
            AuthFlow: 'USER_PASSWORD_AUTH',
            AuthParameters: {
              USERNAME: 'bob',
              PASSWORD: password ?? 'Correct-horse-7',
              SECRET_HASH: secretHash(clientSecret, 'bob', clientId),
            },
          }),
        )
      await assert.rejects(signIn('Wrong-horse-7'), { name: 'NotAuthorizedException', message: 'Incorrect username or password.' })
      const first = await signIn()
      const old = await there().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'bob' }))
      const sub = old.UserAttributes?.find(({ Name }) => Name === 'sub')?.Value
      assert.equal(claimsOf(first.AuthenticationResult?.IdToken ?? '')['sub'], sub)
      await there().send(
        new AdminSetUserPasswordCommand({ UserPoolId: poolId, Username: 'bob', Password: 'Other-horse-8', Permanent: true }),
      )
      await assert.rejects(signIn('Other-horse-8'), { name: 'NotAuthorizedException' })
      await signIn()
    })
  })
}
