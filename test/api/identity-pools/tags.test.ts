import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { callJson, givenIdentityPool, identityPoolArn } from '../../support/identity-pools.ts'
import { useTestServer } from '../../support/test-server.ts'

const invalid = { name: 'InvalidParameterException' }
const notFound = { name: 'ResourceNotFoundException' }

for (const engine of engines) {
  describe(`Tags of identity pools on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const tag = (ResourceArn: string, Tags: object) => callJson(server(), 'identity:TagResource', { ResourceArn, Tags })
    const untag = (ResourceArn: string, TagKeys: readonly string[]) =>
      callJson(server(), 'identity:UntagResource', { ResourceArn, TagKeys })
    const tagsOf = async (ResourceArn: string) => (await callJson(server(), 'identity:ListTagsForResource', { ResourceArn })).Tags

    it('are those of the pool at its creation and those that were added', async () => {
      const { arn, IdentityPoolId } = await givenIdentityPool(server(), { IdentityPoolTags: { team: 'identity', stage: 'test' } })
      assert.deepEqual(await tag(arn, { stage: 'production', empty: '' }), {})
      const expected = { team: 'identity', stage: 'production', empty: '' }
      assert.deepEqual(await tagsOf(arn), expected)
      assert.deepEqual((await callJson(server(), 'DescribeIdentityPool', { IdentityPoolId })).IdentityPoolTags, expected)
    })

    it('are removed by key; keys that the pool does not have are ignored', async () => {
      const { arn } = await givenIdentityPool(server(), { IdentityPoolTags: { a: '1', b: '2', c: '3' } })
      assert.deepEqual(await untag(arn, ['a', 'c', 'none', 'toString']), {})
      assert.deepEqual(await tagsOf(arn), { b: '2' })
    })

    it('may have the key __proto__', async () => {
      const { arn } = await givenIdentityPool(server())
      await tag(arn, JSON.parse('{"__proto__":"1"}'))
      assert.equal(JSON.stringify(await tagsOf(arn)), '{"__proto__":"1"}')
    })

    it('are at most 50', async () => {
      const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`tag-${at}`, '']))
      const { arn } = await givenIdentityPool(server(), { IdentityPoolTags: many(50) })
      await assert.rejects(tag(arn, { more: '' }), { ...invalid, message: 'There can be at most 50 tags on an identity pool.' })
      await assert.rejects(givenIdentityPool(server(), { IdentityPoolTags: many(51) }), { name: 'LimitExceededException' })
    })

    it('are not found by the ARN of another region or account, or of a pool that does not exist', async () => {
      const { arn, IdentityPoolId } = await givenIdentityPool(server(), { IdentityPoolTags: { a: '1' } })
      const region = server().region
      const others = [
        arn.replace(`:${region}:`, ':eu-west-1:'),
        arn.replace(':000000000000:', ':111111111111:'),
        identityPoolArn(server(), `${region}:00000000-0000-0000-0000-000000000000`),
      ]
      for (const other of others) {
        await assert.rejects(tagsOf(other), notFound)
        await assert.rejects(tag(other, { b: '2' }), notFound)
        await assert.rejects(untag(other, ['a']), notFound)
      }
      assert.deepEqual((await callJson(server(), 'DescribeIdentityPool', { IdentityPoolId })).IdentityPoolTags, { a: '1' })
    })

    it('reject an ARN that is not one of an identity pool', async () => {
      const { poolId } = await server().givenPool()
      for (const arn of [`arn:aws:cognito-idp:us-east-1:000000000000:userpool/${poolId}`, 'arn:aws:cognito-identity:x']) {
        await assert.rejects(tagsOf(arn), invalid)
        await assert.rejects(tag(arn, {}), invalid)
        await assert.rejects(untag(arn, []), invalid)
      }
    })
  })
}
