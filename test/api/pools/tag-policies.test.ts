import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  CreateUserPoolCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { type Credentials, type ProductionServer, startProductionServer } from '../../support/production-server.ts'

const everything = { Effect: 'Allow', Action: '*', Resource: '*' }
const denied = { name: 'AccessDeniedException' }
const notFound = { name: 'ResourceNotFoundException' }

for (const engine of engines) {
  describe(`Tags and the policies of access keys on ${engine.name}`, () => {
    let server: ProductionServer
    let owner: Credentials
    let arn = ''
    let otherRegion = ''
    let otherAccount = ''

    before(async () => {
      server = await startProductionServer(engine)
      owner = await server.createKey()
      const pool = { PoolName: 'tagged', UserPoolTags: { stage: 'production' } }
      const { UserPool } = await server.client(owner).send(new CreateUserPoolCommand(pool))
      arn = UserPool?.Arn ?? ''
      otherRegion = arn.replace(':eu-west-1:', ':us-east-1:')
      otherAccount = arn.replace(`:${server.accountId}:`, ':111111111111:')
    })
    after(() => server.close())

    /** Asserts that all three tag operations on `resourceArn` fail for a key whose policy has `statements`, and change no tag. */
    async function requireRejected(statements: readonly object[], resourceArn: string, error: object): Promise<void> {
      const client = server.client(await server.createKey({ policy: { Version: '2012-10-17', Statement: statements } }))
      await assert.rejects(client.send(new TagResourceCommand({ ResourceArn: resourceArn, Tags: { stage: 'test' } })), error)
      await assert.rejects(client.send(new UntagResourceCommand({ ResourceArn: resourceArn, TagKeys: ['stage'] })), error)
      await assert.rejects(client.send(new ListTagsForResourceCommand({ ResourceArn: resourceArn })), error)
      const { Tags } = await server.client(owner).send(new ListTagsForResourceCommand({ ResourceArn: arn }))
      assert.deepEqual(Tags, { stage: 'production' })
    }

    it('cannot be read or changed by the ARN of a pool that the policy denies', async () => {
      await requireRejected([everything, { Effect: 'Deny', Action: '*', Resource: arn }], arn, denied)
    })

    it('cannot be read or changed by an ARN of another region or account that contains the id of a denied pool', async () => {
      const statements = [everything, { Effect: 'Deny', Action: '*', Resource: arn }]
      await requireRejected(statements, otherRegion, notFound)
      await requireRejected(statements, otherAccount, notFound)
    })

    it('cannot be read or changed with a key whose policy allows only another account or region', async () => {
      await requireRejected([{ ...everything, Resource: otherAccount }], otherAccount, notFound)
      await requireRejected([{ ...everything, Resource: otherAccount }], arn, denied)
      await requireRejected([{ ...everything, Resource: otherRegion }], otherRegion, notFound)
      await requireRejected([{ ...everything, Resource: otherRegion }], arn, denied)
    })

    it('cannot be read or changed by an ARN of another region or account with a key whose policy allows only the pool', async () => {
      await requireRejected([{ ...everything, Resource: arn }], otherRegion, denied)
      await requireRejected([{ ...everything, Resource: arn }], otherAccount, denied)
    })

    it('cannot be read or changed when a Deny statement matches the ARN in the request, even if no pool has that ARN', async () => {
      const foreign = { Effect: 'Deny', Action: '*', Resource: 'arn:aws:cognito-idp:*:111111111111:userpool/*' }
      await requireRejected([everything, foreign], otherAccount, denied)
    })
  })
}
