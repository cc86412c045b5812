import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AddCustomAttributesCommand,
  CreateUserPoolCommand,
  DescribeUserPoolCommand,
  type SchemaAttributeType,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'
import { standardAttributes } from './standard-attributes.ts'

async function schemaOf(server: TestServer, poolId: string): Promise<SchemaAttributeType[] | undefined> {
  return (await server.send(new DescribeUserPoolCommand({ UserPoolId: poolId }))).UserPool?.SchemaAttributes
}

const custom = (name: string): SchemaAttributeType => ({ Name: name, AttributeDataType: 'String' })

/** For each rule of a schema, an attribute that breaks the rule, and the message of the error. */
const refusals: Record<string, [SchemaAttributeType, string]> = {
  'a required custom attribute': [{ ...custom('x'), Required: true }, 'Required custom attributes are not supported currently.'],
  'a custom attribute without a type': [
    { Name: 'x' },
    'Invalid AttributeDataType input, consider using the provided AttributeDataType enum.',
  ],
  'an attribute without a name': [{ AttributeDataType: 'String' }, 'Every schema attribute needs a Name.'],
  'a length beyond 2048': [
    { ...custom('x'), StringAttributeConstraints: { MaxLength: '2049' } },
    'user.custom:x: String attributes cannot have a length of more than 2048',
  ],
  'a negative length': [
    { ...custom('x'), StringAttributeConstraints: { MinLength: '-1' } },
    'Invalid StringAttributeConstraints for schema attribute custom:x',
  ],
  'lengths that contradict each other': [
    { ...custom('x'), StringAttributeConstraints: { MinLength: '10', MaxLength: '9' } },
    'user.custom:x: Max length cannot be less than min length.',
  ],
  'bounds that contradict each other': [
    { Name: 'x', AttributeDataType: 'Number', NumberAttributeConstraints: { MinValue: '10', MaxValue: '9' } },
    'user.custom:x: Max value cannot be less than min value.',
  ],
  'a bound that is not a number': [
    { Name: 'x', AttributeDataType: 'Number', NumberAttributeConstraints: { MinValue: 'ten' } },
    'Invalid NumberAttributeConstraints for schema attribute custom:x',
  ],
}

const refusalsOfStandard: Record<string, [SchemaAttributeType, string]> = {
  'another type': [
    { Name: 'email', AttributeDataType: 'Number' },
    'You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute email',
  ],
  'a change to developer-only': [
    { Name: 'email', DeveloperOnlyAttribute: true },
    'You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute email',
  ],
  'lengths that contradict each other': [
    { Name: 'email', StringAttributeConstraints: { MinLength: '9', MaxLength: '3' } },
    'user.email: Max length cannot be less than min length.',
  ],
  'lengths that are not numbers': [
    { Name: 'email', StringAttributeConstraints: { MinLength: 'invalid' } },
    'Invalid StringAttributeConstraints for schema attribute email',
  ],
  'bounds that are not numbers': [
    { Name: 'updated_at', NumberAttributeConstraints: { MaxValue: 'invalid' } },
    'Invalid NumberAttributeConstraints for schema attribute updated_at',
  ],
  'a required email_verified': [
    { Name: 'email_verified', AttributeDataType: 'Boolean', Required: true },
    'Required custom attributes are not supported currently.',
  ],
  'a sub that can change': [{ Name: 'sub', Mutable: true }, 'Existing schema attributes cannot be modified or deleted.'],
}

