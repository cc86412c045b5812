import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminUpdateUserAttributesCommand, SignUpCommand } from '@aws-sdk/client-cognito-identity-provider'
import { deleteByAdmin, givenKeepingPool, keptSubs, restoreUser } from '../../../support/deleted-users.ts'
import { engines } from '../../../support/engines.ts'
import { callLifeguard } from '../../../support/lifeguard-operations.ts'
import { finishNames, foundBy, requireExactNames, switchNames, undoNames } from '../../../support/name-changes.ts'
import { finishChange, switchTo, untilState } from '../../../support/schema-changes.ts'
import { givenUser, goodPassword } from '../../../support/sign-in.ts'
import { givenPoolWith } from '../../../support/sign-in-triggers.ts'
import { useTestServer } from '../../../support/test-server.ts'
import { openTriggerEndpoint, type TriggerEvent } from '../../../support/trigger-endpoint.ts'
import { adminRename, givenChangingPool } from '../../../support/usernames.ts'

const ignoringCase = { UsernameConfiguration: { CaseSensitive: false } }
const emailOf = (name: string) => [
  { Name: 'email', Value: `${name}@example.test` },
  { Name: 'email_verified', Value: 'true' },
]

for (const engine of engines) {
  describe(`What else has names, while the names of a pool change on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const given = (poolId: string, name: string, attributes = emailOf(name)) => givenUser(server(), poolId, name, { attributes })

    it('keeps former usernames reserved, and gives them free with the next name', async () => {
      const { poolId } = await givenChangingPool(server())
      const { sub } = await given(poolId, 'Ana')
      await adminRename(server(), poolId, 'Ana', 'Anna')
      await switchNames(server(), poolId, ignoringCase)
      await assert.rejects(given(poolId, 'ANA'), { name: 'UsernameExistsException' })
      await adminRename(server(), poolId, 'ANNA', 'Bea')
      await assert.rejects(given(poolId, 'anna'), { name: 'UsernameExistsException' })
      await adminRename(server(), poolId, 'BEA', 'bea')
      await requireExactNames(server(), poolId, { hasOthers: true })
      await undoNames(server(), poolId)
      await requireExactNames(server(), poolId)
      assert.deepEqual([await foundBy(server(), poolId, 'bea'), await foundBy(server(), poolId, 'Bea')], [sub, undefined])
      await assert.rejects(given(poolId, 'Anna'), { name: 'UsernameExistsException' })
      await adminRename(server(), poolId, 'bea', 'Anna')
      assert.equal(await foundBy(server(), poolId, 'Anna'), sub)
    })

    it('keeps the names of merged users, before and after', async () => {
      const { poolId: UserPoolId } = await server().givenPool()
      const { sub } = await given(UserPoolId, 'Ana')
      for (const name of ['Ben', 'Cleo']) await given(UserPoolId, name)
      const merge = (MergedUsername: string) => callLifeguard(server(), 'MergeUsers', { UserPoolId, Username: 'Ana', MergedUsername })
      await merge('Ben')
      await switchNames(server(), UserPoolId, ignoringCase)
      await merge('CLEO')
      assert.deepEqual([await foundBy(server(), UserPoolId, 'BEN'), await foundBy(server(), UserPoolId, 'cleo')], [sub, sub])
      await undoNames(server(), UserPoolId)
      await requireExactNames(server(), UserPoolId)
      assert.deepEqual([await foundBy(server(), UserPoolId, 'Ben'), await foundBy(server(), UserPoolId, 'Cleo')], [sub, sub])
      assert.deepEqual([await foundBy(server(), UserPoolId, 'ben'), await foundBy(server(), UserPoolId, 'cleo')], [undefined, undefined])
    })

    it('brings deleted users back with the names that count then, and lists them by these', async () => {
      const { poolId } = await givenKeepingPool(server())
      const [ana, ben] = [await given(poolId, 'Ana'), await given(poolId, 'Ben')]
      await deleteByAdmin(server(), poolId, 'Ana')
      await switchNames(server(), poolId, { ...ignoringCase, UsernameAttributes: ['email'] })
      await deleteByAdmin(server(), poolId, 'BEN')
      await restoreUser(server(), poolId, ana.sub)
      await finishNames(server(), poolId)
      assert.deepEqual(await keptSubs(server(), poolId, { Username: 'bEN' }), [ben.sub])
      await restoreUser(server(), poolId, ben.sub)
      await requireExactNames(server(), poolId)
      for (const name of ['ANA', 'ana@example.test']) assert.equal(await foundBy(server(), poolId, name), ana.sub)
    })

    it('lets each of two users have an address in turn, in both sets', async () => {
      const { poolId: UserPoolId } = await server().givenPool({ pool: { UsernameAttributes: ['email'] } })
      const [ana, ben] = [
        await given(UserPoolId, 'ana@example.test', emailOf('ana')),
        await given(UserPoolId, 'ben@example.test', emailOf('ben')),
      ]
      await switchNames(server(), UserPoolId, { UsernameAttributes: ['email', 'phone_number'] })
      const set = (Username: string, name: string) =>
        server().send(new AdminUpdateUserAttributesCommand({ UserPoolId, Username, UserAttributes: emailOf(name) }))
      await assert.rejects(set(ben.sub, 'ana'), { name: 'AliasExistsException' })
      await set(ana.sub, 'third')
      await set(ben.sub, 'ana')
      await undoNames(server(), UserPoolId)
      await requireExactNames(server(), UserPoolId)
      assert.equal(await foundBy(server(), UserPoolId, 'ana@example.test'), ben.sub)
    })
  })

  describe(`A sign-up that was checked before the names of its pool change, on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })
    const justChanged = { name: 'InvalidParameterException', message: /has just been changed. Repeat the request/ }

    for (const [what, end] of Object.entries({ switched: undefined, finished: finishNames, undone: undoNames })) {
      it(`is refused when the change is ${what} meanwhile, and stored when it is repeated`, async () => {
        let isFirst = true
        const change = async (event: TriggerEvent) => {
          if (!isFirst) return event
          isFirst = false
          await switchNames(server(), event.userPoolId, { UsernameAttributes: ['email'] })
          await end?.(server(), event.userPoolId)
          return event
        }
        const { poolId, clientId } = await givenPoolWith(server(), endpoint.given({ PreSignUp: change }))
        const signUp = (Username: string) => server().send(new SignUpCommand({ ClientId: clientId, Username, Password: goodPassword }))
        await assert.rejects(signUp('ben'), justChanged)
        assert.equal(await foundBy(server(), poolId, 'ben'), undefined)
        const name = what === 'undone' ? 'ben' : 'ben@example.test'
        const { UserSub } = await signUp(name)
        assert.equal(await foundBy(server(), poolId, name), UserSub)
      })
    }

    it('is refused when attributes are renamed meanwhile, and the change is finished', async () => {
      const rename = async (event: TriggerEvent) => {
        await switchTo(server(), event.userPoolId, [{ Attribute: 'custom:plan', NewName: 'custom:tier' }])
        await finishChange(server(), event.userPoolId)
        await untilState(server(), event.userPoolId, 'FINISHED')
        return event
      }
      const Schema = [{ Name: 'plan', AttributeDataType: 'String', Mutable: true } as const]
      const { clientId } = await givenPoolWith(server(), endpoint.given({ PreSignUp: rename }), { pool: { Schema } })
      const UserAttributes = [{ Name: 'custom:plan', Value: 'gold' }]
      const request = new SignUpCommand({ ClientId: clientId, Username: 'ben', Password: goodPassword, UserAttributes })
      await assert.rejects(server().send(request), justChanged)
    })
  })
}
