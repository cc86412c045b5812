import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminUpdateUserAttributesCommand, SignUpCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../../support/engines.ts'
import { callLifeguard } from '../../../support/lifeguard-operations.ts'
import {
  finishNames,
  foundBy,
  type Names,
  planNames,
  requireExactNames,
  startNames,
  switchNames,
  undoNames,
} from '../../../support/name-changes.ts'
import { finishChange, holdChanges, startChange, switchTo, untilState } from '../../../support/schema-changes.ts'
import { givenUser, goodPassword } from '../../../support/sign-in.ts'
import { givenPoolWith } from '../../../support/sign-in-triggers.ts'
import { useTestServer } from '../../../support/test-server.ts'
import { openTriggerEndpoint, type TriggerEvent } from '../../../support/trigger-endpoint.ts'
import { adminRename, givenChangingPool } from '../../../support/usernames.ts'

const ignoringCase = { UsernameConfiguration: { CaseSensitive: false } }
const heedingCase = { UsernameConfiguration: { CaseSensitive: true } }
const emailOf = (name: string, isVerified = true) => [
  { Name: 'email', Value: `${name}@example.test` },
  { Name: 'email_verified', Value: String(isVerified) },
]
const refused = (message: RegExp) => ({ name: 'InvalidParameterException', message })

