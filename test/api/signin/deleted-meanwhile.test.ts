import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminDeleteUserCommand, DeleteUserCommand, DeleteUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import { PostgresStage, postgresOnly, skipWithoutPostgres } from '../../support/postgres-stage.ts'
import { givenTokens, givenUser, signInByPassword } from '../../support/sign-in.ts'
import { sweepDeletionsOf } from '../../support/sweep-deletions.ts'
import { useTestServer } from '../../support/test-server.ts'

describe('a sign-in whose user is deleted at the same time, on PostgreSQL', { skip: skipWithoutPostgres }, () => {
  const server = useTestServer(postgresOnly)

  /** A user of a pool that records auth events, and the operations that delete the user. */
  async function givenAna() {
    const ids = await server().givenPool({ pool: { UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' } } })
    const { sub } = await givenUser(server(), ids.poolId, 'ana')
    const { accessToken } = await givenTokens(server(), ids.clientId, 'ana')
    const deletions = {
      AdminDeleteUser: () => server().send(new AdminDeleteUserCommand({ UserPoolId: ids.poolId, Username: 'ana' })),
      DeleteUser: () => server().send(new DeleteUserCommand({ AccessToken: accessToken })),
      DeleteUserPool: () => server().send(new DeleteUserPoolCommand({ UserPoolId: ids.poolId })),
    }
    return { ...ids, sub, deletions }
  }

  const ways = ['AdminDeleteUser', 'DeleteUser', 'DeleteUserPool'] as const
  const stops = [
    ['session', 'before looking'],
    ['session', 'before storing'],
    ['auth_event', 'before looking'],
    ['auth_event', 'before storing'],
  ] as const
  const pauses = { 'before looking': 'before it reads other rows', 'before storing': 'before it stores its row' } as const

  for (const way of ways) {
    for (const [table, moment] of stops) {
      it(`leaves no rows when ${way} runs while the insert into ${table} is held ${pauses[moment]}`, async () => {
        const { clientId, sub, deletions } = await givenAna()
        await using stage = await PostgresStage.open(server())
        await stage.holdInserts(table, moment)
        const signIn = Promise.allSettled([signInByPassword(server(), clientId, 'ana')])
        await stage.waiting(1)
        const deletion = deletions[way]()
        await stage.settledOrWaiting(deletion, 1)
        await stage.release()
        await signIn
        await deletion
        await sweepDeletionsOf(server())
        assert.deepEqual(await stage.rowsAbout(sub), {})
      })
    }
  }

  for (const way of ['AdminDeleteUser', 'DeleteUser'] as const) {
    it(`leaves no rows when the sign-in runs in the middle of ${way}`, async () => {
      const { clientId, sub, deletions } = await givenAna()
      await using stage = await PostgresStage.open(server())
      await stage.holdUser(sub, 'deletion')
      const deletion = deletions[way]()
      await stage.waiting(1)
      await signInByPassword(server(), clientId, 'ana')
      await stage.release()
      await deletion
      assert.deepEqual(await stage.rowsAbout(sub), {})
    })
  }

  it('is refused once its pool is deleted; the deletion of the pool does not wait for a lock on the user’s row', async () => {
    const { clientId, sub, deletions } = await givenAna()
    await using stage = await PostgresStage.open(server())
    await stage.holdUser(sub, 'change')
    await deletions.DeleteUserPool()
    await assert.rejects(signInByPassword(server(), clientId, 'ana'), { name: 'ResourceNotFoundException' })
    await sweepDeletionsOf(server())
    assert.deepEqual(await stage.rowsAbout(sub), { user: 1 })
    await stage.release()
    server().clock.advance(2 * 86_400_000)
    await sweepDeletionsOf(server())
    assert.deepEqual(await stage.rowsAbout(sub), {})
  })

  it('leaves no auth event when its password was wrong', async () => {
    for (const moment of ['before looking', 'before storing'] as const) {
      const { clientId, sub, deletions } = await givenAna()
      await using stage = await PostgresStage.open(server())
      await stage.holdInserts('auth_event', moment)
      const refused = assert.rejects(signInByPassword(server(), clientId, 'ana', 'Wrong-horse-7'), { name: 'NotAuthorizedException' })
      await stage.waiting(1)
      const deletion = deletions.AdminDeleteUser()
      await stage.settledOrWaiting(deletion, 1)
      await stage.release()
      await refused
      await deletion
      assert.deepEqual(await stage.rowsAbout(sub), {})
    }
  })
})
