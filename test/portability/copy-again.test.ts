import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import {
  AdminAddUserToGroupCommand,
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminGetUserCommand,
  AdminRemoveUserFromGroupCommand,
  AdminSetUserPasswordCommand,
  AdminUpdateUserAttributesCommand,
  CreateGroupCommand,
  DescribeUserPoolClientCommand,
  ListUsersInGroupCommand,
  UpdateUserPoolClientCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { copyEnvironment, copyPool, startCopy } from '../support/copies.ts'
import { engines } from '../support/engines.ts'
import { givenUser, signInByPassword } from '../support/sign-in.ts'
import { type TestServer, useTestServer } from '../support/test-server.ts'

const attributes = (name: string, value: string) => [{ Name: name, Value: value }]

for (const engine of engines) {
  describe(`A second copy-from-cognito on ${engine.name}`, () => {
    const there = useTestServer(engine)
    const here = useTestServer(engine, { flags: ['--region', 'eu-west-1'], env: copyEnvironment })
    let poolId: string
    let clientId: string

    const user = async (server: TestServer, name: string) => {
      const shown = await server.send(new AdminGetUserCommand({ UserPoolId: poolId, Username: name }))
      return { enabled: shown.Enabled, ...Object.fromEntries((shown.UserAttributes ?? []).map(({ Name, Value }) => [Name, Value])) }
    }
    const rename = (server: TestServer, name: string, attribute: string, value: string) =>
      server.send(
        new AdminUpdateUserAttributesCommand({ UserPoolId: poolId, Username: name, UserAttributes: attributes(attribute, value) }),
      )
    const group = { GroupName: 'staff' }
    const member = (Username: string) => ({ UserPoolId: poolId, Username, ...group })
    const members = async (server: TestServer) => {
      const { Users = [] } = await server.send(new ListUsersInGroupCommand({ UserPoolId: poolId, ...group }))
      return Users.map(({ Username }) => Username).sort()
    }

    before(async () => {
      const ids = await there().givenPool()
      poolId = ids.poolId
      clientId = ids.clientId
      await there().send(new CreateGroupCommand({ UserPoolId: poolId, ...group }))
      for (const name of ['ann', 'ben', 'carl', 'dora', 'eve'])
        await givenUser(there(), poolId, name, { attributes: attributes('name', name) })
      for (const name of ['ann', 'ben']) await there().send(new AdminAddUserToGroupCommand(member(name)))
      await copyPool(here(), there(), poolId)
    })

    it('brings what has changed there, and keeps what has changed here', async () => {
      for (const server of [there(), here()]) server.clock.advance(60_000)
      await rename(there(), 'ann', 'name', 'Ann')
      await rename(here(), 'ann', 'nickname', 'annie')
      await rename(there(), 'ben', 'name', 'Ben there')
      await rename(here(), 'ben', 'name', 'Ben here')
      await here().send(
        new AdminSetUserPasswordCommand({ UserPoolId: poolId, Username: 'carl', Password: 'Newer-horse-9', Permanent: true }),
      )
      await there().send(new AdminDisableUserCommand({ UserPoolId: poolId, Username: 'dora' }))
      await there().send(new AdminDeleteUserCommand({ UserPoolId: poolId, Username: 'eve' }))
      await rename(there(), 'carl', 'name', 'Carl')
      await givenUser(there(), poolId, 'finn')
      await there().send(new AdminAddUserToGroupCommand(member('carl')))
      await there().send(new AdminRemoveUserFromGroupCommand(member('ben')))
      await here().send(new AdminAddUserToGroupCommand(member('dora')))
      const client = {
        UserPoolId: poolId,
        ClientId: clientId,
        ClientName: 'renamed',
        ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const],
      }
      await there().send(new UpdateUserPoolClientCommand(client))

      const { report } = await copyPool(here(), there(), poolId)
      assert.deepEqual([(await user(here(), 'ann')).name, (await user(here(), 'ann')).nickname], ['Ann', 'annie'])
      assert.equal((await user(here(), 'ben')).name, 'Ben here')
      assert.deepEqual(report.conflicts, [{ what: 'user ben: name', kept: 'the value of this server was kept' }])
      assert.equal((await user(here(), 'dora')).enabled, false)
      assert.equal((await user(here(), 'carl')).name, 'Carl')
      await signInByPassword(here(), clientId, 'carl', 'Newer-horse-9')
      assert.deepEqual(report.gone, ['user eve'])
      assert.equal((await user(here(), 'eve')).name, 'eve')
      assert.notEqual((await user(here(), 'finn')).sub, undefined)
      assert.deepEqual(await members(here()), ['ann', 'carl', 'dora'])
      const shown = await here().send(new DescribeUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId }))
      assert.equal(shown.UserPoolClient?.ClientName, 'renamed')
      assert.deepEqual(report.counts['users'], { changed: 4, created: 1 })
    })

    it('does not take the address of a user over who has a password here', async () => {
      const addressOf = (name: string) => [...attributes('email', `${name}@example.com`), ...attributes('email_verified', 'true')]
      const { poolId: UserPoolId } = await there().givenPool()
      for (const name of ['ann', 'ben']) await givenUser(there(), UserPoolId, name, { attributes: addressOf(name) })
      await copyPool(here(), there(), UserPoolId)
      for (const server of [there(), here()]) server.clock.advance(60_000)
      await here().send(new AdminSetUserPasswordCommand({ UserPoolId, Username: 'ann', Password: 'Newer-horse-9', Permanent: true }))
      for (const Username of ['ann', 'ben'])
        await there().send(new AdminUpdateUserAttributesCommand({ UserPoolId, Username, UserAttributes: addressOf('mallory') }))
      const { report } = await copyPool(here(), there(), UserPoolId)
      const emailOf = async (Username: string) => {
        const { UserAttributes } = await here().send(new AdminGetUserCommand({ UserPoolId, Username }))
        return UserAttributes?.find(({ Name }) => Name === 'email')?.Value
      }
      assert.deepEqual([await emailOf('ann'), await emailOf('ben')], ['ann@example.com', 'mallory@example.com'])
      assert.deepEqual(report.conflicts, [{ what: 'user ann: email', kept: 'the value of this server was kept' }])
    })

    it('deletes users who are gone there only with --remove-deleted, and never brings back users who were deleted here', async () => {
      await here().send(new AdminDeleteUserCommand({ UserPoolId: poolId, Username: 'dora' }))
      const { report } = await copyPool(here(), there(), poolId, ['--remove-deleted'])
      assert.equal(report.counts['users']?.removed, 1)
      for (const name of ['eve', 'dora']) await assert.rejects(user(here(), name), { name: 'UserNotFoundException' })
    })

    it('refuses a pool that was made here, and changes nothing', async () => {
      const own = await here().givenPool()
      await assert.rejects(copyPool(here(), here(), own.poolId), /exists here and was not made by this command/)
    })

    it('says in one line that the former pool does not answer', async () => {
      const { code, stderr } = await startCopy(here(), 'http://127.0.0.1:9', poolId).ended
      assert.equal(code, 1)
      assert.match(stderr, /^[^\n]*The former pool could not be read[^\n]*Run the command again\.\n$/)
    })
  })

  describe(`A killed copy-from-cognito on ${engine.name}`, () => {
    const there = useTestServer(engine)
    const here = useTestServer(engine, { flags: ['--region', 'eu-west-1'], env: copyEnvironment })

    it('goes on where it was when it is run again', async () => {
      const { poolId } = await there().givenPool()
      const names = Array.from({ length: 130 }, (_, at) => `user-${at}`)
      const subs = new Map<string, string>()
      for (const name of names) subs.set(name, (await givenUser(there(), poolId, name)).sub)
      const count = async () => {
        const users = await Promise.all(
          names.map((Username) =>
            here()
              .send(new AdminGetUserCommand({ UserPoolId: poolId, Username }))
              .catch(() => undefined),
          ),
        )
        return users.filter((each) => each !== undefined).length
      }
      const killed = startCopy(here(), there().url, poolId)
      let isEnded = false
      void killed.ended.then(() => {
        isEnded = true
      })
      while (!isEnded && (await count()) === 0);
      killed.child.kill('SIGKILL')
      await killed.ended
      const before = await count()
      const { report } = await copyPool(here(), there(), poolId)
      assert.deepEqual([report.counts['users']?.unchanged ?? 0, report.counts['users']?.created ?? 0], [before, names.length - before])
      for (const name of names) {
        const shown = await here().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: name }))
        assert.equal(shown.UserAttributes?.find(({ Name }) => Name === 'sub')?.Value, subs.get(name))
      }
    })
  })
}
