import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminDeleteUserCommand,
  AdminGetUserCommand,
  AdminSetUserPasswordCommand,
  AdminUpdateUserAttributesCommand,
  CreateGroupCommand,
  CreateUserPoolCommand,
  DeleteGroupCommand,
  DeleteUserPoolClientCommand,
  GetTokensFromRefreshTokenCommand,
  GetUserCommand,
  SetUserPoolMfaConfigCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { type ApplyingServer, poolsOf, startApplying } from '../support/applying-server.ts'
import { engines } from '../support/engines.ts'
import { callback, codeClient, encode } from '../support/oauth.ts'
import { everything, identityPoolId, poolFile, runApply, runExportPool } from '../support/pool-files.ts'
import { answerSrp, givenTokens, signInByPassword, signInBySrp, srpResponses, startSrp } from '../support/sign-in.ts'
import { locationOf, TestBrowser } from '../support/test-browser.ts'

const password = 'Correct-horse-9'
const sub = '11111111-2222-4333-8444-555555555555'
const wrong = { name: 'NotAuthorizedException' }

async function userIn(server: ApplyingServer, UserPoolId: string, Username: string) {
  const { UserAttributes: attributes = [], ...user } = await server.send(new AdminGetUserCommand({ UserPoolId, Username }))
  return { ...user, sub: attributes.find(({ Name }) => Name === 'sub')?.Value ?? '' }
}

/** A pool with a fixed id and a client, and users with and without a `Sub`. */
const poolWithUsers = (name: string, { more = {}, domain = '' } = {}) => ({
  UserPoolId: `us-east-1_${name}`,
  PoolName: name,
  ...more,
  Clients: [
    {
      ClientId: name.toLowerCase(),
      ClientName: name,
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
      ...codeClient,
    },
  ],
  Users: [
    { Username: `ana${domain}`, Sub: `${String(name.length).repeat(8)}${sub.slice(8)}`, Password: password },
    { Username: `ben${domain}`, Password: password },
  ],
})

/** The server makes an id for this pool each time that the file is applied. */
const unnamed = { PoolName: 'without an id' }

