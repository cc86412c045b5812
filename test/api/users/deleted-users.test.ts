import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminAddUserToGroupCommand,
  AdminGetUserCommand,
  AdminListDevicesCommand,
  AdminListUserAuthEventsCommand,
  ChangePasswordCommand,
  CreateGroupCommand,
  DeleteGroupCommand,
  DeleteUserCommand,
  GetUserCommand,
  ListUsersCommand,
  SetUserPoolMfaConfigCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import {
  deleteByAdmin,
  givenKeepingPool,
  keepDeletedUsers,
  keptSubs,
  restoreUser,
  rowsOfUser,
  sweepAll,
} from '../../support/deleted-users.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { challengeAfterPassword, prefer, registerApp, respond, startTimeStep } from '../../support/mfa.ts'
import { passkeysOf, registerPasskey, withPasskeys } from '../../support/passkeys.ts'
import { messagesOf } from '../../support/self-service.ts'
import { givenTokens, givenUser, goodPassword, signInByPassword } from '../../support/sign-in.ts'
import { confirmOffered } from '../../support/software-device.ts'
import { useTestServer } from '../../support/test-server.ts'
import { refresh } from '../../support/tokens.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'
import { givenPoolWithEvery } from '../../support/user-triggers.ts'

const dayMs = 86_400_000
const other = 'Another-horse-8'
const notKept = { name: 'UserNotFoundException', message: /^There is no deleted user with this sub who is kept/ }
const emailOf = (name: string) => [
  { Name: 'email', Value: `${name}@example.test` },
  { Name: 'email_verified', Value: 'true' },
]

