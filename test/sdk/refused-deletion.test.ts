import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deleteUser, deleteUserAttributes, fetchUserAttributes, signIn, updateUserAttributes } from 'aws-amplify/auth'
import { adminGet } from '../support/administration.ts'
import { openAmplify } from '../support/amplify.ts'
import { authenticate, openBrowser, signedIn } from '../support/cognito-user.ts'
import { engines } from '../support/engines.ts'
import { givenUser, goodPassword } from '../support/sign-in.ts'
import { givenPoolWith, refuse, refusedBy } from '../support/sign-in-triggers.ts'
import { useTestServer } from '../support/test-server.ts'
import { openTriggerEndpoint } from '../support/trigger-endpoint.ts'

// The models of DeleteUser and DeleteUserAttributes do not list the errors of triggers. Client libraries have to show them all the same.

for (const engine of engines) {
  describe(`A refusal by a trigger of Lifeguard’s own in client libraries on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    async function given() {
      const triggers = endpoint.given({ PreDeleteUser: refuse, PreUpdateUserAttributes: refuse })
      const ids = await givenPoolWith(server(), triggers)
      await givenUser(server(), ids.poolId, 'ana', { attributes: [{ Name: 'name', Value: 'Ana' }] })
      return { ...ids, triggers }
    }

    it('reaches the callback of amazon-cognito-identity-js', async () => {
      const { poolId, clientId, triggers } = await given()
      const ana = openBrowser(server(), { poolId, clientId }).user('ana')
      await signedIn(authenticate(ana, goodPassword))
      const error = await new Promise<Error | undefined>((resolve) => ana.deleteUser(resolve))
      assert.deepEqual({ name: error?.name, message: error?.message }, refusedBy('PreDeleteUser'))
      assert.deepEqual(triggers.fired, ['PreDeleteUser_DeleteUser'])
      await adminGet(server(), poolId, 'ana')
    })

    it('reaches the caller of Amplify, who stays signed in', async () => {
      const { poolId, clientId, triggers } = await given()
      openAmplify(server(), { poolId, clientId })
      await signIn({ username: 'ana', password: goodPassword, options: { authFlowType: 'USER_PASSWORD_AUTH' } })
      await assert.rejects(deleteUser(), refusedBy('PreDeleteUser'))
      await assert.rejects(deleteUserAttributes({ userAttributeKeys: ['name'] }), refusedBy('PreUpdateUserAttributes'))
      await assert.rejects(updateUserAttributes({ userAttributes: { name: 'Anna' } }), refusedBy('PreUpdateUserAttributes'))
      assert.equal((await fetchUserAttributes()).name, 'Ana')
      assert.deepEqual(triggers.fired, [
        'PreDeleteUser_DeleteUser',
        'PreUpdateUserAttributes_DeleteUserAttributes',
        'PreUpdateUserAttributes_UpdateUserAttributes',
      ])
    })
  })
}
