import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AddCustomAttributesCommand,
  AdminUpdateUserAttributesCommand,
  CreateUserPoolClientCommand,
  DescribeUserPoolCommand,
  SignUpCommand,
  StartUserImportJobCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { openStorage } from '../../../../src/storage/open-storage.ts'
import { deleteByAdmin, keepDeletedUsers, restoreUser } from '../../../support/deleted-users.ts'
import { engines } from '../../../support/engines.ts'
import { givenUploadedJob } from '../../../support/imports.ts'
import {
  customOf,
  customSchemaOf,
  describeChange,
  finishChange,
  holdChanges,
  planChange,
  startChange,
  switchTo,
  undoChange,
  untilState,
} from '../../../support/schema-changes.ts'
import { claimsOf, givenTokens, givenUser, goodPassword } from '../../../support/sign-in.ts'
import { type TestServer, useTestServer } from '../../../support/test-server.ts'

const rename = { Attribute: 'custom:plan', NewName: 'custom:tier' }
const toNumber = { Attribute: 'custom:plan', AttributeDataType: 'Number' }
const refused = (message: RegExp) => ({ name: 'InvalidParameterException', message })

/** Changes the stored attributes of a user behind the server's back. */
async function store(server: TestServer, sub: string, attributes: string): Promise<void> {
  const storage = await openStorage({ url: server.databaseUrl })
  await storage.db.updateTable('user').set({ attributes }).where('sub', '=', sub).execute()
  await storage.close()
}