for (const engine of engines) {
  describe(`The schema of a user pool on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('has the adjusted standard attributes in their order, then the custom ones', async () => {
      const { UserPool: pool } = await server().send(
        new CreateUserPoolCommand({
          PoolName: 'schema',
          Schema: [
            { Name: 'team', AttributeDataType: 'String' },
            { Name: 'email', Required: true, Mutable: false, StringAttributeConstraints: { MinLength: '3' } },
            { Name: 'level', AttributeDataType: 'Number', Mutable: false, NumberAttributeConstraints: { MinValue: '1', MaxValue: '9' } },
            { Name: 'score', AttributeDataType: 'Number', DeveloperOnlyAttribute: true, StringAttributeConstraints: { MaxLength: '5' } },
            { Name: 'when', AttributeDataType: 'DateTime' },
            { Name: 'flag', AttributeDataType: 'Boolean' },
          ],
        }),
      )
      const email = {
        ...standardAttributes.find(({ Name }) => Name === 'email'),
        Required: true,
        Mutable: false,
        StringAttributeConstraints: { MinLength: '3', MaxLength: '2048' },
      }
      const plain = { DeveloperOnlyAttribute: false, Mutable: true, Required: false }

      assert.deepEqual(pool?.SchemaAttributes, [
        ...standardAttributes.map((attribute) => (attribute.Name === 'email' ? email : attribute)),
        { ...plain, Name: 'custom:team', AttributeDataType: 'String', StringAttributeConstraints: {} },
        {
          ...plain,
          Name: 'custom:level',
          AttributeDataType: 'Number',
          Mutable: false,
          NumberAttributeConstraints: { MinValue: '1', MaxValue: '9' },
        },
        { ...plain, Name: 'dev:custom:score', AttributeDataType: 'Number', DeveloperOnlyAttribute: true, NumberAttributeConstraints: {} },
        { ...plain, Name: 'custom:when', AttributeDataType: 'DateTime' },
        { ...plain, Name: 'custom:flag', AttributeDataType: 'Boolean' },
      ])
      assert.deepEqual(await schemaOf(server(), pool?.Id ?? ''), pool?.SchemaAttributes)
    })

    it('accepts the standard attributes as DescribeUserPool shows them', async () => {
      const shown = standardAttributes.filter(({ Name }) => !Name?.endsWith('_verified'))
      const { UserPool: pool } = await server().send(new CreateUserPoolCommand({ PoolName: 'copy', Schema: shown }))
      assert.deepEqual(pool?.SchemaAttributes, standardAttributes)
    })

    it('keeps the standard email_verified when a request defines email_verified, and adds custom:email_verified', async () => {
      const flag = { Name: 'email_verified', AttributeDataType: 'Boolean' as const, Mutable: false }
      const { poolId } = await server().givenPool({ pool: { Schema: [flag] } })
      const made = {
        Name: 'custom:email_verified',
        AttributeDataType: 'Boolean',
        DeveloperOnlyAttribute: false,
        Mutable: false,
        Required: false,
      }
      assert.deepEqual(await schemaOf(server(), poolId), [...standardAttributes, made])
    })

    it('gets attributes by AddCustomAttributes, in one pool only', async () => {
      const { poolId } = await server().givenPool()
      const other = await server().givenPool()
      await server().send(new AddCustomAttributesCommand({ UserPoolId: poolId, CustomAttributes: [custom('team'), custom('email')] }))

      assert.deepEqual(
        (await schemaOf(server(), poolId))?.slice(standardAttributes.length).map(({ Name }) => Name),
        ['custom:team', 'custom:email'],
      )
      assert.deepEqual(await schemaOf(server(), other.poolId), standardAttributes)
    })

    it('keeps all attributes that concurrent requests add', async () => {
      const { poolId } = await server().givenPool()
      const names = Array.from({ length: 8 }, (_, i) => `a${i}`)
      await Promise.all(
        names.map((name) => server().send(new AddCustomAttributesCommand({ UserPoolId: poolId, CustomAttributes: [custom(name)] }))),
      )
      const added = (await schemaOf(server(), poolId))?.slice(standardAttributes.length).map(({ Name }) => Name)
      assert.deepEqual(
        added?.toSorted(),
        names.map((name) => `custom:${name}`),
      )
    })

    it('rejects a request that adds an existing attribute, and adds none of the attributes in the request', async () => {
      const { poolId } = await server().givenPool({ pool: { Schema: [custom('team')] } })
      const add = new AddCustomAttributesCommand({ UserPoolId: poolId, CustomAttributes: [custom('new'), custom('team')] })
      const expected = { name: 'InvalidParameterException', message: 'custom:team: Existing attribute already has name custom:team.' }
      await assert.rejects(server().send(add), expected)
      assert.equal((await schemaOf(server(), poolId))?.length, standardAttributes.length + 1)
    })

    it('rejects a 51st custom attribute', async () => {
      const { poolId } = await server().givenPool({ pool: { Schema: Array.from({ length: 50 }, (_, i) => custom(`a${i}`)) } })
      const add = new AddCustomAttributesCommand({ UserPoolId: poolId, CustomAttributes: [custom('more')] })
      await assert.rejects(server().send(add), { name: 'InvalidParameterException' })
    })

    it('needs a pool that exists', async () => {
      const add = new AddCustomAttributesCommand({ UserPoolId: 'us-east-1_nowhere', CustomAttributes: [custom('x')] })
      const expected = { name: 'ResourceNotFoundException', message: 'User pool us-east-1_nowhere does not exist.' }
      await assert.rejects(server().send(add), expected)
    })

    for (const [what, [attribute, message]] of Object.entries(refusals)) {
      it(`rejects ${what}, both in CreateUserPool and in AddCustomAttributes`, async () => {
        const expected = { name: 'InvalidParameterException', message }
        await assert.rejects(server().send(new CreateUserPoolCommand({ PoolName: 'x', Schema: [attribute] })), expected)
        const { poolId } = await server().givenPool()
        await assert.rejects(server().send(new AddCustomAttributesCommand({ UserPoolId: poolId, CustomAttributes: [attribute] })), expected)
      })
    }

    for (const [what, [attribute, message]] of Object.entries(refusalsOfStandard)) {
      it(`rejects ${what}, when CreateUserPool redefines a standard attribute`, async () => {
        const expected = { name: 'InvalidParameterException', message }
        await assert.rejects(server().send(new CreateUserPoolCommand({ PoolName: 'x', Schema: [attribute] })), expected)
      })
    }

    it('rejects a required preferred_username that is an alias', async () => {
      const create = new CreateUserPoolCommand({
        PoolName: 'x',
        AliasAttributes: ['preferred_username'],
        Schema: [{ Name: 'preferred_username', Required: true }],
      })
      await assert.rejects(server().send(create), { name: 'InvalidParameterException' })
    })
  })
}
