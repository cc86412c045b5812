import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminGetUserCommand, SignUpCommand } from '@aws-sdk/client-cognito-identity-provider'
import { sweepKeptUsers } from '../../../src/users/deleted-users/kept-user-repository.ts'
import {
  deleteByAdmin,
  givenKeepingPool,
  keptSubs,
  restoreUser,
  rowsOfUser,
  sweepAll,
  withDatabaseOf,
} from '../../support/deleted-users.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { givenTokens, givenUser, goodPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'
import { useAccessToken } from '../../support/tokens.ts'

const rounds = 8
const names = Array.from({ length: rounds }, (_, at) => `ana${at}`)

/** `ok`, or the name of the error. */
const outcomeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'ok',
    (error: Error) => error.name,
  )

for (const engine of engines) {
  describe(`Deleted users, with calls at the same time, on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenDeleted(poolId: string, name: string): Promise<string> {
      const { sub } = await givenUser(server(), poolId, name)
      await deleteByAdmin(server(), poolId, name)
      return sub
    }

    it('are restored by one of many calls', async () => {
      const { poolId, clientId } = await givenKeepingPool(server())
      const sub = await givenDeleted(poolId, 'ana')
      const outcomes = await Promise.all(names.map(() => outcomeOf(restoreUser(server(), poolId, sub))))
      assert.deepEqual(outcomes.sort(), [...Array(rounds - 1).fill('UserNotFoundException'), 'ok'])
      assert.ok((await givenTokens(server(), clientId, 'ana')).accessToken)
    })

    it('are kept once when many calls delete them', async () => {
      const { poolId } = await givenKeepingPool(server())
      const { sub } = await givenUser(server(), poolId, 'ana')
      const outcomes = await Promise.all(names.map(() => outcomeOf(deleteByAdmin(server(), poolId, 'ana'))))
      for (const outcome of outcomes) assert.match(outcome, /^(ok|UserNotFoundException)$/)
      assert.deepEqual(await keptSubs(server(), poolId), [sub])
      assert.equal((await restoreUser(server(), poolId, sub)).Sub, sub)
    })

    it('have their name either back, or not, while someone signs up with it', async () => {
      const { poolId, clientId } = await givenKeepingPool(server())
      const subs = await Promise.all(names.map((name) => givenDeleted(poolId, name)))
      for (const [at, Username] of names.entries()) {
        const sub = subs[at] ?? ''
        const signUp = server().send(new SignUpCommand({ ClientId: clientId, Username, Password: goodPassword }))
        const outcomes = await Promise.all([outcomeOf(restoreUser(server(), poolId, sub)), outcomeOf(signUp)])
        assert.ok(['ok UsernameExistsException', 'AliasExistsException ok'].includes(outcomes.join(' ')), outcomes.join(' '))
        const { UserAttributes = [] } = await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username }))
        const isBack = UserAttributes.some(({ Name, Value }) => Name === 'sub' && Value === sub)
        assert.deepEqual([isBack, (await keptSubs(server(), poolId)).includes(sub)], outcomes[0] === 'ok' ? [true, false] : [false, true])
      }
    })

    it('are either restored or purged', async () => {
      const { poolId } = await givenKeepingPool(server())
      const subs = await Promise.all(names.map((name) => givenDeleted(poolId, name)))
      const outcomes = await Promise.all(
        subs.map((Sub) =>
          Promise.all([
            outcomeOf(restoreUser(server(), poolId, Sub)),
            outcomeOf(callLifeguard(server(), 'PurgeDeletedUser', { UserPoolId: poolId, Sub })),
          ]),
        ),
      )
      for (const [at, pair] of outcomes.entries()) {
        assert.deepEqual([...pair].sort(), ['UserNotFoundException', 'ok'])
        const { auth_event, ...rows } = await rowsOfUser(server(), subs[at] ?? '')
        assert.deepEqual(rows, pair[0] === 'ok' ? { user: 1, user_alias: 1 } : {})
      }
    })

    it('are either restored or swept, and the sweeper leaves what a restored user has since then', async () => {
      const { poolId, clientId } = await givenKeepingPool(server())
      for (const name of names) {
        const { sub } = await givenUser(server(), poolId, name)
        await givenTokens(server(), clientId, name)
        await deleteByAdmin(server(), poolId, name)
        const later = server().clock.now() + 31 * 86_400_000
        const sweep = withDatabaseOf(server(), (db) => db.transaction().execute((tx) => sweepKeptUsers(tx, later, 10)))
        const [restored] = await Promise.all([outcomeOf(restoreUser(server(), poolId, sub)), sweep])
        assert.match(restored, /^(ok|UserNotFoundException)$/)
        if (restored !== 'ok') {
          await sweepAll(server())
          assert.deepEqual(await rowsOfUser(server(), sub), {})
          continue
        }
        const { accessToken } = await givenTokens(server(), clientId, name)
        await sweepAll(server())
        assert.equal((await useAccessToken(server(), accessToken)).Username, name)
        assert.equal((await rowsOfUser(server(), sub))['session'], 1)
      }
    })
  })
}