for (const engine of engines) {
  describe(`A schema change that is being checked on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const set = (UserPoolId: string, Username: string, Name: string, Value: string) =>
      server().send(new AdminUpdateUserAttributesCommand({ UserPoolId, Username, UserAttributes: [{ Name, Value }] }))
    async function givenPool(value = '7') {
      const Schema = [{ Name: 'plan', AttributeDataType: 'String', Mutable: true }] as const
      const ids = await server().givenPool({ pool: { Schema: [...Schema], AutoVerifiedAttributes: ['email'] } })
      const { sub } = await givenUser(server(), ids.poolId, 'ana', { attributes: [{ Name: 'custom:plan', Value: value }] })
      return { ...ids, sub }
    }

    it('lets users sign in and change attributes, but takes no value that conflicts with it', async () => {
      const { poolId, clientId } = await givenPool()
      await using held = await holdChanges(server())
      const { SchemaChange } = await startChange(server(), poolId, [{ ...toNumber, NewName: 'custom:rank' }])
      assert.equal(SchemaChange.State, 'CHECKING')
      assert.equal(claimsOf((await givenTokens(server(), clientId, 'ana')).idToken)['custom:plan'], '7')
      const conflict = refused(new RegExp(`custom:plan: The value conflicts with the schema change ${SchemaChange.SchemaChangeId}`))
      await assert.rejects(set(poolId, 'ana', 'custom:plan', 'x'), conflict)
      const UserAttributes = [{ Name: 'custom:plan', Value: 'x' }]
      await assert.rejects(
        server().send(new SignUpCommand({ ClientId: clientId, Username: 'ben', Password: goodPassword, UserAttributes })),
        conflict,
      )
      await set(poolId, 'ana', 'custom:plan', '8')
      await givenUser(server(), poolId, 'cleo', { attributes: [{ Name: 'custom:plan', Value: '9' }] })
      await held.release()
      await untilState(server(), poolId, 'SWITCHED')
      assert.deepEqual(await customOf(server(), poolId, 'ana'), { 'custom:rank': '8' })
      assert.deepEqual(await customOf(server(), poolId, 'cleo'), { 'custom:rank': '9' })
    })

    it('can be undone, and then has changed nothing', async () => {
      const { poolId } = await givenPool()
      await using _held = await holdChanges(server())
      await startChange(server(), poolId, [rename])
      await assert.rejects(finishChange(server(), poolId), refused(/is CHECKING. Only a change that is SWITCHED/))
      assert.equal((await undoChange(server(), poolId)).SchemaChange.State, 'UNDONE')
      assert.equal((await customSchemaOf(server(), poolId))[0]?.Name, 'custom:plan')
      await set(poolId, 'ana', 'custom:plan', 'x')
    })

    it('fails when a user conflicts after all, and then has changed nothing', async () => {
      const { poolId, sub } = await givenPool()
      await using held = await holdChanges(server())
      await startChange(server(), poolId, [toNumber])
      await store(server(), sub, '{"custom:plan":"x"}')
      await held.release()
      const { Conflicts, EndedAt } = await untilState(server(), poolId, 'FAILED')
      assert.deepEqual([Conflicts, typeof EndedAt], [1, 'number'])
      assert.equal((await customSchemaOf(server(), poolId))[0]?.AttributeDataType, 'String')
      await set(poolId, 'ana', 'custom:plan', 'free again')
    })

    it('fails when an app client could not write what becomes required, and then has changed nothing', async () => {
      const { poolId } = await givenPool()
      await using held = await holdChanges(server())
      await startChange(server(), poolId, [{ Attribute: 'custom:plan', Required: true }])
      const WriteAttributes = ['email']
      await server().send(new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'limited', WriteAttributes }))
      await held.release()
      assert.equal((await untilState(server(), poolId, 'FAILED')).Conflicts, 1)
      assert.equal((await customSchemaOf(server(), poolId))[0]?.Required, false)
    })

    it('is the only one of the pool: of two that start at once, one does', async () => {
      const { poolId } = await givenPool()
      await using _held = await holdChanges(server())
      const starts = await Promise.allSettled([startChange(server(), poolId, [rename]), startChange(server(), poolId, [toNumber])])
      assert.deepEqual(starts.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
      const { SchemaChangeId } = await describeChange(server(), poolId)
      const unfinished = refused(new RegExp(`The schema change ${SchemaChangeId} of this user pool is CHECKING`))
      await assert.rejects(planChange(server(), poolId, rename), unfinished)
      const CustomAttributes = [{ Name: 'more', AttributeDataType: 'String' as const }]
      await assert.rejects(server().send(new AddCustomAttributesCommand({ UserPoolId: poolId, CustomAttributes })), unfinished)
    })

    it('keeps import jobs from starting until it is switched', async () => {
      const { poolId } = await givenPool()
      const file = 'cognito:username,email,email_verified\nimported,imported@example.test,true'
      const key = await givenUploadedJob(server(), poolId, file)
      await using held = await holdChanges(server())
      await startChange(server(), poolId, [rename])
      await assert.rejects(server().send(new StartUserImportJobCommand(key)), refused(/is CHECKING/))
      await held.release()
      await untilState(server(), poolId, 'SWITCHED')
      await server().send(new StartUserImportJobCommand(key))
    })

    it('looks at deleted users who are kept, too; they come back under the new schema', async () => {
      const { poolId, sub } = await givenPool('gold')
      await keepDeletedUsers(server(), poolId, 30)
      await deleteByAdmin(server(), poolId, 'ana')
      const plan = await planChange(server(), poolId, toNumber)
      assert.deepEqual(plan.Conflicts[0].Users, [{ Username: 'ana', Sub: sub, Deleted: true }])
      await switchTo(server(), poolId, [rename])
      await restoreUser(server(), poolId, sub)
      assert.deepEqual(await customOf(server(), poolId, 'ana'), { 'custom:tier': 'gold' })
      await deleteByAdmin(server(), poolId, 'ana')
      await finishChange(server(), poolId)
      await untilState(server(), poolId, 'FINISHED')
      await restoreUser(server(), poolId, sub)
      assert.deepEqual(await customOf(server(), poolId, 'ana'), { 'custom:tier': 'gold' })
    })

    it('does not keep the changes of other pools from going on when it cannot go on itself', async () => {
      const pools = [await givenPool(), await givenPool()].toSorted((a, b) => (a.poolId < b.poolId ? -1 : 1))
      const [broken, other] = pools as [(typeof pools)[0], (typeof pools)[0]]
      await using held = await holdChanges(server())
      for (const { poolId } of pools) await startChange(server(), poolId, [toNumber])
      await store(server(), broken.sub, 'no JSON')
      await held.release()
      await untilState(server(), other.poolId, 'SWITCHED')
      assert.equal((await describeChange(server(), broken.poolId)).State, 'CHECKING')
      await store(server(), broken.sub, '{}')
      await untilState(server(), broken.poolId, 'SWITCHED')
    })

    it('belongs to its pool: other pools cannot see it', async () => {
      const [first, second] = [await givenPool(), await givenPool()]
      await switchTo(server(), first.poolId, [rename])
      assert.deepEqual(await customOf(server(), second.poolId, 'ana'), { 'custom:plan': '7' })
      assert.equal(await describeChange(server(), second.poolId), undefined)
      const { UserPool } = await server().send(new DescribeUserPoolCommand({ UserPoolId: second.poolId }))
      assert.equal(UserPool?.SchemaAttributes?.at(-1)?.Name, 'custom:plan')
    })
  })
}
