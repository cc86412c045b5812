import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DeleteUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import { deleteByAdmin, keepDeletedUsers, sweepAll } from '../../support/deleted-users.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { type PoolAndClient, signUp } from '../../support/self-service.ts'
import { givenTokens, givenUser } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'
import { answering, everyOwnTrigger, givenPoolWithEvery } from '../../support/user-triggers.ts'

const hour = 3_600_000

for (const engine of engines) {
  describe(`The records of trigger calls about a deleted user on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    const given = () => givenPoolWithEvery(server(), endpoint, { ...everyOwnTrigger, PreSignUp: answering({ autoConfirmUser: true }) })
    const recordsOf = async (UserPoolId: string): Promise<string[]> => {
      const { Invocations } = await callLifeguard(server(), 'ListTriggerInvocations', { UserPoolId })
      return Invocations.map(({ Trigger, Username }: Record<string, string>) => `${Trigger} ${Username}`)
    }

    const deletions: Readonly<Record<string, (ids: PoolAndClient, name: string) => Promise<unknown>>> = {
      AdminDeleteUser: ({ poolId }, name) => deleteByAdmin(server(), poolId, name),
      DeleteUser: async ({ clientId }, name) => {
        const { accessToken } = await givenTokens(server(), clientId, name)
        await server().send(new DeleteUserCommand({ AccessToken: accessToken }))
      },
      MergeUsers: ({ poolId }, MergedUsername) =>
        callLifeguard(server(), 'MergeUsers', { UserPoolId: poolId, Username: 'kept', MergedUsername }),
    }
    for (const [operation, deleteUser] of Object.entries(deletions)) {
      it(`do not outlive ${operation}, also those that wait to be written`, async () => {
        const ids = await given()
        await givenUser(server(), ids.poolId, 'kept')
        for (const name of ['ana', 'ben', 'cleo']) {
          await signUp(server(), ids.clientId, name, {})
          await deleteUser(ids, name)
        }
        const records = (await recordsOf(ids.poolId)).filter((record) => !record.endsWith(' kept'))
        const after = operation === 'MergeUsers' ? [] : ['PostDeleteUser cleo', 'PostDeleteUser ben', 'PostDeleteUser ana']
        assert.deepEqual(records, after)
      })
    }

    it('end with what is kept of the user, whether the sweeper or an administrator purges it', async () => {
      const ids = await given()
      await keepDeletedUsers(server(), ids.poolId, 1)
      for (const name of ['ana', 'ben', 'cleo']) {
        await signUp(server(), ids.clientId, name, {})
        const { DeletedUsers = [] } = await deleteByAdmin(server(), ids.poolId, name).then(() =>
          callLifeguard(server(), 'ListDeletedUsers', { UserPoolId: ids.poolId, Username: name }),
        )
        if (name === 'ana') await callLifeguard(server(), 'PurgeDeletedUser', { UserPoolId: ids.poolId, Sub: DeletedUsers[0].Sub })
        if (name === 'ben') server().clock.advance(12 * hour)
      }
      assert.deepEqual(await recordsOf(ids.poolId), ['PostDeleteUser cleo', 'PostDeleteUser ben'])
      server().clock.advance(13 * hour)
      await sweepAll(server())
      assert.deepEqual(await recordsOf(ids.poolId), ['PostDeleteUser cleo'])
      server().clock.advance(12 * hour)
      await sweepAll(server())
      assert.deepEqual(await recordsOf(ids.poolId), [])
    })
  })
}
