import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  AdminGetUserCommand,
  CreateUserPoolCommand,
  DeleteUserPoolCommand,
  DescribeUserPoolCommand,
  ListUserPoolsCommand,
  ListUsersCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { type Credentials, type ProductionServer, startProductionWithPool } from '../../support/production-server.ts'

const listPools = new ListUserPoolsCommand({ MaxResults: 60 })
const unknownKey = { name: 'UnrecognizedClientException', message: 'The security token included in the request is invalid.' }

const denied = (action: string, why: RegExp) => ({
  name: 'AccessDeniedException',
  message: new RegExp(`is not authorized to perform: cognito-idp:${action} on resource: .*${why.source}`),
})

const allows = (Action: string, Resource: string) => ({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource }] })

for (const engine of engines) {
  describe(`Access keys in production on ${engine.name}`, () => {
    let server: ProductionServer
    let owner: Credentials
    let poolId = ''

    before(async () => {
      ;({ server, owner, poolId } = await startProductionWithPool(engine, 'guarded'))
    })
    after(() => server.close())

    const poolArn = (id: string) => `arn:aws:cognito-idp:${server.region}:${server.accountId}:userpool/${id}`

    describe('a policy', () => {
      it('allows the operations that it names and no others', async () => {
        const reader = server.client(await server.createKey({ policy: allows('cognito-idp:Describe*', '*') }))
        await reader.send(new DescribeUserPoolCommand({ UserPoolId: poolId }))
        const remove = reader.send(new DeleteUserPoolCommand({ UserPoolId: poolId }))
        await assert.rejects(remove, denied('DeleteUserPool', /because no identity-based policy allows/))
        await assert.rejects(reader.send(listPools), denied('ListUserPools', /because no identity-based policy allows/))
        await server.client(owner).send(new DescribeUserPoolCommand({ UserPoolId: poolId }))
      })

      it('allows operations on the pools that it names and on no others', async () => {
        const support = server.client(await server.createKey({ policy: allows('cognito-idp:*', poolArn(poolId)) }))
        const { UserPool: other } = await server.client(owner).send(new CreateUserPoolCommand({ PoolName: 'other' }))
        const otherId = other?.Id ?? ''
        await support.send(new ListUsersCommand({ UserPoolId: poolId }))
        await assert.rejects(support.send(new ListUsersCommand({ UserPoolId: otherId })), denied('ListUsers', new RegExp(otherId)))
        await assert.rejects(support.send(listPools), denied('ListUserPools', /\*/))
        await server.client(owner).send(new DeleteUserPoolCommand({ UserPoolId: otherId }))
      })

      it('denies before it allows, and before the request is validated', async () => {
        const statements = [
          { Effect: 'Allow', Action: '*', Resource: '*' },
          { Effect: 'Deny', Action: ['cognito-idp:Admin*'], Resource: poolArn(poolId) },
        ]
        const clerk = server.client(await server.createKey({ policy: { Version: '2012-10-17', Statement: statements } }))
        await clerk.send(new ListUsersCommand({ UserPoolId: poolId }))
        const explicit = denied('AdminGetUser', /with an explicit deny in an identity-based policy/)
        await assert.rejects(clerk.send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'nobody' })), explicit)
        await assert.rejects(clerk.send(new AdminGetUserCommand({ UserPoolId: poolId, Username: '' })), explicit)
      })

      it('may limit the address, the time, the region, the connection and the tags', async () => {
        const tags = { StringEquals: { 'aws:RequestTag/Team': 'red' }, 'ForAllValues:StringEquals': { 'aws:TagKeys': ['team', 'Team'] } }
        const year = new Date(server.clock.now()).getUTCFullYear()
        const conditions: [condition: object, isAllowed: boolean][] = [
          [{ IpAddress: { 'aws:SourceIp': ['127.0.0.0/8', '::1'] } }, true],
          [{ NotIpAddress: { 'aws:SourceIp': ['127.0.0.0/8', '::1'] } }, false],
          [{ DateLessThan: { 'aws:CurrentTime': `${year + 1}-01-01` }, NumericGreaterThan: { 'aws:EpochTime': '1' } }, true],
          [{ DateLessThan: { 'aws:CurrentTime': `${year}-01-01` } }, false],
          [{ StringEquals: { 'aws:RequestedRegion': server.region, 'aws:PrincipalAccount': server.accountId } }, true],
          [{ Bool: { 'aws:SecureTransport': 'true' } }, false],
          [{ StringLike: { 'aws:UserAgent': '*aws-sdk-js*', 'aws:PrincipalArn': `*:access-key/\${aws:userid}` } }, true],
          [tags, true],
          [{ StringEquals: { 'aws:RequestTag/Team': 'blue' } }, false],
        ]
        for (const [Condition, isAllowed] of conditions) {
          const Statement = { Effect: 'Allow', Action: '*', Resource: '*', Condition }
          const client = server.client(await server.createKey({ policy: { Version: '2012-10-17', Statement } }))
          const create = client.send(new CreateUserPoolCommand({ PoolName: 'tagged', UserPoolTags: { Team: 'red' } }))
          if (isAllowed) await create
          else await assert.rejects(create, denied('CreateUserPool', /because no identity-based policy allows/))
        }
      })
    })

    describe('an access key', () => {
      it('that is temporary needs its session token, and expires', async () => {
        const session = await server.createKey({ flags: ['--session-seconds', '90'] })
        assert.ok(session.sessionToken)
        await server.client(session).send(listPools)
        const { accessKeyId, secretAccessKey } = session
        await assert.rejects(server.client({ accessKeyId, secretAccessKey }).send(listPools), unknownKey)
        await assert.rejects(server.client({ ...session, sessionToken: `${session.sessionToken}x` }).send(listPools), unknownKey)
        await assert.rejects(server.client({ ...owner, sessionToken: session.sessionToken ?? '' }).send(listPools), unknownKey)
        server.clock.catchUp()
        server.clock.advance(91_000)
        const ended = { name: 'ExpiredTokenException', message: 'The security token included in the request is expired' }
        await assert.rejects(server.client(session).send(listPools), ended)
        server.clock.advance(-91_000)
      })

      it('is rejected within seconds after its deletion', async () => {
        const key = await server.createKey()
        await server.client(key).send(listPools)
        await server.deleteKey(key.accessKeyId)
        server.clock.advance(10_000)
        await assert.rejects(server.client(key).send(listPools), unknownKey)
        server.clock.advance(-10_000)
      })
    })
  })
}