for (const engine of engines) {
  describe(`Deleted users on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })
    const get = (UserPoolId: string, Username: string) => server().send(new AdminGetUserCommand({ UserPoolId, Username }))
    const extension = (UserPoolId: string) => callLifeguard(server(), 'GetUserPoolExtensions', { UserPoolId })

    it('are not kept unless the pool says so', async () => {
      const { poolId } = await server().givenPool()
      assert.deepEqual((await extension(poolId)).DeletedUsers, { KeepDays: 0 })
      const { sub } = await givenUser(server(), poolId, 'ana')
      await deleteByAdmin(server(), poolId, 'ana')
      assert.deepEqual(await keptSubs(server(), poolId), [])
      await assert.rejects(restoreUser(server(), poolId, sub), notKept)
      assert.equal((await rowsOfUser(server(), sub))['kept_user'], undefined)
    })

    /** Requires that the deleted user ana is found by nothing but the list of deleted users. */
    async function requireGone(
      poolId: string,
      { clientId, sub, accessToken }: Readonly<Record<'clientId' | 'sub' | 'accessToken', string>>,
    ) {
      await assert.rejects(get(poolId, 'ana'), { name: 'UserNotFoundException' })
      await assert.rejects(get(poolId, sub), { name: 'UserNotFoundException' })
      await assert.rejects(server().send(new GetUserCommand({ AccessToken: accessToken })), { name: 'UserNotFoundException' })
      await assert.rejects(signInByPassword(server(), clientId, 'ana', other), { name: /NotAuthorized|UserNotFound/ })
      assert.deepEqual((await server().send(new ListUsersCommand({ UserPoolId: poolId }))).Users, [])
      const { DeletedUsers } = await callLifeguard(server(), 'ListDeletedUsers', { UserPoolId: poolId, Username: 'ana' })
      assert.equal(DeletedUsers.length, 1)
      assert.deepEqual([DeletedUsers[0].Username, DeletedUsers[0].Sub], ['ana', sub])
      assert.equal(DeletedUsers[0].Attributes.email, 'ana@example.test')
      assert.equal(DeletedUsers[0].PurgeAt - DeletedUsers[0].DeletedAt, 30 * 86_400)
      assert.deepEqual(await keptSubs(server(), poolId, { Username: 'ben' }), [])
    }

    /** Requires that the restored user ana is as before, and that each name finds the user. */
    async function requireSame(poolId: string, before: Awaited<ReturnType<typeof get>>) {
      const after = await get(poolId, 'ana')
      assert.deepEqual([after.UserCreateDate, after.UserStatus, after.Enabled], [before.UserCreateDate, 'CONFIRMED', true])
      assert.deepEqual(after.UserAttributes, before.UserAttributes)
      assert.equal((await get(poolId, 'ana@example.test')).Username, 'ana')
      const filter = { UserPoolId: poolId, Filter: 'email = "ana@example.test"' }
      assert.equal((await server().send(new ListUsersCommand(filter))).Users?.length, 1)
    }

    it('come back with their sub, password, factors, passkeys, groups and history, signed out, without a message', async () => {
      const { poolId, clientId } = await givenKeepingPool(server(), {
        pool: {
          ...withPasskeys.pool,
          AliasAttributes: ['email'],
          Policies: { PasswordPolicy: { MinimumLength: 8, PasswordHistorySize: 3 } },
          UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' },
        },
      })
      await givenUser(server(), poolId, 'ana', { attributes: emailOf('ana'), password: goodPassword })
      const before = await get(poolId, 'ana')
      const sub = before.UserAttributes?.find(({ Name }) => Name === 'sub')?.Value ?? ''
      for (const GroupName of ['staff', 'gone', 'again']) {
        await server().send(new CreateGroupCommand({ UserPoolId: poolId, GroupName }))
        await server().send(new AdminAddUserToGroupCommand({ UserPoolId: poolId, GroupName, Username: 'ana' }))
      }
      const tokens = await givenTokens(server(), clientId, 'ana')
      await server().send(
        new ChangePasswordCommand({ AccessToken: tokens.accessToken, PreviousPassword: goodPassword, ProposedPassword: other }),
      )
      const messages = await messagesOf(server(), poolId)
      const events = async () =>
        (await server().send(new AdminListUserAuthEventsCommand({ UserPoolId: poolId, Username: 'ana' }))).AuthEvents ?? []
      const eventsBefore = (await events()).map(({ EventId }) => EventId)
      assert.ok(eventsBefore.length > 0)

      server().clock.advance(1000)
      await server().send(new DeleteUserCommand({ AccessToken: tokens.accessToken }))
      await requireGone(poolId, { clientId, sub, accessToken: tokens.accessToken })

      server().clock.advance(1000)
      for (const GroupName of ['gone', 'again']) await server().send(new DeleteGroupCommand({ UserPoolId: poolId, GroupName }))
      await sweepAll(server())
      await server().send(new CreateGroupCommand({ UserPoolId: poolId, GroupName: 'again' }))
      assert.deepEqual(await restoreUser(server(), poolId, sub), { Username: 'ana', Sub: sub, Groups: ['staff'] })
      await sweepAll(server())

      await requireSame(poolId, before)
      await assert.rejects(server().send(new GetUserCommand({ AccessToken: tokens.accessToken })), { name: 'NotAuthorizedException' })
      await assert.rejects(refresh(server(), clientId, tokens.refreshToken), { name: 'NotAuthorizedException' })
      assert.deepEqual(await messagesOf(server(), poolId), messages)
      const eventsAfter = (await events()).map(({ EventId }) => EventId)
      for (const id of eventsBefore) assert.ok(eventsAfter.includes(id))

      const { accessToken } = await givenTokens(server(), clientId, 'ana', other)
      const repeated = { AccessToken: accessToken, PreviousPassword: other, ProposedPassword: goodPassword }
      await assert.rejects(server().send(new ChangePasswordCommand(repeated)), { name: 'PasswordHistoryPolicyViolationException' })
      assert.deepEqual(await keptSubs(server(), poolId), [])
      await assert.rejects(restoreUser(server(), poolId, sub), notKept)
    })

    it('keep their authenticator app, passkeys and devices', async () => {
      const options = { pool: { ...withPasskeys.pool, DeviceConfiguration: { DeviceOnlyRememberedOnUserPrompt: false } } }
      const { poolId, clientId } = await server().givenPool(options)
      const factors = { SoftwareTokenMfaConfiguration: { Enabled: true }, WebAuthnConfiguration: { RelyingPartyId: 'example.test' } }
      await server().send(new SetUserPoolMfaConfigCommand({ UserPoolId: poolId, MfaConfiguration: 'OPTIONAL', ...factors }))
      await keepDeletedUsers(server(), poolId, 30)
      const { sub } = await givenUser(server(), poolId, 'ana')
      const { AuthenticationResult: result } = await signInByPassword(server(), clientId, 'ana')
      const { device } = await confirmOffered(server(), result ?? {})
      const accessToken = result?.AccessToken ?? ''
      await registerPasskey(server(), accessToken)
      const passkeys = await passkeysOf(server(), accessToken)
      startTimeStep(server())
      const app = await registerApp(server(), accessToken)
      await prefer(server(), poolId, 'ana', { SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true } })
      assert.equal(passkeys.length, 1)

      await deleteByAdmin(server(), poolId, 'ana')
      assert.deepEqual(await rowsOfUser(server(), sub), { kept_user: 1 })
      await restoreUser(server(), poolId, sub)
      server().clock.advance(30_000)
      const challenge = await challengeAfterPassword(server(), clientId, 'ana')
      assert.equal(challenge.name, 'SOFTWARE_TOKEN_MFA')
      const code = { USERNAME: 'ana', SOFTWARE_TOKEN_MFA_CODE: app.code() }
      const answer = await respond(server(), clientId, 'SOFTWARE_TOKEN_MFA', challenge.session, code)
      assert.deepEqual(await passkeysOf(server(), answer.AuthenticationResult?.AccessToken ?? ''), passkeys)
      const { Devices = [] } = await server().send(new AdminListDevicesCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.deepEqual(
        Devices.map(({ DeviceKey }) => DeviceKey),
        [device.key],
      )
    })

    it('come back without a call of a trigger', async () => {
      const { poolId, clientId, triggers } = await givenPoolWithEvery(server(), endpoint)
      await keepDeletedUsers(server(), poolId, 30)
      const { sub } = await givenUser(server(), poolId, 'ana')
      const fired = [...triggers.fired]
      await deleteByAdmin(server(), poolId, 'ana')
      await restoreUser(server(), poolId, sub)
      assert.deepEqual(triggers.fired, fired)
      await givenTokens(server(), clientId, 'ana')
      assert.ok(triggers.fired.length > fired.length)
    })

    it('free their names, and say which kind of name was taken meanwhile', async () => {
      const { poolId, clientId } = await givenKeepingPool(server(), { pool: { AliasAttributes: ['email', 'preferred_username'] } })
      const { sub } = await givenUser(server(), poolId, 'ana', { attributes: emailOf('ana') })
      await deleteByAdmin(server(), poolId, 'ana')
      await server().send(new SignUpCommand({ ClientId: clientId, Username: 'ana', Password: goodPassword }))
      const refused = (kind: string) => ({
        name: 'AliasExistsException',
        message: `The user cannot be restored, because another user has the ${kind} now.`,
      })
      await assert.rejects(restoreUser(server(), poolId, sub), refused('username'))
      await keepDeletedUsers(server(), poolId, 0)
      await deleteByAdmin(server(), poolId, 'ana')
      await keepDeletedUsers(server(), poolId, 30)
      await givenUser(server(), poolId, 'ben', { attributes: emailOf('ana') })
      await assert.rejects(restoreUser(server(), poolId, sub), refused('e-mail address'))
      assert.deepEqual(await keptSubs(server(), poolId), [sub])
      await deleteByAdmin(server(), poolId, 'ben')
      assert.equal((await restoreUser(server(), poolId, sub)).Sub, sub)
      assert.equal((await keptSubs(server(), poolId)).length, 1)
    })

    it('are found by their address in a pool whose names are addresses, in pages', async () => {
      const { poolId } = await givenKeepingPool(server(), { pool: { UsernameAttributes: ['email'] } })
      const subs: string[] = []
      for (const name of ['ana', 'ana', 'ben']) {
        const Username = `${name}@example.test`
        const { sub } = await givenUser(server(), poolId, Username)
        await deleteByAdmin(server(), poolId, Username)
        subs.push(sub)
      }
      assert.deepEqual(await keptSubs(server(), poolId, { Username: 'ana@example.test' }), subs.slice(0, 2).sort())
      const first = await callLifeguard(server(), 'ListDeletedUsers', { UserPoolId: poolId, MaxResults: 2 })
      const rest = await callLifeguard(server(), 'ListDeletedUsers', { UserPoolId: poolId, MaxResults: 2, NextToken: first.NextToken })
      assert.deepEqual(
        [...first.DeletedUsers, ...rest.DeletedUsers].map(({ Sub }) => Sub),
        [...subs].sort(),
      )
      assert.equal(rest.NextToken, undefined)
      const foreign = { UserPoolId: poolId, Username: 'ana', NextToken: first.NextToken }
      await assert.rejects(callLifeguard(server(), 'ListDeletedUsers', foreign), { name: 'InvalidParameterException' })
    })

    it('are purged when their time has passed, with their history', async () => {
      const { poolId, clientId } = await givenKeepingPool(server(), { pool: { UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' } } })
      const { sub } = await givenUser(server(), poolId, 'ana')
      await givenTokens(server(), clientId, 'ana')
      await deleteByAdmin(server(), poolId, 'ana')
      server().clock.advance(30 * dayMs - 1)
      await sweepAll(server())
      assert.deepEqual(await rowsOfUser(server(), sub), { kept_user: 1, auth_event: 1 })
      assert.deepEqual(await keptSubs(server(), poolId), [sub])
      server().clock.advance(1)
      assert.deepEqual(await keptSubs(server(), poolId), [])
      await assert.rejects(restoreUser(server(), poolId, sub), notKept)
      await sweepAll(server())
      assert.deepEqual(await rowsOfUser(server(), sub), {})
    })

    it('are purged soon when the pool keeps users no longer, and at once by PurgeDeletedUser', async () => {
      const { poolId } = await givenKeepingPool(server())
      const { sub } = await givenUser(server(), poolId, 'ana')
      const { sub: ben } = await givenUser(server(), poolId, 'ben')
      for (const name of ['ana', 'ben']) await deleteByAdmin(server(), poolId, name)
      assert.deepEqual(await callLifeguard(server(), 'PurgeDeletedUser', { UserPoolId: poolId, Sub: sub }), {})
      await assert.rejects(callLifeguard(server(), 'PurgeDeletedUser', { UserPoolId: poolId, Sub: sub }), notKept)
      assert.deepEqual(await rowsOfUser(server(), sub), {})
      const { Records } = await callLifeguard(server(), 'ListAuditRecords', { UserPoolId: poolId, Operation: 'PurgeDeletedUser' })
      assert.equal(Records.length, 2)
      assert.equal(Records.find(({ Outcome }: { Outcome: string }) => Outcome === 'ok')?.Subject, sub)
      server().clock.advance(dayMs)
      await keepDeletedUsers(server(), poolId, 2)
      await sweepAll(server())
      assert.deepEqual(await keptSubs(server(), poolId), [ben])
      await keepDeletedUsers(server(), poolId, 0)
      assert.deepEqual(await keptSubs(server(), poolId), [])
      await assert.rejects(restoreUser(server(), poolId, ben), notKept)
      await sweepAll(server())
      assert.deepEqual(await rowsOfUser(server(), ben), {})
    })
  })
}
