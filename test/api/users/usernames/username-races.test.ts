import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { AdminGetUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines, type TestDatabase } from '../../../support/engines.ts'
import { signUp } from '../../../support/self-service.ts'
import { givenTokens, givenUser, signInBySrp } from '../../../support/sign-in.ts'
import { startTestServer, type TestServer } from '../../../support/test-server.ts'
import { useAccessToken } from '../../../support/tokens.ts'
import { adminRename, givenChangingPool, outcomeOf } from '../../../support/usernames.ts'

const rounds = 6

for (const engine of engines) {
  describe(`Usernames that change in two processes on ${engine.name}`, () => {
    let database: TestDatabase
    let folder: string
    const servers: TestServer[] = []
    const server = (at: number): TestServer => servers[at % 2] ?? assert.fail('The servers run inside tests only.')

    before(async () => {
      database = await engine.createDatabase()
      folder = mkdtempSync(join(tmpdir(), 'lifeguard-usernames-'))
      const flags = ['--database', database.url, '--data', folder, '--public-url', 'http://localhost:1']
      for (let count = 0; count < 2; count++) servers.push(await startTestServer(engine, { flags }))
    })

    after(async () => {
      for (const each of servers) await each.close()
      await database.drop()
      rmSync(folder, { recursive: true, force: true })
    })

    const nameOf = async (UserPoolId: string, Username: string) =>
      (await server(0).send(new AdminGetUserCommand({ UserPoolId, Username }))).Username

    it('have the new name at once in both', async () => {
      const ids = await givenChangingPool(server(0))
      await givenUser(server(0), ids.poolId, 'ana')
      const { accessToken } = await givenTokens(server(1), ids.clientId, 'ana')
      await adminRename(server(0), ids.poolId, 'ana', 'bea')
      assert.equal((await useAccessToken(server(1), accessToken)).Username, 'bea')
      assert.ok((await signInBySrp(server(1), ids, 'bea')).AuthenticationResult)
      assert.equal(await outcomeOf(givenTokens(server(1), ids.clientId, 'ana')), 'UserNotFoundException')
      assert.equal(await outcomeOf(signUp(server(1), ids.clientId, 'ana')), 'UsernameExistsException')
    })

    it('give a name to exactly one of the users who want it', async () => {
      const { poolId, clientId } = await givenChangingPool(server(0))
      const names = Array.from({ length: rounds }, (_, at) => `user${at}`)
      for (const name of names) await givenUser(server(0), poolId, name)
      const renames = names.map((name, at) => outcomeOf(adminRename(server(at), poolId, name, 'wanted')))
      const signUps = names.map((_, at) => outcomeOf(signUp(server(at), clientId, 'wanted')))
      const outcomes = (await Promise.all([...renames, ...signUps])).sort()
      assert.deepEqual(outcomes, [...Array(2 * rounds - 1).fill('UsernameExistsException'), 'ok'])
    })

    it('never go to another user while the former one gives them up', async () => {
      const { poolId, clientId } = await givenChangingPool(server(0))
      for (let round = 0; round < rounds; round++) {
        const { sub } = await givenUser(server(0), poolId, `ana${round}`)
        const outcomes = await Promise.all([
          outcomeOf(adminRename(server(0), poolId, `ana${round}`, `bea${round}`)),
          ...[0, 1, 2].map((at) => outcomeOf(signUp(server(at), clientId, `ana${round}`))),
        ])
        assert.deepEqual(outcomes, ['ok', ...Array(3).fill('UsernameExistsException')])
        assert.equal(await nameOf(poolId, sub), `bea${round}`)
      }
    })

    it('are not exchanged by two changes at once, and neither user loses the name', async () => {
      const { poolId } = await givenChangingPool(server(0), undefined, { ChangeableBy: 'USERS', KeepFormerDays: 0 })
      for (let round = 0; round < rounds; round++) {
        const [one, two] = [`one${round}`, `two${round}`]
        const subs = [(await givenUser(server(0), poolId, one)).sub, (await givenUser(server(0), poolId, two)).sub] as const
        const outcomes = await Promise.all([
          outcomeOf(adminRename(server(0), poolId, one, two)),
          outcomeOf(adminRename(server(1), poolId, two, one)),
        ])
        assert.deepEqual(outcomes, Array(2).fill('UsernameExistsException'))
        assert.deepEqual([await nameOf(poolId, subs[0]), await nameOf(poolId, subs[1])], [one, two])
      }
    })

    it('are one of those that several changes of the same user ask for, and the others find nobody', async () => {
      const { poolId, clientId } = await givenChangingPool(server(0))
      const { sub } = await givenUser(server(0), poolId, 'ana')
      const wanted = Array.from({ length: 4 }, (_, at) => `name${at}`)
      const outcomes = await Promise.all(wanted.map((name, at) => outcomeOf(adminRename(server(at), poolId, sub, name))))
      assert.deepEqual(outcomes, Array(4).fill('ok'))
      const last = await nameOf(poolId, sub)
      for (const name of ['ana', ...wanted]) {
        const expected = name === last ? 'ok' : 'UserNotFoundException'
        assert.equal(await outcomeOf(givenTokens(server(1), clientId, name)), expected, name)
        assert.equal(await outcomeOf(signUp(server(1), clientId, name)), 'UsernameExistsException', name)
      }
    })
  })
}
