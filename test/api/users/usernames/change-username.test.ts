import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminAddUserToGroupCommand,
  AdminGetUserCommand,
  AdminListGroupsForUserCommand,
  CreateGroupCommand,
  GetUserCommand,
  GlobalSignOutCommand,
  InitiateAuthCommand,
  ListUsersCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../../support/engines.ts'
import { callLifeguard } from '../../../support/lifeguard-operations.ts'
import { messagesOf } from '../../../support/self-service.ts'
import { claimsOf, givenTokens, givenUser, secretHash, signInByPassword } from '../../../support/sign-in.ts'
import { useTestServer } from '../../../support/test-server.ts'
import { refresh, useAccessToken } from '../../../support/tokens.ts'
import { openTriggerEndpoint } from '../../../support/trigger-endpoint.ts'
import { givenPoolWithEvery } from '../../../support/user-triggers.ts'
import { adminRename, givenChangingPool, rename, setUsernames } from '../../../support/usernames.ts'

for (const engine of engines) {
  describe(`A change of the username on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })
    const get = (UserPoolId: string, Username: string) => server().send(new AdminGetUserCommand({ UserPoolId, Username }))
    const usernamesOf = async (UserPoolId: string, Filter: string) =>
      ((await server().send(new ListUsersCommand({ UserPoolId, Filter }))).Users ?? []).map(({ Username }) => Username)

    it('is possible only as far as the pool says', async () => {
      const { poolId, clientId } = await server().givenPool()
      const { sub } = await givenUser(server(), poolId, 'ana')
      const { accessToken } = await givenTokens(server(), clientId, 'ana')
      const { Usernames } = await callLifeguard(server(), 'GetUserPoolExtensions', { UserPoolId: poolId })
      assert.deepEqual(Usernames, { ChangeableBy: 'NOBODY', KeepFormerDays: 30 })
      const noAdministrator = { name: 'InvalidParameterException', message: /Usernames\.ChangeableBy ADMINISTRATORS or USERS/ }
      const noUser = { name: 'NotAuthorizedException', message: 'Users cannot change their usernames in this user pool.' }
      await assert.rejects(adminRename(server(), poolId, 'ana', 'bea'), noAdministrator)
      await assert.rejects(rename(server(), accessToken, 'bea'), noUser)

      await setUsernames(server(), poolId, { ChangeableBy: 'ADMINISTRATORS' })
      await assert.rejects(rename(server(), accessToken, 'bea'), noUser)
      assert.deepEqual(await adminRename(server(), poolId, 'ana', 'bea'), { Username: 'bea', Sub: sub })

      await setUsernames(server(), poolId, { ChangeableBy: 'USERS' })
      assert.deepEqual(await rename(server(), accessToken, 'cleo'), { Username: 'cleo' })
      assert.deepEqual(await adminRename(server(), poolId, sub, 'dora'), { Username: 'dora', Sub: sub })

      await setUsernames(server(), poolId, {})
      await assert.rejects(adminRename(server(), poolId, 'dora', 'eva'), noAdministrator)
    })

    it('keeps the user with everything but the name', async () => {
      const { poolId, clientId } = await givenChangingPool(server())
      const { sub } = await givenUser(server(), poolId, 'ana', { attributes: [{ Name: 'email', Value: 'ana@example.test' }] })
      await server().send(new CreateGroupCommand({ UserPoolId: poolId, GroupName: 'staff' }))
      await server().send(new AdminAddUserToGroupCommand({ UserPoolId: poolId, GroupName: 'staff', Username: 'ana' }))
      const before = await get(poolId, 'ana')
      const { accessToken, refreshToken } = await givenTokens(server(), clientId, 'ana')
      await rename(server(), accessToken, 'Bea')

      const after = await get(poolId, 'Bea')
      assert.equal(after.Username, 'Bea')
      assert.deepEqual([after.UserAttributes, after.UserStatus, after.Enabled], [before.UserAttributes, 'CONFIRMED', true])
      assert.deepEqual([after.UserCreateDate, (await get(poolId, sub)).Username], [before.UserCreateDate, 'Bea'])
      const groups = await server().send(new AdminListGroupsForUserCommand({ UserPoolId: poolId, Username: 'Bea' }))
      assert.deepEqual(
        groups.Groups?.map(({ GroupName }) => GroupName),
        ['staff'],
      )
      assert.deepEqual(await usernamesOf(poolId, 'username = "Bea"'), ['Bea'])
      assert.deepEqual(await usernamesOf(poolId, 'username ^= "Be"'), ['Bea'])
      assert.deepEqual(await usernamesOf(poolId, 'username = "ana"'), [])

      // Tokens from before go on. They still say the former name. New ones say the new name.
      assert.equal((await server().send(new GetUserCommand({ AccessToken: accessToken }))).Username, 'Bea')
      assert.equal(claimsOf(accessToken)['username'], 'ana')
      const { AuthenticationResult: tokens } = await refresh(server(), clientId, refreshToken)
      assert.equal(claimsOf(tokens?.AccessToken ?? '')['username'], 'Bea')
      assert.equal(claimsOf(tokens?.IdToken ?? '')['cognito:username'], 'Bea')
      assert.equal(claimsOf(tokens?.IdToken ?? '')['sub'], sub)
    })

    it('ends the former name: it finds nobody, and signs nobody in', async () => {
      const { poolId, clientId } = await givenChangingPool(server())
      await givenUser(server(), poolId, 'ana')
      await adminRename(server(), poolId, 'ana', 'bea')
      await assert.rejects(get(poolId, 'ana'), { name: 'UserNotFoundException' })
      await assert.rejects(signInByPassword(server(), clientId, 'ana'), { name: 'UserNotFoundException' })
      assert.ok((await givenTokens(server(), clientId, 'bea')).accessToken)
    })

    it('calls no trigger and sends no message', async () => {
      const { poolId, clientId, triggers } = await givenPoolWithEvery(server(), endpoint)
      await setUsernames(server(), poolId, { ChangeableBy: 'USERS' })
      await givenUser(server(), poolId, 'ana')
      const { accessToken } = await givenTokens(server(), clientId, 'ana')
      const messages = await messagesOf(server(), poolId)
      triggers.clear()
      await rename(server(), accessToken, 'bea')
      await adminRename(server(), poolId, 'bea', 'cleo')
      assert.deepEqual([triggers.fired, await messagesOf(server(), poolId)], [[], messages])
    })

    it('of an administrator leaves an audit record with both names', async () => {
      const { poolId } = await givenChangingPool(server())
      await givenUser(server(), poolId, 'ana')
      await adminRename(server(), poolId, 'ana', 'bea')
      const request = { UserPoolId: poolId, Operation: 'AdminChangeUsername' }
      const { Records } = await callLifeguard(server(), 'ListAuditRecords', request)
      const shown = Records.map(({ Username, ChangedMembers, Detail }: Record<string, unknown>) => [Username, ChangedMembers, Detail])
      assert.deepEqual(shown, [['bea', ['Username'], 'former username: ana']])
    })

    it('leaves the SECRET_HASH over the former name valid for a refresh, until the name is free', async () => {
      const { poolId, clientId, clientSecret = '' } = await server().givenPool({ client: { GenerateSecret: true } })
      await setUsernames(server(), poolId, { ChangeableBy: 'USERS' })
      await givenUser(server(), poolId, 'ana')
      const hash = (name: string) => secretHash(clientSecret, name, clientId)
      const { AuthenticationResult: tokens } = await refreshable(clientId, 'ana', hash('ana'))
      const again = (name: string) => refresh(server(), clientId, tokens?.RefreshToken ?? '', hash(name))
      const wrong = { name: 'NotAuthorizedException', message: `SecretHash does not match for the client: ${clientId}` }
      await adminRename(server(), poolId, 'ana', 'bea')
      for (const name of ['ana', 'bea']) assert.ok((await again(name)).AuthenticationResult?.AccessToken, name)
      await assert.rejects(again('cleo'), wrong)
      await adminRename(server(), poolId, 'bea', 'cleo', { ReleaseFormerUsername: true })
      await assert.rejects(again('bea'), wrong)
      for (const name of ['ana', 'cleo']) assert.ok((await again(name)).AuthenticationResult?.AccessToken, name)
    })

    const refreshable = async (clientId: string, USERNAME: string, SECRET_HASH: string) => {
      const AuthParameters = { USERNAME, PASSWORD: 'Correct-horse-7', SECRET_HASH }
      return server().send(new InitiateAuthCommand({ ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters }))
    }

    it('is refused with a token of a session that has ended', async () => {
      const { poolId, clientId } = await givenChangingPool(server())
      await givenUser(server(), poolId, 'ana')
      const { accessToken } = await givenTokens(server(), clientId, 'ana')
      await server().send(new GlobalSignOutCommand({ AccessToken: accessToken }))
      await assert.rejects(rename(server(), accessToken, 'bea'), { message: 'Access Token has been revoked' })
      await assert.rejects(useAccessToken(server(), accessToken), { message: 'Access Token has been revoked' })
      assert.equal((await get(poolId, 'ana')).Username, 'ana')
    })
  })
}
