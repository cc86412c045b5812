import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminUpdateUserAttributesCommand,
  CreateUserPoolClientCommand,
  DescribeUserPoolClientCommand,
  ListUsersCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../../support/engines.ts'
import { callLifeguard } from '../../../support/lifeguard-operations.ts'
import {
  customOf,
  customSchemaOf,
  describeChange,
  finishChange,
  planChange,
  startChange,
  switchTo,
  undoChange,
  untilState,
} from '../../../support/schema-changes.ts'
import { givenUser, goodPassword } from '../../../support/sign-in.ts'
import { useTestServer } from '../../../support/test-server.ts'

const refused = (message: RegExp) => ({ name: 'InvalidParameterException', message })

for (const engine of engines) {
  describe(`A changed attribute on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const set = (UserPoolId: string, Username: string, Name: string, Value: string) =>
      server().send(new AdminUpdateUserAttributesCommand({ UserPoolId, Username, UserAttributes: [{ Name, Value }] }))
    const withRank = (Value: string) => ({ attributes: [{ Name: 'custom:rank', Value }] })
    const givenPool = () =>
      server().givenPool({
        pool: {
          Schema: [
            { Name: 'rank', AttributeDataType: 'String', Mutable: true },
            { Name: 'score', AttributeDataType: 'Number', Mutable: true, DeveloperOnlyAttribute: true },
          ],
        },
      })

    it('has another type: the plan names each value that does not fit, and nothing starts before it is corrected', async () => {
      const { poolId } = await givenPool()
      await givenUser(server(), poolId, 'ana', withRank('7'))
      const { sub } = await givenUser(server(), poolId, 'ben', withRank('first'))
      await givenUser(server(), poolId, 'cleo', withRank('700'))
      await givenUser(server(), poolId, 'dan')
      const toNumber = { Attribute: 'custom:rank', AttributeDataType: 'Number', NumberAttributeConstraints: { MaxValue: '100' } }
      const plan = await planChange(server(), poolId, toNumber)
      assert.equal(plan.Possible, false)
      assert.deepEqual(
        plan.Conflicts.map((conflict: { Kind: string; Count: number; Users: { Username: string }[] }) => [
          conflict.Kind,
          conflict.Count,
          conflict.Users[0]?.Username,
        ]),
        [
          ['NOT_A_NUMBER', 1, 'ben'],
          ['OUT_OF_CONSTRAINTS', 1, 'cleo'],
        ],
      )
      assert.deepEqual(plan.Conflicts[0].Users, [{ Username: 'ben', Sub: sub, Deleted: false }])
      assert.match(plan.UndoLosses[0], /^custom:rank: values that are written after the switch stay/)
      await assert.rejects(
        startChange(server(), poolId, [toNumber]),
        refused(/custom:rank: NOT_A_NUMBER \(1 users\), custom:rank: OUT_OF_CONSTRAINTS \(1 users\)/),
      )
      assert.equal(await describeChange(server(), poolId), undefined)

      await set(poolId, 'ben', 'custom:rank', '1')
      await set(poolId, 'cleo', 'custom:rank', '100')
      await switchTo(server(), poolId, [toNumber])
      assert.equal((await customSchemaOf(server(), poolId))[0]?.AttributeDataType, 'Number')
      await assert.rejects(set(poolId, 'ana', 'custom:rank', 'x'), refused(/custom:rank: Number attributes must be decimal numbers/))
      await assert.rejects(set(poolId, 'ana', 'custom:rank', '101'), refused(/more than 100/))
      await set(poolId, 'ana', 'custom:rank', '8')

      await undoChange(server(), poolId)
      await untilState(server(), poolId, 'UNDONE')
      assert.equal((await customSchemaOf(server(), poolId))[0]?.AttributeDataType, 'String')
      await set(poolId, 'ben', 'custom:rank', 'first')
      assert.deepEqual(await customOf(server(), poolId, 'ana'), { 'custom:rank': '8' })
    })

    it('has other constraints, and cannot be written any more', async () => {
      const { poolId } = await givenPool()
      await givenUser(server(), poolId, 'ana', withRank('abc'))
      const shorter = { Attribute: 'custom:rank', StringAttributeConstraints: { MinLength: '1', MaxLength: '2' } }
      assert.deepEqual((await planChange(server(), poolId, shorter)).Conflicts[0].Kind, 'OUT_OF_CONSTRAINTS')
      const longer = { Attribute: 'custom:rank', StringAttributeConstraints: { MinLength: '1', MaxLength: '3' }, Mutable: false }
      await switchTo(server(), poolId, [longer])
      const [rank] = await customSchemaOf(server(), poolId)
      assert.deepEqual([rank?.Mutable, rank?.StringAttributeConstraints], [false, { MinLength: '1', MaxLength: '3' }])
      await assert.rejects(set(poolId, 'ana', 'custom:rank', 'x'), refused(/user.custom:rank: Attribute cannot be updated/))
      await undoChange(server(), poolId)
      await untilState(server(), poolId, 'UNDONE')
      await set(poolId, 'ana', 'custom:rank', 'abcd')
    })

    it('is required, with a value for those who have none', async () => {
      const { poolId, clientId } = await givenPool()
      await givenUser(server(), poolId, 'ana', withRank('gold'))
      await givenUser(server(), poolId, 'ben')
      const required = { Attribute: 'custom:rank', NewName: 'custom:tier', Required: true }
      const plan = await planChange(server(), poolId, required)
      assert.deepEqual([plan.Conflicts[0].Kind, plan.Conflicts[0].Count], ['MISSING', 1])
      assert.equal((await planChange(server(), poolId, { ...required, DefaultValue: 'none' })).TouchedUsers, 2)
      await switchTo(server(), poolId, [{ ...required, DefaultValue: 'none' }])
      assert.deepEqual(await customOf(server(), poolId, 'ben'), { 'custom:tier': 'none' })
      const signUp = (Username: string, ...UserAttributes: { Name: string; Value: string }[]) =>
        server().send(new SignUpCommand({ ClientId: clientId, Username, Password: goodPassword, UserAttributes }))
      await assert.rejects(signUp('cleo'), refused(/custom:tier: The attribute is required/))
      await signUp('cleo', { Name: 'custom:tier', Value: 'silver' })

      await undoChange(server(), poolId)
      await untilState(server(), poolId, 'UNDONE')
      assert.deepEqual(await customOf(server(), poolId, 'ben'), {})
      assert.deepEqual(await customOf(server(), poolId, 'cleo'), { 'custom:rank': 'silver' })

      await switchTo(server(), poolId, [{ ...required, DefaultValue: 'none' }])
      await finishChange(server(), poolId)
      await untilState(server(), poolId, 'FINISHED')
      assert.deepEqual(await customOf(server(), poolId, 'ben'), { 'custom:tier': 'none' })
    })

    it('is required of new users only, and the plan counts those who have no value', async () => {
      const { poolId, clientId } = await givenPool()
      await givenUser(server(), poolId, 'ana')
      const { UserPoolClient } = await server().send(
        new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'limited', WriteAttributes: ['email', 'nickname'] }),
      )
      const report = { Required: true, MissingValues: 'REPORT' }
      const plan = await planChange(server(), poolId, { Attribute: 'nickname', ...report }, { Attribute: 'custom:rank', ...report })
      assert.deepEqual(
        plan.Missing.map(({ Attribute, Count }: { Attribute: string; Count: number }) => [Attribute, Count]),
        [
          ['custom:rank', 1],
          ['nickname', 1],
        ],
      )
      assert.deepEqual(plan.Conflicts, [
        { Kind: 'CLIENT_CANNOT_WRITE', Attribute: 'custom:rank', Count: 1, ClientIds: [UserPoolClient?.ClientId] },
      ])
      await switchTo(server(), poolId, [{ Attribute: 'nickname', ...report }])
      const signUp = server().send(new SignUpCommand({ ClientId: clientId, Username: 'ben', Password: goodPassword }))
      await assert.rejects(signUp, refused(/nickname: The attribute is required/))
      assert.deepEqual(await customOf(server(), poolId, 'ana'), {})
    })

    it('is removed from users, app clients and locked attributes, and comes back with an undo', async () => {
      const { poolId, clientId } = await givenPool()
      await givenUser(server(), poolId, 'ana', withRank('gold'))
      const { UserPoolClient } = await server().send(
        new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'limited', ReadAttributes: ['custom:rank', 'email'] }),
      )
      const limited = { UserPoolId: poolId, ClientId: UserPoolClient?.ClientId ?? '' }
      const listed = async () =>
        (await server().send(new DescribeUserPoolClientCommand(limited))).UserPoolClient?.ReadAttributes?.toSorted()
      const LockedAttributes = ['custom:rank', 'email']
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, SelfService: { LockedAttributes } })
      const locked = async () =>
        (await callLifeguard(server(), 'GetUserPoolExtensions', { UserPoolId: poolId })).SelfService.LockedAttributes.toSorted()

      await switchTo(server(), poolId, [{ Attribute: 'custom:rank', Remove: true }])
      assert.deepEqual(await customOf(server(), poolId, 'ana'), {})
      assert.deepEqual([await listed(), await locked()], [['email'], ['email']])
      await assert.rejects(set(poolId, 'ana', 'custom:rank', 'x'), refused(/could not be determined/))
      await set(poolId, 'ana', 'nickname', 'Annie')
      await undoChange(server(), poolId)
      await untilState(server(), poolId, 'UNDONE')
      assert.deepEqual(await customOf(server(), poolId, 'ana'), { 'custom:rank': 'gold' })
      assert.deepEqual([await listed(), await locked()], [LockedAttributes, LockedAttributes])

      await startChange(server(), poolId, [{ Attribute: 'custom:rank', Remove: true }], { UndoableHours: 0 })
      await untilState(server(), poolId, 'FINISHED')
      const { Users = [] } = await server().send(new ListUsersCommand({ UserPoolId: poolId }))
      assert.deepEqual(Users[0]?.Attributes?.map(({ Name }) => Name).toSorted(), ['nickname', 'sub'])
      assert.equal(clientId.length > 0, true)
    })

    it('is refused where it is not possible, with the reason', async () => {
      const { poolId } = await givenPool()
      const cases: readonly (readonly [object, RegExp])[] = [
        [{ Attribute: 'custom:none', Mutable: false }, /custom:none: the user pool has no such attribute/],
        [{ Attribute: 'custom:rank' }, /custom:rank: the change changes nothing/],
        [{ Attribute: 'custom:rank', NewName: 'rank' }, /custom:rank: NewName must be custom: and 1 to 20/],
        [{ Attribute: 'custom:rank', NewName: 'custom:rank' }, /NewName custom:rank is the name of another attribute/],
        [{ Attribute: 'custom:rank', Remove: true, Mutable: true }, /Remove cannot have other members/],
        [{ Attribute: 'custom:rank', DefaultValue: 'x' }, /DefaultValue is for an attribute that becomes required/],
        [{ Attribute: 'dev:custom:score', Required: true }, /a developer-only attribute cannot be required/],
        [{ Attribute: 'nickname', NewName: 'custom:nick' }, /nickname: a standard attribute cannot be renamed/],
        [{ Attribute: 'email', Remove: true }, /email: a standard attribute cannot be removed/],
        [{ Attribute: 'sub', Required: false }, /sub: the server sets this attribute/],
      ]
      for (const [change, message] of cases) {
        await assert.rejects(planChange(server(), poolId, change as { Attribute: string }), refused(message))
      }
      const hours = startChange(server(), poolId, [{ Attribute: 'custom:rank', Mutable: false }], { OldNamesHours: 2, UndoableHours: 1 })
      await assert.rejects(hours, refused(/OldNamesHours \(2\) must not be more than UndoableHours \(1\)/))
      await assert.rejects(undoChange(server(), poolId), refused(/was never changed/))
    })
  })
}
