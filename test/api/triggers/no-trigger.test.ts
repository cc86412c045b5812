import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminDeleteUserAttributesCommand,
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminSetUserPasswordCommand,
  AdminUserGlobalSignOutCommand,
  ChangePasswordCommand,
  ConfirmSignUpCommand,
  DeleteUserAttributesCommand,
  DeleteUserCommand,
  GetUserCommand,
  GlobalSignOutCommand,
  ListUsersCommand,
  RevokeTokenCommand,
  VerifyUserAttributeCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { adminGet, adminUpdate } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { importFile } from '../../support/imports.ts'
import { codeSentTo, givenSignedInUser, messagesOf, signUp, update } from '../../support/self-service.ts'
import { goodPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'
import { everyOwnTrigger, givenPoolWithEvery } from '../../support/user-triggers.ts'

const email = 'ana@example.test'

for (const engine of engines) {
  describe(`Operations and events that need no trigger, on ${engine.name}:`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    async function given() {
      const ids = await givenPoolWithEvery(server(), endpoint, everyOwnTrigger, { pool: { AutoVerifiedAttributes: ['email'] } })
      const user = await givenSignedInUser(server(), ids, 'ana', { email, name: 'Ana' })
      ids.triggers.clear()
      const sent = (await messagesOf(server(), ids.poolId)).length
      return { ...ids, ...user, sent, UserPoolId: ids.poolId, AccessToken: user.accessToken, Username: 'ana' }
    }
    type Given = Awaited<ReturnType<typeof given>>
    const send: (command: never) => Promise<unknown> = (command) => server().send(command)

    /** `own` are the sources of the triggers that Cognito does not have. */
    const operations: { name: string; own?: readonly string[]; act(at: Given): Promise<unknown> }[] = [
      {
        name: 'AdminSetUserPassword with a permanent password',
        act: (at) => send(new AdminSetUserPasswordCommand({ ...at, Password: 'Another-horse-7', Permanent: true }) as never),
      },
      {
        name: 'AdminSetUserPassword with a temporary password',
        act: (at) => send(new AdminSetUserPasswordCommand({ ...at, Password: 'Another-horse-7' }) as never),
      },
      {
        name: 'AdminDeleteUser',
        own: ['PreDeleteUser_AdminDeleteUser', 'PostDeleteUser_AdminDeleteUser'],
        act: (at) => send(new AdminDeleteUserCommand(at) as never),
      },
      { name: 'AdminDisableUser', act: (at) => send(new AdminDisableUserCommand(at) as never) },
      { name: 'AdminEnableUser', act: (at) => send(new AdminEnableUserCommand(at) as never) },
      { name: 'AdminGetUser', act: ({ poolId }) => adminGet(server(), poolId, 'ana') },
      { name: 'ListUsers', act: ({ poolId }) => send(new ListUsersCommand({ UserPoolId: poolId }) as never) },
      { name: 'GetUser', act: (at) => send(new GetUserCommand(at) as never) },
      {
        name: 'DeleteUser',
        own: ['PreDeleteUser_DeleteUser', 'PostDeleteUser_DeleteUser'],
        act: (at) => send(new DeleteUserCommand(at) as never),
      },
      { name: 'GlobalSignOut', act: (at) => send(new GlobalSignOutCommand(at) as never) },
      { name: 'AdminUserGlobalSignOut', act: (at) => send(new AdminUserGlobalSignOutCommand(at) as never) },
      {
        name: 'RevokeToken',
        act: ({ clientId, refreshToken }) => send(new RevokeTokenCommand({ ClientId: clientId, Token: refreshToken }) as never),
      },
      {
        name: 'ChangePassword',
        act: (at) =>
          send(new ChangePasswordCommand({ ...at, PreviousPassword: goodPassword, ProposedPassword: 'Another-horse-7' }) as never),
      },
      {
        name: 'UpdateUserAttributes that needs no code',
        own: ['PreUpdateUserAttributes_UpdateUserAttributes'],
        act: ({ accessToken }) => update(server(), accessToken, { name: 'Anna', email }),
      },
      {
        name: 'AdminUpdateUserAttributes that needs no code',
        own: ['PreUpdateUserAttributes_AdminUpdateUserAttributes'],
        act: ({ poolId }) => adminUpdate(server(), poolId, 'ana', { name: 'Anna' }),
      },
      {
        name: 'an address that an administrator sets as verified',
        own: ['PreUpdateUserAttributes_AdminUpdateUserAttributes'],
        act: ({ poolId }) => adminUpdate(server(), poolId, 'ana', { email: 'new@example.test', email_verified: 'true' }),
      },
      {
        name: 'DeleteUserAttributes',
        own: ['PreUpdateUserAttributes_DeleteUserAttributes'],
        act: (at) => send(new DeleteUserAttributesCommand({ ...at, UserAttributeNames: ['name'] }) as never),
      },
      {
        name: 'AdminDeleteUserAttributes',
        own: ['PreUpdateUserAttributes_AdminDeleteUserAttributes'],
        act: (at) => send(new AdminDeleteUserAttributesCommand({ ...at, UserAttributeNames: ['name'] }) as never),
      },
    ]
    for (const { name, own = [], act } of operations) {
      it(`${name} invokes no trigger ${own.length === 0 ? '' : 'of Cognito’s '}and sends no message`, async () => {
        const at = await given()
        await act(at)
        assert.deepEqual(at.triggers.fired, own)
        assert.equal((await messagesOf(server(), at.poolId)).length, at.sent)
      })
    }

    it('VerifyUserAttribute invokes no trigger', async () => {
      const { poolId, triggers, accessToken, AccessToken } = await given()
      await update(server(), accessToken, { email: 'new@example.test' })
      triggers.clear()
      const Code = await codeSentTo(server(), poolId, 'new@example.test')
      await server().send(new VerifyUserAttributeCommand({ AccessToken, AttributeName: 'email', Code }))
      assert.deepEqual(triggers.fired, [])
    })

    it('a wrong code or a rejected sign-up invokes no trigger', async () => {
      const { clientId, triggers } = await given()
      await signUp(server(), clientId, 'bo', { email: 'bo@example.test' })
      triggers.clear()
      await assert.rejects(signUp(server(), clientId, 'bo'), { name: 'UsernameExistsException' })
      const request = { ClientId: clientId, Username: 'bo', ConfirmationCode: 'wrong' }
      await assert.rejects(server().send(new ConfirmSignUpCommand(request)), { name: 'CodeMismatchException' })
      assert.deepEqual(triggers.fired, [])
    })

    it('an import invokes no trigger and sends no message', async () => {
      const { poolId, triggers, sent } = await given()
      await importFile(server(), poolId, 'cognito:username,email,email_verified\nbo,bo@example.test,true\n')
      assert.equal((await adminGet(server(), poolId, 'bo')).UserStatus, 'RESET_REQUIRED')
      assert.deepEqual(triggers.fired, [])
      assert.equal((await messagesOf(server(), poolId)).length, sent)
    })
  })
}
