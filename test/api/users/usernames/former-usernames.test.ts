import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminCreateUserCommand, ForgotPasswordCommand } from '@aws-sdk/client-cognito-identity-provider'
import { deleteByAdmin, keepDeletedUsers, restoreUser } from '../../../support/deleted-users.ts'
import { engines } from '../../../support/engines.ts'
import { callLifeguard } from '../../../support/lifeguard-operations.ts'
import { signUp, update } from '../../../support/self-service.ts'
import { givenTokens, givenUser, signInByPassword, startSrp } from '../../../support/sign-in.ts'
import { useTestServer } from '../../../support/test-server.ts'
import { adminRename, givenChangingPool, nameTaken, rename, setUsernames, sweepUsernames } from '../../../support/usernames.ts'

const dayMs = 86_400_000

for (const engine of engines) {
  describe(`Former usernames on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const create = (UserPoolId: string, Username: string) =>
      server().send(new AdminCreateUserCommand({ UserPoolId, Username, MessageAction: 'SUPPRESS' }))

    it('are kept from others, whichever way they try, until the time of the pool is over', async () => {
      const aliases = { pool: { AliasAttributes: ['preferred_username' as const] } }
      const { poolId, clientId } = await givenChangingPool(server(), aliases, { ChangeableBy: 'USERS', KeepFormerDays: 2 })
      for (const name of ['ana', 'eve']) await givenUser(server(), poolId, name)
      await adminRename(server(), poolId, 'ana', 'bea')
      const { accessToken } = await givenTokens(server(), clientId, 'eve')

      const alias = { name: 'AliasExistsException' }
      const attack = async () => {
        await assert.rejects(signUp(server(), clientId, 'ana'), nameTaken)
        await assert.rejects(create(poolId, 'ana'), { name: 'UsernameExistsException' })
        await assert.rejects(adminRename(server(), poolId, 'eve', 'ana'), nameTaken)
        await assert.rejects(update(server(), accessToken, { preferred_username: 'ana' }), alias)
      }
      await attack()
      await assert.rejects(rename(server(), accessToken, 'ana'), nameTaken)
      // Going back to NOBODY frees no name.
      await setUsernames(server(), poolId, { ChangeableBy: 'NOBODY' })
      await assert.rejects(signUp(server(), clientId, 'ana'), nameTaken)
      await setUsernames(server(), poolId, { ChangeableBy: 'USERS', KeepFormerDays: 0 })
      await assert.rejects(signUp(server(), clientId, 'ana'), nameTaken)

      await sweepUsernames(server())
      await assert.rejects(signUp(server(), clientId, 'ana'), nameTaken)
      server().clock.advance(2 * dayMs)
      await sweepUsernames(server())
      const { UserSub } = await signUp(server(), clientId, 'ana')
      assert.ok(UserSub)
    })

    it('are free at once in a pool that keeps none, or when the administrator says so', async () => {
      const { poolId, clientId } = await givenChangingPool(server(), undefined, { ChangeableBy: 'USERS', KeepFormerDays: 0 })
      await givenUser(server(), poolId, 'ana')
      await adminRename(server(), poolId, 'ana', 'bea')
      await signUp(server(), clientId, 'ana')

      await setUsernames(server(), poolId, { ChangeableBy: 'USERS' })
      await adminRename(server(), poolId, 'bea', 'cleo', { ReleaseFormerUsername: true })
      await signUp(server(), clientId, 'bea')
      await adminRename(server(), poolId, 'cleo', 'dora', { ReleaseFormerUsername: false })
      await assert.rejects(signUp(server(), clientId, 'cleo'), nameTaken)
    })

    it('can be exchanged between two users by an administrator', async () => {
      const { poolId, clientId } = await givenChangingPool(server())
      const [ana, ben] = [await givenUser(server(), poolId, 'ana'), await givenUser(server(), poolId, 'ben')]
      await adminRename(server(), poolId, 'ana', 'between', { ReleaseFormerUsername: true })
      await adminRename(server(), poolId, 'ben', 'ana', { ReleaseFormerUsername: true })
      assert.deepEqual(await adminRename(server(), poolId, 'between', 'ben'), { Username: 'ben', Sub: ana.sub })
      assert.deepEqual(await adminRename(server(), poolId, ben.sub, 'ana'), { Username: 'ana', Sub: ben.sub })
      for (const name of ['ana', 'ben']) assert.ok((await givenTokens(server(), clientId, name)).accessToken)
    })

    it('can be taken back by their user', async () => {
      const { poolId, clientId } = await givenChangingPool(server())
      const { sub } = await givenUser(server(), poolId, 'ana')
      const { accessToken } = await givenTokens(server(), clientId, 'ana')
      await rename(server(), accessToken, 'bea')
      await rename(server(), accessToken, 'ana')
      assert.ok((await givenTokens(server(), clientId, 'ana')).accessToken)
      await assert.rejects(signUp(server(), clientId, 'bea'), nameTaken)
      server().clock.advance(31 * dayMs)
      await sweepUsernames(server())
      assert.ok((await givenTokens(server(), clientId, 'ana')).accessToken)
      await signUp(server(), clientId, 'bea')
      assert.deepEqual(await adminRename(server(), poolId, 'ana', 'cleo'), { Username: 'cleo', Sub: sub })
    })

    it('are five at most, so that one user cannot keep many names from others', async () => {
      const { poolId, clientId } = await givenChangingPool(server())
      const { sub } = await givenUser(server(), poolId, 'name0')
      for (let at = 1; at <= 5; at++) await adminRename(server(), poolId, sub, `name${at}`)
      await assert.rejects(adminRename(server(), poolId, sub, 'name6'), { name: 'LimitExceededException', message: /^At most 5 former/ })
      await signUp(server(), clientId, 'name6')
      // A change to an own former name keeps no further name.
      await adminRename(server(), poolId, sub, 'name2')
      await adminRename(server(), poolId, sub, 'name7', { ReleaseFormerUsername: true })
      server().clock.advance(31 * dayMs)
      await sweepUsernames(server())
      assert.equal((await adminRename(server(), poolId, sub, 'name0')).Username, 'name0')
    })

    it('look like unknown names to strangers', async () => {
      const client = { PreventUserExistenceErrors: 'ENABLED' as const }
      const { poolId, clientId } = await givenChangingPool(server(), { client })
      await givenUser(server(), poolId, 'ana', {
        attributes: [
          { Name: 'email', Value: 'ana@example.test' },
          { Name: 'email_verified', Value: 'true' },
        ],
      })
      await adminRename(server(), poolId, 'ana', 'bea')
      const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
      for (const name of ['ana', 'nobody']) {
        await assert.rejects(signInByPassword(server(), clientId, name), wrong)
        const { challenge } = await startSrp(server(), clientId, name)
        assert.deepEqual([challenge.ChallengeParameters?.['USERNAME'], challenge.ChallengeParameters?.['USER_ID_FOR_SRP']], [name, name])
        const { CodeDeliveryDetails } = await server().send(new ForgotPasswordCommand({ ClientId: clientId, Username: name }))
        assert.ok(CodeDeliveryDetails?.Destination)
      }
      assert.deepEqual(await server().inbox('ana@example.test'), [])
    })

    it('go to the user into whom their user is merged', async () => {
      const { poolId, clientId } = await givenChangingPool(server())
      const { sub } = await givenUser(server(), poolId, 'kept')
      await givenUser(server(), poolId, 'ana')
      await adminRename(server(), poolId, 'ana', 'bea')
      await callLifeguard(server(), 'MergeUsers', { UserPoolId: poolId, Username: 'kept', MergedUsername: 'bea' })
      await assert.rejects(signUp(server(), clientId, 'ana'), nameTaken)
      assert.deepEqual(await adminRename(server(), poolId, 'bea', 'ana'), { Username: 'ana', Sub: sub })
    })

    it('are free once their user is deleted, and come back with the user as far as they are still free', async () => {
      const { poolId, clientId } = await givenChangingPool(server())
      await keepDeletedUsers(server(), poolId, 30)
      const { sub } = await givenUser(server(), poolId, 'ana')
      await adminRename(server(), poolId, 'ana', 'bea')
      await adminRename(server(), poolId, 'bea', 'cleo')
      await deleteByAdmin(server(), poolId, 'cleo')
      await signUp(server(), clientId, 'ana')
      assert.equal((await restoreUser(server(), poolId, sub)).Username, 'cleo')
      await assert.rejects(signUp(server(), clientId, 'bea'), nameTaken)
      await assert.rejects(adminRename(server(), poolId, sub, 'ana'), nameTaken)
      assert.equal((await adminRename(server(), poolId, sub, 'bea')).Username, 'bea')
      assert.ok((await givenTokens(server(), clientId, 'bea')).accessToken)
    })
  })
}
