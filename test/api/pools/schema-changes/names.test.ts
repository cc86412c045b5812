import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminUpdateUserAttributesCommand,
  ConfirmSignUpCommand,
  DescribeUserPoolCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../../support/engines.ts'
import { givenHidingSignUps, shown, signUpRaw, subIn } from '../../../support/hidden-sign-ups.ts'
import { finishNames, foundBy, planNames, requireExactNames, startNames, switchNames, undoNames } from '../../../support/name-changes.ts'
import { describeChange, holdChanges, undoChange, untilState } from '../../../support/schema-changes.ts'
import { claimsOf, givenTokens, givenUser, goodPassword, signInBySrp } from '../../../support/sign-in.ts'
import { type TestPoolOptions, useTestServer } from '../../../support/test-server.ts'

const email = (Value: string, isVerified = true) => [
  { Name: 'email', Value },
  { Name: 'email_verified', Value: String(isVerified) },
]
const wrongName = { name: 'UserNotFoundException' }
const refused = (message: RegExp) => ({ name: 'InvalidParameterException', message })
const byEmail = { pool: { UsernameAttributes: ['email'] } } satisfies TestPoolOptions

for (const engine of engines) {
  describe(`A pool with users whose names change on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const given = (poolId: string, username: string, attributes: { Name: string; Value: string }[] = []) =>
      givenUser(server(), poolId, username, { attributes })
    const poolOf = async (UserPoolId: string) => (await server().send(new DescribeUserPoolCommand({ UserPoolId }))).UserPool ?? {}

    it('lets them sign in with a verified address, once it is an alias', async () => {
      const { poolId, clientId } = await server().givenPool()
      await given(poolId, 'ana', email('ana@example.test'))
      await given(poolId, 'ben', email('ben@example.test', false))
      const names = { AliasAttributes: ['email'] }
      const plan = await planNames(server(), poolId, names)
      assert.deepEqual([plan.Possible, plan.Users, plan.TouchedUsers, plan.Conflicts], [true, 2, 1, []])
      await assert.rejects(givenTokens(server(), clientId, 'ana@example.test'), wrongName)

      const change = await switchNames(server(), poolId, names)
      assert.deepEqual([change.AliasAttributes, change.Changes], [['email'], undefined])
      assert.deepEqual((await poolOf(poolId)).AliasAttributes, ['email'])
      const { idToken } = await givenTokens(server(), clientId, 'ana@example.test')
      assert.equal(claimsOf(idToken)['cognito:username'], 'ana')
      await signInBySrp(server(), { poolId, clientId }, 'ana@example.test')
      await signInBySrp(server(), { poolId, clientId }, 'ana')
      await assert.rejects(givenTokens(server(), clientId, 'ben@example.test'), wrongName)
      await givenTokens(server(), clientId, 'ben')
      await given(poolId, 'eve')
      const theirs = { UserPoolId: poolId, Username: 'eve', UserAttributes: email('ana@example.test') }
      await assert.rejects(server().send(new AdminUpdateUserAttributesCommand(theirs)), { name: 'AliasExistsException' })
      await requireExactNames(server(), poolId, { hasOthers: true })
      await finishNames(server(), poolId)
      await requireExactNames(server(), poolId)
      await givenTokens(server(), clientId, 'ben')
    })

    it('lets them keep their usernames when new users get an address as username', async () => {
      const { poolId, clientId } = await server().givenPool()
      const { sub } = await given(poolId, 'ana', email('ana@example.test', false))
      await switchNames(server(), poolId, { UsernameAttributes: ['email'] })
      for (const name of ['ana', 'ana@example.test', sub]) assert.equal(await foundBy(server(), poolId, name), sub)
      await givenTokens(server(), clientId, 'ana@example.test')
      const signUp = (Username: string) => server().send(new SignUpCommand({ ClientId: clientId, Username, Password: goodPassword }))
      await assert.rejects(signUp('ben'), refused(/Username should be an email/))
      await assert.rejects(signUp('ana@example.test'), { name: 'UsernameExistsException' })
      const { UserSub } = await signUp('ben@example.test')
      assert.equal(await foundBy(server(), poolId, 'ben@example.test'), UserSub)
      await finishNames(server(), poolId)
      await requireExactNames(server(), poolId)
      await givenTokens(server(), clientId, 'ana')
    })

    it('refuses a change that leaves a user without a name, unless such users are only reported', async () => {
      const { poolId, clientId } = await server().givenPool(byEmail)
      const ana = await given(poolId, 'ana@example.test', email('ana@example.test'))
      const ben = await given(poolId, 'ben@example.test', email('ben@example.test', false))
      const names = { UsernameAttributes: [], AliasAttributes: ['email'] }
      const plan = await planNames(server(), poolId, names)
      const Users = [{ Username: ben.sub, Sub: ben.sub, Deleted: false }]
      assert.deepEqual([plan.Possible, plan.Missing], [false, []])
      assert.deepEqual(plan.Conflicts, [{ Kind: 'NO_NAME', Attribute: 'email', Count: 1, Users }])
      await assert.rejects(startNames(server(), poolId, names), refused(/has conflicts.*email: NO_NAME \(1 users\)/))
      const reporting = { ...names, MissingNames: 'REPORT' } as const
      assert.deepEqual((await planNames(server(), poolId, reporting)).Missing, plan.Conflicts)
      await switchNames(server(), poolId, reporting)
      const { UsernameAttributes, AliasAttributes } = await poolOf(poolId)
      assert.deepEqual([UsernameAttributes, AliasAttributes], [undefined, ['email']])
      await givenTokens(server(), clientId, 'ana@example.test')
      await assert.rejects(givenTokens(server(), clientId, 'ben@example.test'), wrongName)
      await givenTokens(server(), clientId, ben.sub)
      const { sub } = await given(poolId, 'cleo')
      assert.equal(await foundBy(server(), poolId, 'cleo'), sub)
      await undoNames(server(), poolId)
      await requireExactNames(server(), poolId)
      assert.deepEqual((await poolOf(poolId)).UsernameAttributes, ['email'])
      for (const [name, user] of [
        ['ana@example.test', ana],
        ['ben@example.test', ben],
      ] as const) {
        assert.equal(await foundBy(server(), poolId, name), user.sub)
      }
      assert.equal(await foundBy(server(), poolId, 'cleo'), sub)
    })

    it('names every user who would share a name with another one', async () => {
      const { poolId } = await server().givenPool()
      const Ana = await given(poolId, 'Ana', email('one@example.test'))
      const ana = await given(poolId, 'ana', email('ONE@example.test', false))
      const ben = await given(poolId, 'ben@example.test')
      const cleo = await given(poolId, 'cleo', email('ben@example.test', false))
      const user = ({ username, sub }: { username: string; sub: string }) => ({ Username: username, Sub: sub, Deleted: false })
      const inOrder = (...users: { username: string; sub: string }[]) => users.sort((a, b) => (a.sub < b.sub ? -1 : 1)).map(user)

      const ignoring = { UsernameConfiguration: { CaseSensitive: false } }
      const folded = await planNames(server(), poolId, ignoring)
      const names = { Kind: 'NAME_TAKEN', Attribute: 'username', Count: 2, Users: inOrder(Ana, ana) }
      assert.deepEqual(folded.Conflicts, [names])
      await assert.rejects(startNames(server(), poolId, ignoring), refused(/username: NAME_TAKEN \(2 users\)/))

      const { Conflicts } = await planNames(server(), poolId, { ...ignoring, UsernameAttributes: ['email'] })
      for (const { Users } of Conflicts) Users.sort((a: { Sub: string }, b: { Sub: string }) => (a.Sub < b.Sub ? -1 : 1))
      assert.deepEqual(Conflicts, [
        { Kind: 'NAME_TAKEN', Attribute: 'email', Count: 3, Users: inOrder(Ana, ana, cleo) },
        { Kind: 'NAME_TAKEN', Attribute: 'username', Count: 3, Users: inOrder(Ana, ana, ben) },
        { Kind: 'NOT_OWN_ADDRESS', Attribute: 'username', Count: 1, Users: inOrder(ben) },
      ])
    })

    it('finds them whatever the case, and no longer after an undo', async () => {
      const { poolId, clientId } = await server().givenPool()
      const { sub } = await given(poolId, 'Ana')
      await switchNames(server(), poolId, { UsernameConfiguration: { CaseSensitive: false } })
      assert.equal(await foundBy(server(), poolId, 'aNA'), sub)
      const { idToken } = await givenTokens(server(), clientId, 'ANA')
      assert.equal(claimsOf(idToken)['cognito:username'], 'Ana')
      await signInBySrp(server(), { poolId, clientId }, 'ana')
      await assert.rejects(given(poolId, 'ANA'), { name: 'UsernameExistsException' })
      await undoNames(server(), poolId)
      assert.equal(await foundBy(server(), poolId, 'aNA'), undefined)
      await givenTokens(server(), clientId, 'Ana')
      await given(poolId, 'ANA')
      await requireExactNames(server(), poolId)
    })

    it('can be made case-sensitive, and case-insensitive again', async () => {
      const { poolId } = await server().givenPool({ pool: { UsernameConfiguration: { CaseSensitive: false } } })
      const ana = await given(poolId, 'Ana')
      await switchNames(server(), poolId, { UsernameConfiguration: { CaseSensitive: true } })
      assert.equal(await foundBy(server(), poolId, 'ANA'), undefined)
      // An undo could not tell the two apart.
      await assert.rejects(
        given(poolId, 'ANA'),
        refused(/conflicts with the schema change .*, which can still be undone. Finish the change first/),
      )
      await finishNames(server(), poolId)
      const other = await given(poolId, 'ANA')
      await requireExactNames(server(), poolId)
      assert.deepEqual([await foundBy(server(), poolId, 'ana'), await foundBy(server(), poolId, 'ANA')], [ana.sub, other.sub])
      const again = { UsernameConfiguration: { CaseSensitive: false } }
      assert.equal((await planNames(server(), poolId, again)).Possible, false)
    })

    it('takes another change after one that was finished, and one that was undone', async () => {
      const { poolId } = await server().givenPool()
      const { sub } = await given(poolId, 'ana', email('ana@example.test'))
      await switchNames(server(), poolId, { AliasAttributes: ['email'] })
      await finishNames(server(), poolId)
      await switchNames(server(), poolId, { AliasAttributes: [] })
      assert.equal(await foundBy(server(), poolId, 'ana@example.test'), undefined)
      await undoNames(server(), poolId)
      assert.equal(await foundBy(server(), poolId, 'ana@example.test'), sub)
      await switchNames(server(), poolId, { AliasAttributes: [], UsernameAttributes: ['email'] })
      await finishNames(server(), poolId)
      await requireExactNames(server(), poolId)
      assert.equal(await foundBy(server(), poolId, 'ana@example.test'), sub)
    })

    it('changes names and attributes at once', async () => {
      const Schema = [{ Name: 'plan', AttributeDataType: 'String', Mutable: true } as const]
      const { poolId, clientId } = await server().givenPool({ pool: { Schema } })
      await given(poolId, 'ana', [...email('ana@example.test'), { Name: 'custom:plan', Value: 'gold' }])
      const Changes = [{ Attribute: 'custom:plan', NewName: 'custom:tier' }]
      await switchNames(server(), poolId, { AliasAttributes: ['email'] }, { Changes })
      assert.equal(claimsOf((await givenTokens(server(), clientId, 'ana@example.test')).idToken)['custom:tier'], 'gold')
      await finishNames(server(), poolId)
      assert.equal(claimsOf((await givenTokens(server(), clientId, 'ana@example.test')).idToken)['custom:tier'], 'gold')
    })

    it('confirms a sign-up that began before the switch', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: { AutoVerifiedAttributes: ['email'] } })
      const UserAttributes = [{ Name: 'email', Value: 'ana@example.test' }]
      await server().send(new SignUpCommand({ ClientId: clientId, Username: 'Ana', Password: goodPassword, UserAttributes }))
      const [message] = await server().inbox('ana@example.test')
      await switchNames(server(), poolId, { AliasAttributes: ['email'], UsernameConfiguration: { CaseSensitive: false } })
      const confirmation = { ClientId: clientId, Username: 'ana', ConfirmationCode: message?.code ?? '' }
      await server().send(new ConfirmSignUpCommand(confirmation))
      await givenTokens(server(), clientId, 'ANA@example.test')
      await finishNames(server(), poolId)
      await requireExactNames(server(), poolId)
    })

    it('refuses contradictions, and what is so already', async () => {
      const { poolId } = await server().givenPool({ pool: { AliasAttributes: ['email'] } })
      const refuse = (names: object, message: RegExp) => assert.rejects(planNames(server(), poolId, names), refused(message))
      await refuse({}, /Changes, UsernameAttributes, AliasAttributes or UsernameConfiguration is required/)
      await refuse({ AliasAttributes: ['email'] }, /as the user pool has them already/)
      await refuse({ UsernameConfiguration: { CaseSensitive: true } }, /as the user pool has them already/)
      await refuse({ UsernameAttributes: ['email'] }, /Only one of AliasAttributes and UsernameAttributes/)
    })
  })

  describe(`A change of names that is being checked on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('lets users sign in, and refuses names that would be taken', async () => {
      const { poolId, clientId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana', { attributes: email('ana@example.test') })
      await givenUser(server(), poolId, 'ben', { attributes: email('ben@example.test') })
      await using held = await holdChanges(server())
      await startNames(server(), poolId, { UsernameAttributes: ['email'], UsernameConfiguration: { CaseSensitive: false } })
      await givenTokens(server(), clientId, 'ana')
      const signUp = (Username: string, Value: string) => {
        const UserAttributes = [{ Name: 'email', Value }]
        return server().send(new SignUpCommand({ ClientId: clientId, Username, Password: goodPassword, UserAttributes }))
      }
      await signUp('cleo', 'cleo@example.test')
      const conflict = (kind: string) => refused(new RegExp(`^Another user has the same ${kind}, or .* conflicts with the schema change `))
      await assert.rejects(signUp('dan', 'CLEO@example.test'), conflict('email'))
      await assert.rejects(signUp('CLEO', 'dan@example.test'), conflict('username'))
      await held.release()
      await untilState(server(), poolId, 'SWITCHED')
      await finishNames(server(), poolId)
      await requireExactNames(server(), poolId)
      await givenTokens(server(), clientId, 'ana@example.test')
    })

    it('hides a name that would be taken, in a pool that hides who exists', async () => {
      const { poolId, clientId } = await givenHidingSignUps(server(), { pool: { AutoVerifiedAttributes: ['email'] } })
      await using held = await holdChanges(server())
      await startNames(server(), poolId, { UsernameConfiguration: { CaseSensitive: false } })
      await givenUser(server(), poolId, 'ana', { attributes: email('ana@example.test') })
      const signUp = (name: string, address: string) => signUpRaw(server(), clientId, name, { email: address })
      const [taken, free] = [await signUp('ANA', 'z1@q.test'), await signUp('BEN', 'z2@q.test')]
      assert.equal(taken.status, 200)
      assert.equal(shown(taken), shown(free))
      await held.release()
      await untilState(server(), poolId, 'SWITCHED')
      assert.equal(await foundBy(server(), poolId, subIn(taken)), undefined)
    })

    it('ends as FAILED when users conflict by then, and leaves nothing behind', async () => {
      const { poolId, clientId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana', { attributes: email('ana@example.test') })
      await using held = await holdChanges(server())
      await startNames(server(), poolId, { UsernameAttributes: ['email'] })
      // The change has not looked at ana yet.
      await givenUser(server(), poolId, 'ben', { attributes: email('ana@example.test', false) })
      await held.release()
      const { Conflicts } = await untilState(server(), poolId, 'FAILED')
      assert.equal(Conflicts, 1)
      await requireExactNames(server(), poolId)
      await givenTokens(server(), clientId, 'ana')
      assert.equal((await planNames(server(), poolId, { UsernameAttributes: ['email'] })).Possible, false)
      await switchNames(server(), poolId, { UsernameConfiguration: { CaseSensitive: false } })
    })

    it('can be undone, and leaves nothing behind', async () => {
      const { poolId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana', { attributes: email('ana@example.test') })
      await using held = await holdChanges(server())
      await startNames(server(), poolId, { UsernameAttributes: ['email'] })
      await givenUser(server(), poolId, 'ben', { attributes: email('ben@example.test', false) })
      assert.equal((await undoChange(server(), poolId)).SchemaChange.State, 'UNDOING')
      await held.release()
      await untilState(server(), poolId, 'UNDONE')
      await requireExactNames(server(), poolId)
      assert.equal((await describeChange(server(), poolId)).SwitchedAt, undefined)
    })
  })
}