for (const engine of engines) {
  describe(`A change of names and a stranger, on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const given = (poolId: string, name: string, attributes = emailOf(name)) => givenUser(server(), poolId, name, { attributes })
    const kindsOf = async (poolId: string, names: Names) =>
      (await planNames(server(), poolId, names)).Conflicts.map(({ Kind, Attribute }: Record<string, string>) => `${Attribute} ${Kind}`)

    it('does not give a stranger the sub of a user as a name', async () => {
      const { poolId } = await server().givenPool()
      const { sub } = await given(poolId, 'ana')
      await given(poolId, sub.toUpperCase(), [])
      assert.deepEqual(await kindsOf(poolId, ignoringCase), ['username NAME_TAKEN'])
      assert.equal(await foundBy(server(), poolId, sub), sub)
    })

    it('does not give a stranger the sub of a user while it is being checked', async () => {
      const { poolId } = await server().givenPool()
      const { sub } = await given(poolId, 'ana')
      await using held = await holdChanges(server())
      await startNames(server(), poolId, ignoringCase)
      await assert.rejects(given(poolId, sub.toUpperCase(), []), refused(/conflicts with the schema change/))
      await held.release()
      await untilState(server(), poolId, 'SWITCHED')
    })

    it('finds an address that is the username of a stranger, and takes none while it is being checked', async () => {
      const { poolId } = await server().givenPool()
      await given(poolId, 'own@example.test', emailOf('own'))
      for (const names of [{ UsernameAttributes: ['email'] }, { AliasAttributes: ['email'] }]) {
        assert.deepEqual(await kindsOf(poolId, names), [])
      }
      await using held = await holdChanges(server())
      await startNames(server(), poolId, { UsernameAttributes: ['email'] })
      await assert.rejects(given(poolId, 'zoe@example.test', emailOf('mal')), refused(/must be an address of the user.*schema change/))
      await held.release()
      await untilState(server(), poolId, 'SWITCHED')
      await finishNames(server(), poolId)
      await requireExactNames(server(), poolId)
      const other = await server().givenPool()
      await given(other.poolId, 'zoe@example.test', emailOf('mal'))
      assert.deepEqual(await kindsOf(other.poolId, { AliasAttributes: ['email'] }), ['username NOT_OWN_ADDRESS'])
    })

    it('does not let the username of a user hide the address of another one later', async () => {
      const { poolId, clientId } = await server().givenPool()
      const { sub } = await given(poolId, 'ana@example.test', emailOf('ana'))
      await switchNames(server(), poolId, { UsernameAttributes: ['email'] })
      await finishNames(server(), poolId)
      const change = { UserPoolId: poolId, Username: sub, UserAttributes: emailOf('new') }
      await server().send(new AdminUpdateUserAttributesCommand(change))
      const signUp = new SignUpCommand({ ClientId: clientId, Username: 'ana@example.test', Password: goodPassword })
      await assert.rejects(server().send(signUp), { name: 'UsernameExistsException' })
      const ben = await given(poolId, 'ben@example.test', emailOf('ben'))
      const taking = { UserPoolId: poolId, Username: ben.sub, UserAttributes: emailOf('ana') }
      await assert.rejects(server().send(new AdminUpdateUserAttributesCommand(taking)), { name: 'AliasExistsException' })
      assert.equal(await foundBy(server(), poolId, 'ana@example.test'), sub)
    })

    it('takes no name of another kind while it is being checked', async () => {
      const { poolId } = await givenChangingPool(server(), undefined, { ChangeableBy: 'ADMINISTRATORS' })
      await given(poolId, 'mal', [])
      await using held = await holdChanges(server())
      await startNames(server(), poolId, { UsernameAttributes: ['email'] })
      await given(poolId, 'vic')
      const renaming = adminRename(server(), poolId, 'mal', 'vic@example.test')
      await assert.rejects(renaming, refused(/conflicts with the schema change/))
      await held.release()
      await untilState(server(), poolId, 'SWITCHED')
      await requireExactNames(server(), poolId, { hasOthers: true })
    })

    it('leaves no user without a name who would be a conflict of its plan', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: { UsernameAttributes: ['email'] } })
      await given(poolId, 'ana@example.test', emailOf('ana'))
      await using held = await holdChanges(server())
      await startNames(server(), poolId, { UsernameAttributes: [], AliasAttributes: ['email'] })
      const signUp = new SignUpCommand({ ClientId: clientId, Username: 'ben@example.test', Password: goodPassword })
      await assert.rejects(server().send(signUp), refused(/would have no name to sign in with.*schema change/))
      await held.release()
      await untilState(server(), poolId, 'SWITCHED')
    })

    it('is refused where names are kept without their case, or codes of test users are fixed, or users still come over', async () => {
      const { poolId } = await givenChangingPool(server(), { pool: ignoringCase }, { ChangeableBy: 'ADMINISTRATORS' })
      await given(poolId, 'Ana')
      await adminRename(server(), poolId, 'ana', 'Anna')
      await assert.rejects(planNames(server(), poolId, heedingCase), refused(/kept without their case/))
      const set = (more: object) => callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, ...more })
      await set({ TestUsers: [{ Username: 'anna', Code: '123456' }] })
      await assert.rejects(planNames(server(), poolId, { UsernameAttributes: ['email'] }), refused(/has TestUsers/))
      await set({ TestUsers: [] })
      await switchNames(server(), poolId, { UsernameAttributes: ['email'] })
      await set({ TestUsers: [{ Username: 'qa@example.test', Code: '123456' }] })
      await undoNames(server(), poolId)
      const { TestUsers } = await callLifeguard(server(), 'GetUserPoolExtensions', { UserPoolId: poolId })
      assert.deepEqual(TestUsers, [])
    })

    it('lets a user return to a former spelling of the name, and be undone', async () => {
      const { poolId } = await givenChangingPool(server(), undefined, { ChangeableBy: 'ADMINISTRATORS' })
      const { sub } = await given(poolId, 'ana')
      await adminRename(server(), poolId, 'ana', 'Ana')
      await switchNames(server(), poolId, ignoringCase)
      await adminRename(server(), poolId, 'Ana', 'ana')
      await undoNames(server(), poolId)
      await requireExactNames(server(), poolId)
      assert.equal(await foundBy(server(), poolId, 'ana'), sub)
    })
  })

  describe(`A sign-up that was checked before a change, and comes in the next one, on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    it('is refused', async () => {
      await using held = new AsyncDisposableStack()
      const change = async (event: TriggerEvent) => {
        const { userPoolId } = event
        await switchNames(server(), userPoolId, { UsernameAttributes: ['email'] })
        await finishNames(server(), userPoolId)
        held.use(await holdChanges(server()))
        await startChange(server(), userPoolId, [{ Attribute: 'nickname', StringAttributeConstraints: { MaxLength: '100' } }])
        return event
      }
      const { poolId, clientId } = await givenPoolWith(server(), endpoint.given({ PreSignUp: change }))
      const signUp = new SignUpCommand({ ClientId: clientId, Username: 'ben', Password: goodPassword })
      await assert.rejects(server().send(signUp), refused(/has just been changed/))
      assert.equal(await foundBy(server(), poolId, 'ben'), undefined)
    })

    it('is refused after two changes of attributes', async () => {
      const rename = async (event: TriggerEvent) => {
        for (const [from, to] of [
          ['a', 'b'],
          ['b', 'c'],
        ]) {
          await switchTo(server(), event.userPoolId, [{ Attribute: `custom:${from}`, NewName: `custom:${to}` }])
          await finishChange(server(), event.userPoolId)
          await untilState(server(), event.userPoolId, 'FINISHED')
        }
        return event
      }
      const Schema = [{ Name: 'a', AttributeDataType: 'String', Mutable: true } as const]
      const { clientId } = await givenPoolWith(server(), endpoint.given({ PreSignUp: rename }), { pool: { Schema } })
      const UserAttributes = [{ Name: 'custom:a', Value: 'x' }]
      const signUp = new SignUpCommand({ ClientId: clientId, Username: 'ben', Password: goodPassword, UserAttributes })
      await assert.rejects(server().send(signUp), refused(/has just been changed/))
    })
  })
}
