import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import {
  AdminDisableProviderForUserCommand,
  AdminLinkProviderForUserCommand,
  AdminUpdateUserAttributesCommand,
  SignUpCommand,
  UpdateUserAttributesCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { accountPages, anaForm, givenVerifyingPool } from '../../support/account-pages.ts'
import { engines } from '../../support/engines.ts'
import {
  appRequest,
  givenFederatedPool,
  givenProvider,
  providerClient,
  readUser,
  signInByProvider,
  tokensFor,
  usernamesIn,
} from '../../support/federation.ts'
import { encode } from '../../support/oauth.ts'
import { runOpenIdProvider, signInAtProvider } from '../../support/openid-provider.ts'
import { givenTokens, givenUser, goodPassword, signInByPassword } from '../../support/sign-in.ts'
import { agree } from '../../support/sign-in-triggers.ts'
import { locationOf, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'
import { answering } from '../../support/user-triggers.ts'

const passwordClient = { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const] }
const reserved = {
  name: 'InvalidParameterException',
  message: 'Username cannot begin with Corp_: these names are for users of the identity provider Corp.',
}
const withPreferredUsername = { AliasAttributes: ['preferred_username' as const] }

for (const engine of engines) {
  describe(`Usernames of federated users that are taken on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })
    const provider = await runOpenIdProvider()
    const long = 'x'.repeat(123)
    before(() => provider.open({ clients: [providerClient(server())], accounts: [{ sub: 'ana', email: 'ana@corp.test' }, { sub: long }] }))

    const signIn = async (clientId: string, login = 'ana') =>
      (await tokensFor(server(), clientId, await signInByProvider(server(), appRequest(clientId), login))).claims
    const signUp = (ClientId: string, Username: string) => server().send(new SignUpCommand({ ClientId, Username, Password: goodPassword }))
    const linkTo = (UserPoolId: string, to: readonly [provider: string, value: string], subject: string) =>
      server().send(
        new AdminLinkProviderForUserCommand({
          UserPoolId,
          DestinationUser: { ProviderName: to[0], ProviderAttributeValue: to[1] },
          SourceUser: { ProviderName: 'Corp', ProviderAttributeName: 'Cognito_Subject', ProviderAttributeValue: subject },
        }),
      )

    it('go to nobody else: the identity gets a user with another name, again and again the same', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider, { client: passwordClient })
      const local = await givenUser(server(), poolId, 'Corp_ana')
      const untouched = await readUser(server(), poolId, 'Corp_ana')
      const first = await signIn(clientId)
      assert.notEqual(first.sub, local.sub)
      const username = String(first['cognito:username'])
      assert.match(username, /^Corp_ana_[0-9a-f]{10}$/)
      assert.deepEqual(first['cognito:groups'], [`${poolId}_Corp`])
      assert.equal((await signIn(clientId)).sub, first.sub)
      assert.deepEqual(await usernamesIn(server(), poolId), ['Corp_ana', username])
      assert.deepEqual(await readUser(server(), poolId, 'Corp_ana'), untouched)
      await signInByPassword(server(), clientId, 'Corp_ana')
    })

    it('are as good when they are a preferred username, an address or a name that ignores case', async () => {
      const preferred = await givenFederatedPool(server(), provider, { pool: withPreferredUsername })
      await givenUser(server(), preferred.poolId, 'eve')
      const UserAttributes = [{ Name: 'preferred_username', Value: 'Corp_ana' }]
      await server().send(new AdminUpdateUserAttributesCommand({ UserPoolId: preferred.poolId, Username: 'eve', UserAttributes }))
      assert.match(String((await signIn(preferred.clientId))['cognito:username']), /^Corp_ana_[0-9a-f]{10}$/)

      const byMail = await givenFederatedPool(server(), provider, { pool: { UsernameAttributes: ['email'] } })
      await provider.setAccounts({ sub: 'bo@corp.test', email: 'bo@corp.test' })
      await signUp(byMail.clientId, 'Corp_bo@corp.test')
      assert.match(String((await signIn(byMail.clientId, 'bo@corp.test'))['cognito:username']), /^Corp_bo@corp\.test_[0-9a-f]{10}$/)

      const ignoring = await givenFederatedPool(server(), provider, { pool: { UsernameConfiguration: { CaseSensitive: false } } })
      await givenUser(server(), ignoring.poolId, 'CORP_ANA')
      assert.match(String((await signIn(ignoring.clientId))['cognito:username']), /^corp_ana_[0-9a-f]{10}$/)
    })

    it('stay within 128 characters', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider)
      await givenUser(server(), poolId, `Corp_${long}`)
      assert.match(String((await signIn(clientId, long))['cognito:username']), /^Corp_x{112}_[0-9a-f]{10}$/)
    })

    it('make one user when two tabs come back at once', async () => {
      const triggers = endpoint.given({ PreSignUp: agree })
      const { poolId, clientId } = await givenFederatedPool(server(), provider, { pool: { LambdaConfig: triggers.lambdaConfig } })
      await givenUser(server(), poolId, 'Corp_ana')
      const browser = new TestBrowser(server())
      const begun = []
      for (let tab = 0; tab < 2; tab++) begun.push(locationOf(await browser.visit(`/oauth2/authorize?${encode(appRequest(clientId))}`)))
      const answers = []
      for (const toProvider of begun) answers.push(await signInAtProvider(toProvider, 'ana'))
      const ends = await Promise.all(answers.map(async ({ pathname, search }) => locationOf(await browser.visit(pathname + search))))
      for (const end of ends) assert.match(end, /code=/)
      const usernames = await usernamesIn(server(), poolId)
      assert.equal(usernames.length, 2)
      const shown = triggers.events.filter(({ triggerSource }) => triggerSource === 'PreSignUp_ExternalProvider')
      assert.ok(shown.length > 0)
      for (const { userName } of shown) assert.match(userName, /^Corp_ana_[0-9a-f]{10}$/, 'functions learn the name that is stored')
    })

    it('do not mislead administrators who link identities', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider)
      await givenUser(server(), poolId, 'Corp_ana')
      await givenUser(server(), poolId, 'local')
      await assert.rejects(linkTo(poolId, ['Corp', 'ana'], 'other'), { name: 'UserNotFoundException' }, 'Corp_ana is no user of Corp')
      const { sub } = await signIn(clientId)
      await linkTo(poolId, ['Corp', 'ana'], 'other')
      await provider.setAccounts({ sub: 'other' })
      assert.equal((await signIn(clientId, 'other')).sub, sub)
      await assert.rejects(linkTo(poolId, ['Cognito', 'local'], 'ana'), {
        name: 'InvalidParameterException',
        message: 'Merging is not currently supported, provide a SourceUser that has not been signed up in order to link',
      })
    })

    it('are taken by a user whom an administrator has unlinked, and the identity gets a new user', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider)
      const first = await signIn(clientId)
      const User = { ProviderName: 'Corp', ProviderAttributeName: 'Cognito_Subject', ProviderAttributeValue: 'ana' }
      await server().send(new AdminDisableProviderForUserCommand({ UserPoolId: poolId, User }))
      const second = await signIn(clientId)
      assert.notEqual(second.sub, first.sub)
      assert.match(String(second['cognito:username']), /^Corp_ana_[0-9a-f]{10}$/)
    })

    it('cannot be chosen at a sign-up, whether such a user exists or not', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider)
      await signIn(clientId)
      for (const name of ['Corp_ana', 'Corp_nobody', 'Corp_', 'Corp__x']) await assert.rejects(signUp(clientId, name), reserved, name)
      for (const name of ['Corp', 'corp_ana', 'xCorp_ana', 'Google_ana', 'ana_Corp_']) await signUp(clientId, name)
      await givenUser(server(), poolId, 'Corp_by-administrator')

      const ignoring = await givenFederatedPool(server(), provider, { pool: { UsernameConfiguration: { CaseSensitive: false } } })
      for (const name of ['Corp_x', 'corp_x', 'CORP_X']) await assert.rejects(signUp(ignoring.clientId, name), reserved, name)
      const byMail = await givenFederatedPool(server(), provider, { pool: { UsernameAttributes: ['email'] } })
      await signUp(byMail.clientId, 'corp_fan@mail.test')
      const withoutProvider = await server().givenPool()
      await signUp(withoutProvider.clientId, 'Corp_x')
    })

    it('cannot be chosen as a preferred username that finds the user', async () => {
      const change = async (clientId: string, name: string) => {
        const { accessToken: AccessToken } = await givenTokens(server(), clientId, 'eve')
        const UserAttributes = [{ Name: 'preferred_username', Value: name }]
        await server().send(new UpdateUserAttributesCommand({ AccessToken, UserAttributes }))
      }
      const { poolId, clientId } = await givenFederatedPool(server(), provider, { pool: withPreferredUsername, client: passwordClient })
      await givenUser(server(), poolId, 'eve')
      const message = `Preferred u${reserved.message.slice(1)}`
      await assert.rejects(change(clientId, 'Corp_ana'), { ...reserved, message })
      await change(clientId, 'ana_Corp')
      const other = await givenFederatedPool(server(), provider, { client: passwordClient })
      await givenUser(server(), other.poolId, 'eve')
      await change(other.clientId, 'Corp_ana')
    })

    it('cannot be chosen on the sign-up page', async () => {
      const { poolId, clientId } = await givenVerifyingPool(server())
      await givenProvider(server(), provider, poolId)
      const { open, answer } = accountPages(server)
      const { browser, page } = await open('/signup', clientId)
      const reply = await answer(browser, page, anaForm({ username: 'Corp_ana' }))
      assert.match(reply.text, /This username is not allowed\. Please choose another one\./)
      assert.deepEqual(await usernamesIn(server(), poolId), [])
    })

    it('are not given to users from another system', async () => {
      const triggers = endpoint.given({
        UserMigration: answering({ userAttributes: { name: 'Bo' }, finalUserStatus: 'CONFIRMED', messageAction: 'SUPPRESS' }),
      })
      const pool = { LambdaConfig: triggers.lambdaConfig }
      const { poolId, clientId } = await givenFederatedPool(server(), provider, { pool, client: passwordClient })
      const refusal = { name: 'InvalidLambdaResponseException', message: reserved.message }
      await assert.rejects(signInByPassword(server(), clientId, 'Corp_ana'), refusal)
      await signInByPassword(server(), clientId, 'bo')
      assert.deepEqual(await usernamesIn(server(), poolId), ['bo'])
    })
  })
}
