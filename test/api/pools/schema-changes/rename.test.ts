import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminUpdateUserAttributesCommand,
  CreateUserPoolClientCommand,
  DescribeUserPoolClientCommand,
  GetUserCommand,
  ListUsersCommand,
  SignUpCommand,
  UpdateUserAttributesCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../../support/engines.ts'
import {
  customOf,
  customSchemaOf,
  finishChange,
  planChange,
  startChange,
  switchTo,
  undoChange,
  untilState,
} from '../../../support/schema-changes.ts'
import { claimsOf, givenTokens, givenUser, goodPassword } from '../../../support/sign-in.ts'
import { useTestServer } from '../../../support/test-server.ts'
import { until } from '../../../support/until.ts'

const hourMs = 3_600_000
const rename = { Attribute: 'custom:plan', NewName: 'custom:tier' }
const text = (Name: string) => ({ Name, AttributeDataType: 'String', Mutable: true }) as const
const unknown = { name: 'InvalidParameterException', message: /Type for attribute \{custom:plan\} could not be determined/ }

for (const engine of engines) {
  describe(`A renamed attribute on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const set = (UserPoolId: string, Username: string, Name: string, Value: string) =>
      server().send(new AdminUpdateUserAttributesCommand({ UserPoolId, Username, UserAttributes: [{ Name, Value }] }))

    async function givenPool(lists: object = {}) {
      const ids = await server().givenPool({
        pool: { Schema: [text('plan'), text('team')] },
        client: lists,
      })
      await givenUser(server(), ids.poolId, 'ana', {
        attributes: [
          { Name: 'custom:plan', Value: 'gold' },
          { Name: 'custom:team', Value: 'red' },
        ],
      })
      await givenUser(server(), ids.poolId, 'ben')
      return ids
    }

    it('has its new name everywhere: in the schema, users, lists of users, tokens, and app clients', async () => {
      const lists = { ReadAttributes: ['custom:plan', 'email'], WriteAttributes: ['custom:plan', 'custom:team'] }
      const { poolId, clientId } = await givenPool(lists)
      const plan = await planChange(server(), poolId, rename)
      assert.deepEqual([plan.Possible, plan.Users, plan.TouchedUsers, plan.Conflicts], [true, 2, 1, []])
      assert.deepEqual(plan.Places, [
        { Kind: 'CLIENT_READ_ATTRIBUTES', Attribute: 'custom:plan', Name: clientId, Changed: true },
        { Kind: 'CLIENT_WRITE_ATTRIBUTES', Attribute: 'custom:plan', Name: clientId, Changed: true },
      ])

      await switchTo(server(), poolId, [rename])
      assert.deepEqual(
        (await customSchemaOf(server(), poolId)).map(({ Name }) => Name),
        ['custom:tier', 'custom:team'],
      )
      assert.deepEqual(await customOf(server(), poolId, 'ana'), { 'custom:tier': 'gold', 'custom:team': 'red' })
      assert.deepEqual(await customOf(server(), poolId, 'ben'), {})
      const { Users = [] } = await server().send(new ListUsersCommand({ UserPoolId: poolId }))
      assert.deepEqual(
        Object.fromEntries(
          Users.map(({ Username, Attributes }) => [Username, Attributes?.find(({ Name }) => Name === 'custom:tier')?.Value]),
        ),
        { ana: 'gold', ben: undefined },
      )
      const { UserPoolClient } = await server().send(new DescribeUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId }))
      assert.deepEqual(UserPoolClient?.ReadAttributes, ['custom:tier', 'email'])
      assert.deepEqual(UserPoolClient?.WriteAttributes, ['custom:tier', 'custom:team'])
      const claims = claimsOf((await givenTokens(server(), clientId, 'ana')).idToken)
      assert.deepEqual([claims['custom:tier'], claims['custom:plan'], claims['custom:team']], ['gold', undefined, undefined])
      await assert.rejects(set(poolId, 'ana', 'custom:plan', 'silver'), unknown)
      await set(poolId, 'ana', 'custom:tier', 'silver')
      assert.deepEqual(await customOf(server(), poolId, 'ana'), { 'custom:tier': 'silver', 'custom:team': 'red' })
    })

    it('stays renamed when the change is finished, and can then be renamed back', async () => {
      const { poolId } = await givenPool()
      await switchTo(server(), poolId, [rename])
      await finishChange(server(), poolId)
      const { ConvertedUsers } = await untilState(server(), poolId, 'FINISHED')
      assert.equal(ConvertedUsers, 2)
      assert.deepEqual(await customOf(server(), poolId, 'ana'), { 'custom:tier': 'gold', 'custom:team': 'red' })
      await startChange(server(), poolId, [{ Attribute: 'custom:tier', NewName: 'custom:plan' }], { UndoableHours: 0 })
      await untilState(server(), poolId, 'FINISHED')
      assert.deepEqual(await customOf(server(), poolId, 'ana'), { 'custom:plan': 'gold', 'custom:team': 'red' })
    })

    it('has its old name again after an undo, with the values that were written in between', async () => {
      const { poolId, clientId } = await givenPool({ ReadAttributes: ['custom:plan'] })
      await switchTo(server(), poolId, [rename])
      await set(poolId, 'ben', 'custom:tier', 'bronze')
      const { SchemaChange } = await undoChange(server(), poolId)
      assert.equal(SchemaChange.State, 'UNDOING')
      assert.deepEqual(await customOf(server(), poolId, 'ben'), { 'custom:plan': 'bronze' })
      await untilState(server(), poolId, 'UNDONE')
      assert.deepEqual(await customOf(server(), poolId, 'ana'), { 'custom:plan': 'gold', 'custom:team': 'red' })
      assert.deepEqual(await customOf(server(), poolId, 'ben'), { 'custom:plan': 'bronze' })
      const { UserPoolClient } = await server().send(new DescribeUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId }))
      assert.deepEqual(UserPoolClient?.ReadAttributes, ['custom:plan'])
    })

    it('answers to its old name for as long as the request says', async () => {
      const { poolId } = await givenPool()
      const { UserPoolClient } = await server().send(
        new CreateUserPoolClientCommand({
          UserPoolId: poolId,
          ClientName: 'limited',
          ReadAttributes: ['custom:plan'],
          WriteAttributes: ['custom:plan'],
          ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
        }),
      )
      const clientId = UserPoolClient?.ClientId ?? ''
      await switchTo(server(), poolId, [rename], { OldNamesHours: 2 })
      const both = { 'custom:tier': 'gold', 'custom:plan': 'gold', 'custom:team': 'red' }
      assert.deepEqual(await customOf(server(), poolId, 'ana'), both)

      const { accessToken, idToken } = await givenTokens(server(), clientId, 'ana')
      assert.deepEqual([claimsOf(idToken)['custom:tier'], claimsOf(idToken)['custom:plan']], ['gold', 'gold'])
      const silver = [{ Name: 'custom:plan', Value: 'silver' }]
      await server().send(new UpdateUserAttributesCommand({ AccessToken: accessToken, UserAttributes: silver }))
      assert.deepEqual(await customOf(server(), poolId, 'ana'), { ...both, 'custom:tier': 'silver', 'custom:plan': 'silver' })
      await set(poolId, 'ana', 'custom:tier', 'bronze')
      const { UserAttributes = [] } = await server().send(new GetUserCommand({ AccessToken: accessToken }))
      assert.deepEqual(
        UserAttributes.filter(({ Name }) => Name?.includes(':')).map(({ Value }) => Value),
        ['bronze', 'bronze'],
      )
      await server().send(new SignUpCommand({ ClientId: clientId, Username: 'cleo', Password: goodPassword, UserAttributes: silver }))
      assert.deepEqual(await customOf(server(), poolId, 'cleo'), { 'custom:tier': 'silver', 'custom:plan': 'silver' })

      server().clock.advance(2 * hourMs)
      await until('the old name is gone', async () => !('custom:plan' in (await customOf(server(), poolId, 'ana'))))
      assert.deepEqual(await customOf(server(), poolId, 'cleo'), { 'custom:tier': 'silver' })
      await assert.rejects(set(poolId, 'ana', 'custom:plan', 'x'), unknown)
    })

    it('is finished by itself when the time for an undo is over', async () => {
      const { poolId } = await givenPool()
      const { UndoableUntil, SwitchedAt } = await switchTo(server(), poolId, [rename], { UndoableHours: 1 })
      assert.equal(UndoableUntil - SwitchedAt, 3600)
      server().clock.advance(hourMs)
      await untilState(server(), poolId, 'FINISHED')
      await assert.rejects(undoChange(server(), poolId), { name: 'InvalidParameterException', message: /is FINISHED/ })
    })
  })
}