for (const engine of engines) {
  describe(`A reset of a server with a pool file on ${engine.name}`, () => {
    it('brings back everything that the file describes, and nothing else', async () => {
      const [poolId, clientId] = ['us-east-1_Shop', 'shop']
      const content = everything(poolId, clientId)
      const Users = [
        { Username: 'ana@example.test', Sub: sub, Password: password, UserAttributes: [{ Name: 'custom:plan', Value: 'pro' }] },
        { Username: 'ben@example.test', Password: password, Groups: ['admins', 'readers'] },
      ]
      const file = poolFile({ ...content, UserPools: [...content.UserPools.map((pool) => ({ ...pool, Users })), unnamed] })
      await using server = await startApplying(engine, file)
      const exported = async () => [
        (await runExportPool(server, poolId, ['--secrets'])).stdout,
        (await runExportPool(server, identityPoolId)).stdout,
      ]
      const before = { pools: await poolsOf(server), exported: await exported() }
      for (let times = 0; times < 2; times++) {
        const ben = { UserPoolId: poolId, Username: 'ben@example.test' }
        const ana = { UserPoolId: poolId, Username: 'ana@example.test' }
        await server.send(new AdminDeleteUserCommand(ben))
        await server.send(new AdminUpdateUserAttributesCommand({ ...ana, UserAttributes: [{ Name: 'custom:plan', Value: 'none' }] }))
        await server.send(new DeleteGroupCommand({ UserPoolId: poolId, GroupName: 'admins' }))
        await server.send(new CreateGroupCommand({ UserPoolId: poolId, GroupName: 'new' }))
        await server.send(new SetUserPoolMfaConfigCommand({ UserPoolId: poolId, MfaConfiguration: 'OFF' }))
        await server.send(new DeleteUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId }))
        await server.send(new CreateUserPoolCommand({ PoolName: 'new' }))
        await server.lifeguard.advanceClock(86_400 * 400)

        await server.lifeguard.reset()
        assert.deepEqual(await poolsOf(server), before.pools)
        assert.deepEqual(await exported(), before.exported)
      }
      const plan = await runApply(server, file, ['--plan'])
      assert.deepEqual([plan.stderr, plan.stdout], ['', '0 to create, 0 to change.\n'])
    })

    it('makes the users new: their passwords, their times, and a sub where the file gives none', async () => {
      const mails = { UsernameAttributes: ['email'], AutoVerifiedAttributes: ['email'] }
      const pools = [
        poolWithUsers('Names'),
        poolWithUsers('EMails', { more: mails, domain: '@example.test' }),
        poolWithUsers('Argon2s', { more: { Extensions: { Passwords: { Storage: 'ARGON2ID' } } } }),
      ]
      await using server = await startApplying(engine, poolFile({ UserPools: [...pools, unnamed] }))
      const kept = await poolsOf(server)
      const subs = new Set<string>()
      const resets = 3
      for (let times = 0; times < resets; times++) {
        const begin = Date.now()
        await server.lifeguard.reset()
        for (const { UserPoolId: poolId, Clients: clients, Users: users } of pools) {
          const clientId = clients[0]?.ClientId ?? ''
          for (const { Username: username, ...wanted } of users) {
            const user = await userIn(server, poolId, username)
            if ('Sub' in wanted) assert.equal(user.sub, wanted.Sub)
            else subs.add(user.sub)
            if (username.includes('@')) assert.equal(user.Username, user.sub)
            const createdAt = user.UserCreateDate?.getTime() ?? 0
            // Times are shown in whole seconds.
            assert.ok(createdAt >= begin - 1000 && createdAt <= Date.now(), `${createdAt} ${begin}`)
            await givenTokens(server, clientId, username, password)
            await assert.rejects(signInByPassword(server, clientId, username, 'Changed-horse-9'), wrong)
            if (!poolId.includes('Argon2')) {
              const { challenge } = await startSrp(server, clientId, username)
              assert.equal(challenge.ChallengeParameters?.['USER_ID_FOR_SRP'], user.Username)
              await signInBySrp(server, { poolId, clientId }, username, password)
            }
            const changed = { UserPoolId: poolId, Username: username, Password: 'Changed-horse-9', Permanent: true }
            await server.send(new AdminSetUserPasswordCommand(changed))
          }
        }
      }
      assert.equal(subs.size, resets * pools.length)
      assert.deepEqual(await poolsOf(server), kept)
    })

    it('ends what was begun before it', async () => {
      const ids = { poolId: 'us-east-1_Names', clientId: 'names' }
      await using server = await startApplying(engine, poolFile({ UserPools: [poolWithUsers('Names')] }))
      const browser = new TestBrowser(server)
      const request = { client_id: ids.clientId, redirect_uri: callback, response_type: 'code', scope: 'openid' }
      await browser.signIn(request, 'ben', password)
      const { a, challenge } = await startSrp(server, ids.clientId, 'ana')
      const { accessToken, refreshToken } = await givenTokens(server, ids.clientId, 'ana', password)
      const isLoggedIn = async () => locationOf(await browser.visit(`/oauth2/authorize?${encode(request)}`)).startsWith(callback)
      assert.equal(await isLoggedIn(), true)

      await server.lifeguard.reset()
      assert.equal(await isLoggedIn(), false)
      await assert.rejects(answerSrp(server, ids.clientId, srpResponses(ids.poolId, password, a, challenge)), wrong)
      await assert.rejects(server.send(new GetUserCommand({ AccessToken: accessToken })), wrong)
      const refresh = { ClientId: ids.clientId, RefreshToken: refreshToken }
      await assert.rejects(server.send(new GetTokensFromRefreshTokenCommand(refresh)), wrong)
    })

    it('may be asked for by several at once, while users sign up', async () => {
      const file = poolFile({ UserPools: [poolWithUsers('Names'), unnamed] })
      await using server = await startApplying(engine, file)
      await using other = await startApplying(engine, file, { databaseUrl: server.databaseUrl })
      let count = 0
      const signUp = () =>
        server
          .send(new SignUpCommand({ ClientId: 'names', Username: `new-${count++}`, Password: password }))
          .catch((error: unknown) => error)
      const resets = [server, other, server].map(({ lifeguard }) => lifeguard.reset())
      await Promise.all([...resets, ...Array.from({ length: 20 }, signUp)])
      assert.equal((await poolsOf(server)).size, 2)
      await server.lifeguard.reset()
      for (const each of [server, other]) {
        assert.deepEqual([...(await poolsOf(each)).keys()].sort(), ['Names', 'without an id'])
        await givenTokens(each, 'names', 'ben', password)
        await assert.rejects(userIn(each, 'us-east-1_Names', 'new-0'), { name: 'UserNotFoundException' })
      }
    })
  })
}
