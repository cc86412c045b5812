import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminGetUserCommand, CreateIdentityProviderCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../../support/engines.ts'
import { callLifeguard } from '../../../support/lifeguard-operations.ts'
import { signUp, update } from '../../../support/self-service.ts'
import { givenTokens, givenUser } from '../../../support/sign-in.ts'
import { useTestServer } from '../../../support/test-server.ts'
import { adminRename, givenChangingPool, nameTaken, rename, setUsernames } from '../../../support/usernames.ts'

const ignoresCase = { UsernameConfiguration: { CaseSensitive: false } }
const refused = (message: RegExp) => ({ name: 'InvalidParameterException', message })

for (const engine of engines) {
  describe(`A new username on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const nameOf = async (UserPoolId: string, sub: string) =>
      (await server().send(new AdminGetUserCommand({ UserPoolId, Username: sub }))).Username

    it('has to be one that a new user could have', async () => {
      const { poolId } = await givenChangingPool(server(), { pool: { AliasAttributes: ['email', 'phone_number'] } })
      await givenUser(server(), poolId, 'ana')
      for (const name of ['', 'a b', 'x'.repeat(129)]) {
        await assert.rejects(adminRename(server(), poolId, 'ana', name), { name: 'InvalidParameterException' }, name)
      }
      await assert.rejects(adminRename(server(), poolId, 'ana', 'bea@example.test'), refused(/^Username cannot be of email format/))
      await assert.rejects(adminRename(server(), poolId, 'ana', '+15550001111'), refused(/^Username cannot be of phone number format/))
    })

    it('is stored in lower case where the pool ignores case, and cannot differ from that of another user in case only', async () => {
      const { poolId, clientId } = await givenChangingPool(server(), { pool: ignoresCase })
      const { sub } = await givenUser(server(), poolId, 'ana')
      await givenUser(server(), poolId, 'ben')
      assert.equal((await adminRename(server(), poolId, 'ANA', 'Bea')).Username, 'bea')
      assert.equal(await nameOf(poolId, sub), 'bea')
      await assert.rejects(adminRename(server(), poolId, 'bea', 'BEN'), nameTaken)
      await assert.rejects(signUp(server(), clientId, 'ANA'), nameTaken)
    })

    it('can be the same name in another case, or in another form of Unicode', async () => {
      const { poolId, clientId } = await givenChangingPool(server())
      const { sub } = await givenUser(server(), poolId, 'Zo\u00eb')
      assert.equal((await adminRename(server(), poolId, sub, 'Zoe\u0308')).Username, 'Zoe\u0308')
      assert.ok((await givenTokens(server(), clientId, 'Zo\u00eb')).accessToken)
      assert.equal((await adminRename(server(), poolId, sub, 'zo\u00eb')).Username, 'zo\u00eb')
      assert.equal((await adminRename(server(), poolId, sub, 'zo\u00eb')).Username, 'zo\u00eb')
      assert.ok((await givenTokens(server(), clientId, 'zo\u00eb')).accessToken)
      await assert.rejects(signUp(server(), clientId, 'Zoe\u0308'), nameTaken)
    })

    it('cannot be a name of any kind of another user, or a sub', async () => {
      const { poolId, clientId } = await givenChangingPool(server(), { pool: { AliasAttributes: ['preferred_username'] } })
      const ana = await givenUser(server(), poolId, 'ana')
      const ben = await givenUser(server(), poolId, 'ben')
      await update(server(), (await givenTokens(server(), clientId, 'ben')).accessToken, { preferred_username: 'benny' })
      const { accessToken } = await givenTokens(server(), clientId, 'ana')
      for (const name of ['ben', 'benny', ben.sub]) {
        await assert.rejects(adminRename(server(), poolId, 'ana', name), nameTaken, name)
        await assert.rejects(rename(server(), accessToken, name), nameTaken, name)
      }
      await assert.rejects(adminRename(server(), poolId, 'ana', ana.sub), refused(/cannot be the sub/))
      assert.equal(await nameOf(poolId, ana.sub), 'ana')
    })

    it('does not exist where users sign in with an address', async () => {
      const { poolId, clientId } = await givenChangingPool(server(), { pool: { UsernameAttributes: ['email'] } })
      await givenUser(server(), poolId, 'ana@example.test')
      const { accessToken } = await givenTokens(server(), clientId, 'ana@example.test')
      const attribute = (operation: string) => refused(new RegExp(`sign in with email, .* Change the attribute with ${operation}\\.$`))
      await assert.rejects(adminRename(server(), poolId, 'ana@example.test', 'bea'), attribute('AdminUpdateUserAttributes'))
      await assert.rejects(rename(server(), accessToken, 'bea@example.test'), attribute('UpdateUserAttributes'))
    })

    it('cannot begin like those of the users of an identity provider, when the user chooses it', async () => {
      const { poolId, clientId } = await givenChangingPool(server())
      const ProviderDetails = { client_id: 'x', client_secret: 'y', authorize_scopes: 'openid', oidc_issuer: 'https://issuer.example.test' }
      const endpoints = { authorize_url: '/a', token_url: '/t', attributes_url: '/u', jwks_uri: '/j' }
      const urls = Object.entries(endpoints).map(([name, path]) => [name, `https://issuer.example.test${path}`])
      const details = { ...ProviderDetails, attributes_request_method: 'GET', ...Object.fromEntries(urls) }
      const provider = { UserPoolId: poolId, ProviderName: 'Corp', ProviderType: 'OIDC' as const, ProviderDetails: details }
      await server().send(new CreateIdentityProviderCommand(provider))
      await givenUser(server(), poolId, 'ana')
      const { accessToken } = await givenTokens(server(), clientId, 'ana')
      await assert.rejects(rename(server(), accessToken, 'Corp_ana'), refused(/^Username cannot begin with Corp_/))
    })

    it('cannot be that of a test user, when the user chooses it', async () => {
      const { poolId, clientId } = await givenChangingPool(server())
      const TestUsers = ['tess', 'tom'].map((Username) => ({ Username, Code: '123456' }))
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, TestUsers })
      for (const name of ['ana', 'tom']) await givenUser(server(), poolId, name)
      const only = refused(/^Only an administrator changes the username of a test user/)
      await assert.rejects(rename(server(), (await givenTokens(server(), clientId, 'ana')).accessToken, 'tess'), only)
      await assert.rejects(rename(server(), (await givenTokens(server(), clientId, 'tom')).accessToken, 'bob'), only)
      assert.equal((await adminRename(server(), poolId, 'ana', 'tess')).Username, 'tess')
    })

    it('can be asked for five times an hour, so that nobody finds out which names are taken', async () => {
      const { poolId, clientId } = await givenChangingPool(server())
      for (const name of ['ana', 'ben']) await givenUser(server(), poolId, name)
      const { accessToken } = await givenTokens(server(), clientId, 'ana')
      for (let count = 0; count < 5; count++) await assert.rejects(rename(server(), accessToken, 'ben'), nameTaken)
      await assert.rejects(rename(server(), accessToken, 'free'), { name: 'LimitExceededException' })
      // Administrators have no such limit.
      assert.equal((await adminRename(server(), poolId, 'ana', 'free')).Username, 'free')
    })

    it('is not given to a user who does not exist', async () => {
      const { poolId } = await givenChangingPool(server())
      await assert.rejects(adminRename(server(), poolId, 'nobody', 'bea'), { name: 'UserNotFoundException' })
    })

    it('takes the name of a sign-up that has expired', async () => {
      const { poolId, clientId } = await givenChangingPool(server())
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, SignUp: { UnconfirmedUserLifetimeHours: 1 } })
      await signUp(server(), clientId, 'bea')
      await givenUser(server(), poolId, 'ana')
      await assert.rejects(adminRename(server(), poolId, 'ana', 'bea'), nameTaken)
      server().clock.advance(3_600_001)
      assert.equal((await adminRename(server(), poolId, 'ana', 'bea')).Username, 'bea')
    })

    it('keeps the section of the extensions when other sections are set', async () => {
      const { poolId } = await server().givenPool()
      await setUsernames(server(), poolId, { ChangeableBy: 'ADMINISTRATORS', KeepFormerDays: 7 })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, DeletedUsers: { KeepDays: 1 } })
      const { Usernames } = await callLifeguard(server(), 'GetUserPoolExtensions', { UserPoolId: poolId })
      assert.deepEqual(Usernames, { ChangeableBy: 'ADMINISTRATORS', KeepFormerDays: 7 })
      await assert.rejects(setUsernames(server(), poolId, { KeepFormerDays: 3651 }), { name: 'InvalidParameterException' })
      await assert.rejects(setUsernames(server(), poolId, { ChangeableBy: 'ANYBODY' }), { name: 'InvalidParameterException' })
    })
  })
}
