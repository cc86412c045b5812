import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminDisableProviderForUserCommand,
  AdminListGroupsForUserCommand,
  CreateGroupCommand,
  GetUserCommand,
  InitiateAuthCommand,
  ListUsersCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import {
  addProvider,
  appRequest,
  givenFederatedPool,
  providerClient,
  readUser,
  signInByProvider,
  tokensFor,
  usernamesIn,
} from '../../support/federation.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { runOpenIdProvider } from '../../support/openid-provider.ts'
import { claimsOf, givenTokens, givenUser, goodPassword, signInByPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

for (const engine of engines) {
  describe(`MergeUsers on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const provider = await runOpenIdProvider()
    before(() => provider.open({ clients: [providerClient(server())], accounts: [{ sub: 'ana' }, { sub: 'ana2' }] }))

    const merge = (UserPoolId: string, Username: string, MergedUsername: string, more: object = {}) =>
      callLifeguard(server(), 'MergeUsers', { UserPoolId, Username, MergedUsername, ...more })
    const byProvider = async (clientId: string, name = 'Corp', login = 'ana') =>
      tokensFor(server(), clientId, await signInByProvider(server(), appRequest(clientId, { identity_provider: name }), login))

    /** A local user `local`, and the user `Corp_ana` of the same person. */
    async function givenTwo() {
      const client = { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const, 'ALLOW_REFRESH_TOKEN_AUTH' as const] }
      const given = await givenFederatedPool(server(), provider, { pool: { UsernameConfiguration: { CaseSensitive: false } }, client })
      const local = await givenUser(server(), given.poolId, 'local')
      const federated = await byProvider(given.clientId)
      return { ...given, sub: local.sub, oldSub: String(federated.claims.sub), federated }
    }

    it('keeps one user, whom both names, both subs and both ways to sign in find', async () => {
      const { poolId, clientId, sub, oldSub } = await givenTwo()
      const answer = await merge(poolId, 'local', 'Corp_ana')
      assert.deepEqual(answer, { Username: 'local', Sub: sub, MergedSubs: [oldSub] })
      assert.deepEqual(await usernamesIn(server(), poolId), ['local'])
      for (const name of ['local', 'Corp_ana', 'CORP_ANA', sub, oldSub]) {
        const { status, attributes } = await readUser(server(), poolId, name)
        assert.equal(status, 'CONFIRMED')
        assert.equal(attributes['sub'], sub)
        assert.deepEqual(JSON.parse(attributes['merged_subs'] ?? ''), [oldSub])
        const [identity] = JSON.parse(attributes['identities'] ?? '')
        assert.deepEqual([identity.providerName, identity.userId, identity.primary], ['Corp', 'ana', false])
      }
      for (const name of ['local', oldSub]) {
        assert.equal(claimsOf((await givenTokens(server(), clientId, name)).idToken)['sub'], sub)
      }
      const { claims } = await byProvider(clientId)
      assert.equal(claims.sub, sub)
      assert.deepEqual(claims['merged_subs'], [oldSub])
      for (const filter of [`sub = "${oldSub}"`, `sub = "${sub}"`, 'username = "corp_ana"']) {
        const { Users = [] } = await server().send(new ListUsersCommand({ UserPoolId: poolId, Filter: filter }))
        assert.deepEqual(
          Users.map(({ Username }) => Username),
          ['local'],
          filter,
        )
      }
    })

    it('ends the tokens of the merged user, and leaves those of the kept user', async () => {
      const { poolId, clientId } = await givenTwo()
      const old = await givenUser(server(), poolId, 'old')
      const [kept, merged] = [await givenTokens(server(), clientId, 'local'), await givenTokens(server(), clientId, old.username)]
      await merge(poolId, 'local', 'old')
      await server().send(new GetUserCommand({ AccessToken: kept.accessToken }))
      await assert.rejects(server().send(new GetUserCommand({ AccessToken: merged.accessToken })), { name: 'UserNotFoundException' })
      const refresh = (token: string) =>
        server().send(
          new InitiateAuthCommand({ ClientId: clientId, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: { REFRESH_TOKEN: token } }),
        )
      await refresh(kept.refreshToken)
      await assert.rejects(refresh(merged.refreshToken), { name: 'NotAuthorizedException' })
    })

    it('does not let the password of the merged user sign in, nor another user take the name', async () => {
      const { poolId, clientId } = await givenTwo()
      await givenUser(server(), poolId, 'old', { password: 'Another-horse-9' })
      await merge(poolId, 'local', 'old')
      await assert.rejects(signInByPassword(server(), clientId, 'old', 'Another-horse-9'), { name: 'NotAuthorizedException' })
      await signInByPassword(server(), clientId, 'old', goodPassword)
      const taken = { name: 'UsernameExistsException' }
      const signUp = new SignUpCommand({ ClientId: clientId, Username: 'OLD', Password: goodPassword })
      await assert.rejects(server().send(signUp), taken)
      await assert.rejects(server().send(new AdminCreateUserCommand({ UserPoolId: poolId, Username: 'old' })), taken)
      await server().send(new AdminDeleteUserCommand({ UserPoolId: poolId, Username: 'old' }))
      await server().send(signUp)
    })

    it('follows a chain, and moves the groups where that is asked for', async () => {
      const { poolId, sub, oldSub } = await givenTwo()
      await givenUser(server(), poolId, 'last')
      for (const [GroupName, Username] of [
        ['staff', 'local'],
        ['testers', 'last'],
      ] as const) {
        await server().send(new CreateGroupCommand({ UserPoolId: poolId, GroupName }))
        await server().send(new AdminAddUserToGroupCommand({ UserPoolId: poolId, GroupName, Username }))
      }
      await merge(poolId, 'local', 'Corp_ana')
      const { MergedSubs } = await merge(poolId, 'last', 'local', { MoveGroups: true })
      assert.deepEqual(MergedSubs, [oldSub, sub])
      for (const name of ['Corp_ana', oldSub, 'local', sub]) {
        assert.deepEqual(JSON.parse((await readUser(server(), poolId, name)).attributes['merged_subs'] ?? ''), [oldSub, sub])
      }
      const { Groups = [] } = await server().send(new AdminListGroupsForUserCommand({ UserPoolId: poolId, Username: 'last' }))
      assert.deepEqual(Groups.map(({ GroupName }) => GroupName).sort(), ['staff', 'testers'])
    })

    it('gives an identity that is unlinked later a new user of its own', async () => {
      const { poolId, clientId, sub, oldSub } = await givenTwo()
      await merge(poolId, 'local', 'Corp_ana')
      const User = { ProviderName: 'Corp', ProviderAttributeName: 'Cognito_Subject', ProviderAttributeValue: 'ana' }
      await server().send(new AdminDisableProviderForUserCommand({ UserPoolId: poolId, User }))
      const { claims } = await byProvider(clientId)
      assert.equal(claims['cognito:username'], 'corp_ana')
      assert.ok(claims.sub !== sub && claims.sub !== oldSub)
      assert.equal((await readUser(server(), poolId, oldSub)).attributes['sub'], sub)
    })

    it('merges users of two providers, and keeps the one that is named', async () => {
      const { poolId, clientId, oldSub } = await givenTwo()
      await addProvider(server(), provider, { poolId, clientId, name: 'Other' })
      const other = await byProvider(clientId, 'Other', 'ana2')
      await merge(poolId, 'Corp_ana', 'Other_ana2')
      for (const [name, login] of [
        ['Corp', 'ana'],
        ['Other', 'ana2'],
      ] as const) {
        const { claims } = await byProvider(clientId, name, login)
        assert.equal(claims.sub, oldSub)
        assert.deepEqual(claims['merged_subs'], [other.claims.sub])
      }
      assert.deepEqual(await usernamesIn(server(), poolId), ['corp_ana', 'local'])
    })

    it('refuses users who do not exist, the same user, an unconfirmed one to keep, and too many identities', async () => {
      const { poolId, clientId } = await givenTwo()
      await assert.rejects(merge(poolId, 'local', 'nobody'), { name: 'UserNotFoundException' })
      await assert.rejects(merge(poolId, 'nobody', 'local'), { name: 'UserNotFoundException' })
      await assert.rejects(merge(poolId, 'local', 'LOCAL'), { name: 'InvalidParameterException' })
      await server().send(new SignUpCommand({ ClientId: clientId, Username: 'new', Password: goodPassword }))
      await assert.rejects(merge(poolId, 'new', 'local'), { name: 'InvalidParameterException' })
      for (let count = 0; count < 5; count++) {
        await provider.setAccounts({ sub: `many${count}` })
        await byProvider(clientId, 'Corp', `many${count}`)
        await merge(poolId, 'local', `Corp_many${count}`)
      }
      await assert.rejects(merge(poolId, 'local', 'Corp_ana'), { name: 'LimitExceededException' })
      assert.deepEqual(await usernamesIn(server(), poolId), ['corp_ana', 'local', 'new'])
    })

    it('merges once when two calls merge each into the other', async () => {
      const { poolId } = await givenTwo()
      await givenUser(server(), poolId, 'old')
      const ends = await Promise.allSettled([merge(poolId, 'local', 'old'), merge(poolId, 'old', 'local')])
      assert.deepEqual(ends.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
      assert.equal((await usernamesIn(server(), poolId)).length, 2)
      const [first, second] = await Promise.all(['local', 'old'].map((name) => readUser(server(), poolId, name)))
      assert.equal(first?.attributes['sub'], second?.attributes['sub'])
    })
  })
}
