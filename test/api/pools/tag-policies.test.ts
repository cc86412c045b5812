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
  describe(`Tags and policies on ${engine.name}`, () => {
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

    /** All three operations on this ARN, by a key with these statements, are refused; the pool's tags stay. */
    async function refused(statements: readonly object[], resourceArn: string, refusal: object): Promise<void> {
      const client = server.client(await server.createKey({ policy: { Version: '2012-10-17', Statement: statements } }))
      await assert.rejects(client.send(new TagResourceCommand({ ResourceArn: resourceArn, Tags: { stage: 'test' } })), refusal)
      await assert.rejects(client.send(new UntagResourceCommand({ ResourceArn: resourceArn, TagKeys: ['stage'] })), refusal)
      await assert.rejects(client.send(new ListTagsForResourceCommand({ ResourceArn: resourceArn })), refusal)
      const { Tags } = await server.client(owner).send(new ListTagsForResourceCommand({ ResourceArn: arn }))
      assert.deepEqual(Tags, { stage: 'production' })
    }

    it('a denied pool cannot be tagged by its ARN', async () => {
      await refused([everything, { Effect: 'Deny', Action: '*', Resource: arn }], arn, denied)
    })

    it('a denied pool cannot be tagged by its id in an ARN of another region or account', async () => {
      const statements = [everything, { Effect: 'Deny', Action: '*', Resource: arn }]
      await refused(statements, otherRegion, notFound)
      await refused(statements, otherAccount, notFound)
    })

    it('a key for another account or region reaches no pool of this one', async () => {
      await refused([{ ...everything, Resource: otherAccount }], otherAccount, notFound)
      await refused([{ ...everything, Resource: otherAccount }], arn, denied)
      await refused([{ ...everything, Resource: otherRegion }], otherRegion, notFound)
      await refused([{ ...everything, Resource: otherRegion }], arn, denied)
    })

    it('a key for one pool cannot name another region or account', async () => {
      await refused([{ ...everything, Resource: arn }], otherRegion, denied)
      await refused([{ ...everything, Resource: arn }], otherAccount, denied)
    })

    it('a statement about another account covers the ARN as it was sent', async () => {
      const foreign = { Effect: 'Deny', Action: '*', Resource: 'arn:aws:cognito-idp:*:111111111111:userpool/*' }
      await refused([everything, foreign], otherAccount, denied)
    })
  })
}
