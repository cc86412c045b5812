import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  DescribeUserPoolCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { outcomes } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'
import { call } from './call.ts'

async function givenArn(server: TestServer, tags: Record<string, string> = {}): Promise<{ arn: string; poolId: string }> {
  const { poolId } = await server.givenPool({ pool: { UserPoolTags: tags } })
  const { UserPool: pool } = await server.send(new DescribeUserPoolCommand({ UserPoolId: poolId }))
  return { arn: pool?.Arn ?? '', poolId }
}

const tag = (server: TestServer, arn: string, Tags: Record<string, string>) =>
  server.send(new TagResourceCommand({ ResourceArn: arn, Tags }))

const untag = (server: TestServer, arn: string, TagKeys: string[]) => server.send(new UntagResourceCommand({ ResourceArn: arn, TagKeys }))

async function tagsOf(server: TestServer, arn: string) {
  return (await server.send(new ListTagsForResourceCommand({ ResourceArn: arn }))).Tags
}

for (const engine of engines) {
  describe(`Tags on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('are those of the pool at its creation and those that were added', async () => {
      const { arn, poolId } = await givenArn(server(), { team: 'identity', stage: 'test' })
      await tag(server(), arn, { stage: 'production', empty: '', 'Ümlaut ✓': 'x' })
      const expected = { team: 'identity', stage: 'production', empty: '', 'Ümlaut ✓': 'x' }
      assert.deepEqual(await tagsOf(server(), arn), expected)
      const { UserPool: pool } = await server().send(new DescribeUserPoolCommand({ UserPoolId: poolId }))
      assert.deepEqual(pool?.UserPoolTags, expected)
    })

    it('are empty for a pool without tags', async () => {
      const { arn } = await givenArn(server())
      assert.deepEqual(await tagsOf(server(), arn), {})
    })

    it('are removed by key; keys that the pool does not have are ignored', async () => {
      const { arn } = await givenArn(server(), { a: '1', b: '2', c: '3' })
      await untag(server(), arn, ['a', 'c', 'none', 'toString'])
      assert.deepEqual(await tagsOf(server(), arn), { b: '2' })
    })

    it('may have keys such as __proto__', async () => {
      const { arn } = await givenArn(server())
      const tags = '{"__proto__":"1","constructor":"2","hasOwnProperty":"3"}'
      const answer = await call(server(), 'TagResource', `{"ResourceArn":"${arn}","Tags":${tags}}`)
      assert.deepEqual(answer, { status: 200, body: '{}' })
      const listed = await call(server(), 'ListTagsForResource', { ResourceArn: arn })
      assert.equal(listed.body, `{"Tags":${tags}}`)
      await untag(server(), arn, ['__proto__'])
      assert.deepEqual(Object.keys((await tagsOf(server(), arn)) ?? {}), ['constructor', 'hasOwnProperty'])
    })

    it('are all kept when concurrent requests set them', async () => {
      const { arn } = await givenArn(server())
      await Promise.all(Array.from({ length: 8 }, (_, index) => tag(server(), arn, { [`key-${index}`]: `${index}` })))
      assert.equal(Object.keys((await tagsOf(server(), arn)) ?? {}).length, 8)
    })

    it('are at most 50', async () => {
      const tags = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`key-${index}`, 'x']))
      const { arn } = await givenArn(server(), tags)
      await tag(server(), arn, { 'key-7': 'changed' })
      assert.deepEqual(await outcomes([tag(server(), arn, { 'key-50': 'x' })]), ['InvalidParameterException'])
      assert.deepEqual(await tagsOf(server(), arn), { ...tags, 'key-7': 'changed' })
    })

    it('belong to one pool', async () => {
      const { arn } = await givenArn(server())
      const { arn: other } = await givenArn(server())
      await tag(server(), arn, { a: '1' })
      assert.deepEqual(await tagsOf(server(), other), {})
    })

    it('need the ARN of a pool that exists', async () => {
      const { arn, poolId } = await givenArn(server())
      const nowhere = arn.replace(poolId, 'us-east-1_nowhere')
      const gone = { name: 'ResourceNotFoundException', message: 'User pool us-east-1_nowhere does not exist.' }
      await assert.rejects(tag(server(), nowhere, { a: '1' }), gone)
      await assert.rejects(untag(server(), nowhere, ['a']), gone)
      await assert.rejects(tagsOf(server(), nowhere), gone)
      const others = [
        poolId,
        'arn:aws:s3:us-east-1:000000000000:bucket/name',
        `arn:aws:cognito-idp:us-east-1:000000000000:userpool/${poolId}/client/x`,
        `arn:aws:cognito-identity:us-east-1:000000000000:userpool/${poolId}`,
      ]
      for (const wrong of others) {
        await assert.rejects(tag(server(), wrong, { a: '1' }), { name: 'InvalidParameterException' })
        await assert.rejects(untag(server(), wrong, ['a']), { name: 'InvalidParameterException' })
        await assert.rejects(tagsOf(server(), wrong), { name: 'InvalidParameterException' })
      }
    })

    it('cannot be read or changed by an ARN of another region, account or partition', async () => {
      const { arn, poolId } = await givenArn(server(), { a: '1' })
      const gone = { name: 'ResourceNotFoundException', message: `User pool ${poolId} does not exist.` }
      const foreign = [
        arn.replace(':us-east-1:', ':eu-west-1:'),
        arn.replace(':us-east-1:', '::'),
        arn.replace(':000000000000:', ':111111111111:'),
        arn.replace('arn:aws:', 'arn:aws-cn:'),
      ]
      for (const other of foreign) {
        await assert.rejects(tag(server(), other, { b: '2' }), gone)
        await assert.rejects(untag(server(), other, ['a']), gone)
        await assert.rejects(tagsOf(server(), other), gone)
      }
      assert.deepEqual(await tagsOf(server(), arn), { a: '1' })
    })

    it('are rejected with an empty or too long key, or with a value that is too long or contains a null byte', async () => {
      const { arn } = await givenArn(server())
      const refusal = { name: 'InvalidParameterException' }
      for (const tags of [{ '': 'x' }, { ['k'.repeat(129)]: 'x' }, { k: 'v'.repeat(257) }, { k: 'nul\u0000' }]) {
        await assert.rejects(tag(server(), arn, tags as Record<string, string>), refusal)
      }
      assert.deepEqual(await tagsOf(server(), arn), {})
    })
  })
}
