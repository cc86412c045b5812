import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import {
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminLinkProviderForUserCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import {
  appRequest,
  givenFederatedPool,
  providerClient,
  readUser,
  signInByProvider,
  tokensFor,
  usernamesIn,
} from '../../support/federation.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { setMfa } from '../../support/mfa.ts'
import { encode } from '../../support/oauth.ts'
import { errorIn, runOpenIdProvider, signInAtProvider } from '../../support/openid-provider.ts'
import { givenUser, goodPassword } from '../../support/sign-in.ts'
import { agree } from '../../support/sign-in-triggers.ts'
import { locationOf, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

const ana = { sub: 'ana', email: 'ana@corp.test', email_verified: true, name: 'Ana' }
const eve = { sub: 'eve', email: 'ana@corp.test', email_verified: false, name: 'Eve' }
const verified = (email: string) => ({
  attributes: [
    { Name: 'email', Value: email },
    { Name: 'email_verified', Value: 'true' },
  ],
})

for (const engine of engines) {
  describe(`Linking of identities and users on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })
    const provider = await runOpenIdProvider()
    before(() => provider.open({ clients: [providerClient(server())], accounts: [ana, eve] }))

    const setFederation = (poolId: string, Federation: object) =>
      callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, Federation })
    const signIn = async (clientId: string, login = 'ana') => signInByProvider(server(), appRequest(clientId), login)

    it('keeps an identity apart from the user with the same address, as Cognito does', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider, { pool: { UsernameAttributes: ['email'] } })
      const { sub } = await givenUser(server(), poolId, 'ana@corp.test', verified('ana@corp.test'))
      const { claims } = await tokensFor(server(), clientId, await signIn(clientId))
      assert.notEqual(claims.sub, sub)
      assert.equal((await usernamesIn(server(), poolId)).length, 2)
    })

    it('links an identity to the user with the same verified address, by policy', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider)
      await setFederation(poolId, { LinkingPolicy: 'VERIFIED_EMAIL' })
      await givenUser(server(), poolId, 'local', verified('ANA@corp.test'))
      const { claims } = await tokensFor(server(), clientId, await signIn(clientId))
      assert.equal(claims['cognito:username'], 'local')
      const { status, attributes } = await readUser(server(), poolId, 'local')
      assert.equal(status, 'CONFIRMED')
      assert.equal(JSON.parse(attributes['identities'] ?? '[]')[0].primary, false)
      const browser = new TestBrowser(server())
      const own = appRequest(clientId, { identity_provider: undefined })
      assert.ok((await browser.signIn(own, 'local', goodPassword)).searchParams.has('code'))
      assert.deepEqual(await usernamesIn(server(), poolId), ['local'])
    })

    it('asks a user who has a second factor for a proof, because a sign-in at the provider needs none', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider)
      await setMfa(server(), poolId, 'ON', ['totp'])
      await setFederation(poolId, { LinkingPolicy: 'VERIFIED_EMAIL' })
      await givenUser(server(), poolId, 'local', verified('ana@corp.test'))
      assert.match(await signIn(clientId), /^\/login\?/)
      assert.equal((await readUser(server(), poolId, 'local')).attributes['identities'], undefined)
    })

    it('does not link an address that one side has not verified', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider)
      await setFederation(poolId, { LinkingPolicy: 'VERIFIED_EMAIL' })
      await givenUser(server(), poolId, 'local', verified('ana@corp.test'))
      const byEve = await tokensFor(server(), clientId, await signIn(clientId, 'eve'))
      assert.equal(byEve.claims['cognito:username'], 'Corp_eve')

      const other = await givenFederatedPool(server(), provider)
      await setFederation(other.poolId, { LinkingPolicy: 'VERIFIED_EMAIL' })
      await givenUser(server(), other.poolId, 'squatter', { attributes: [{ Name: 'email', Value: 'ana@corp.test' }] })
      const byAna = await tokensFor(server(), other.clientId, await signIn(other.clientId))
      assert.equal(byAna.claims['cognito:username'], 'Corp_ana')
    })

    it('does not take the Kelvin sign in an address for the letter K', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider)
      await setFederation(poolId, { LinkingPolicy: 'VERIFIED_EMAIL' })
      await givenUser(server(), poolId, 'local', verified('mike@corp.test'))
      await provider.setAccounts({ sub: 'kelvin', email: 'mi\u212ae@corp.test', email_verified: true })
      const { claims } = await tokensFor(server(), clientId, await signIn(clientId, 'kelvin'))
      assert.equal(claims['cognito:username'], 'Corp_kelvin')
    })

    it('does not let a second user sign up with the address of a linked pool', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider, { pool: { UsernameAttributes: ['email'] } })
      await setFederation(poolId, { LinkingPolicy: 'VERIFIED_EMAIL' })
      await signIn(clientId)
      const request = { ClientId: clientId, Username: 'ana@corp.test', Password: goodPassword }
      await assert.rejects(server().send(new SignUpCommand(request)), { name: 'UsernameExistsException' })
      assert.deepEqual(await usernamesIn(server(), poolId), ['Corp_ana'])
    })

    it('follows the link of AdminLinkProviderForUser', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider)
      await givenUser(server(), poolId, 'local')
      await server().send(linkCommand(poolId, 'local', 'ana'))
      const { claims } = await tokensFor(server(), clientId, await signIn(clientId))
      assert.equal(claims['cognito:username'], 'local')
      assert.equal(claims['cognito:groups'], undefined)
      const { attributes } = await readUser(server(), poolId, 'local')
      assert.equal(attributes['email'], 'ana@corp.test')
    })

    it('fails the first sign-in of an identity that PreSignUp links, and signs in later, or at once by setting', async () => {
      for (const [FirstLinkedSignIn, first] of [
        ['REFUSED', 'Already found an entry for username Corp_ana'],
        ['SIGNED_IN', null],
      ] as const) {
        const triggers = endpoint.given({
          PreSignUp: async (event) => {
            if (event.triggerSource === 'PreSignUp_ExternalProvider') await server().send(linkCommand(event.userPoolId, 'local', 'ana'))
            return event
          },
          PostConfirmation: agree,
        })
        const { poolId, clientId } = await givenFederatedPool(server(), provider, { pool: { LambdaConfig: triggers.lambdaConfig } })
        await setFederation(poolId, { FirstLinkedSignIn })
        await givenUser(server(), poolId, 'local')
        triggers.clear()
        assert.equal(errorIn(await signIn(clientId)).description, first)
        const { claims } = await tokensFor(server(), clientId, await signIn(clientId))
        assert.equal(claims['cognito:username'], 'local')
        assert.deepEqual(triggers.fired, ['PreSignUp_ExternalProvider'])
        assert.deepEqual(await usernamesIn(server(), poolId), ['local'])
      }
    })

    it('signs in one user when two tabs come back at once', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider)
      const browser = new TestBrowser(server())
      const begun = []
      for (let tab = 0; tab < 2; tab++) begun.push(locationOf(await browser.visit(`/oauth2/authorize?${encode(appRequest(clientId))}`)))
      const answers = []
      for (const toProvider of begun) answers.push(await signInAtProvider(toProvider, 'ana'))
      const ends = await Promise.all(answers.map(async ({ pathname, search }) => locationOf(await browser.visit(pathname + search))))
      for (const end of ends) assert.match(end, /code=/)
      assert.deepEqual(await usernamesIn(server(), poolId), ['Corp_ana'])
    })

    it('writes attributes by their modes', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider, {
        more: { AttributeMapping: { email: 'email', name: 'name', given_name: 'given_name', nickname: 'nickname' } },
      })
      const AttributeModes = { name: 'FIRST', given_name: 'IF_EMPTY', nickname: 'NEVER' }
      await setFederation(poolId, { Providers: { Corp: { EmailVerified: 'ALWAYS', AttributeModes } } })
      await provider.setAccounts({ sub: 'mo', email: 'mo@corp.test', name: 'Mo', nickname: 'M' })
      await signIn(clientId, 'mo')
      await provider.setAccounts({ sub: 'mo', email: 'mo@new.test', name: 'Moe', given_name: 'Mo', nickname: 'M' })
      await signIn(clientId, 'mo')
      await provider.setAccounts({ sub: 'mo', email: 'mo@new.test', name: 'Moe', given_name: 'Other', nickname: 'M' })
      await signIn(clientId, 'mo')
      const { attributes } = await readUser(server(), poolId, 'Corp_mo')
      assert.equal(attributes['email'], 'mo@new.test')
      assert.equal(attributes['email_verified'], 'true')
      assert.equal(attributes['name'], 'Mo')
      assert.equal(attributes['given_name'], 'Mo')
      assert.equal(attributes['nickname'], undefined)
    })

    it('refuses a disabled user, and makes a new one after a deletion', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider)
      const { claims } = await tokensFor(server(), clientId, await signIn(clientId))
      await server().send(new AdminDisableUserCommand({ UserPoolId: poolId, Username: 'Corp_ana' }))
      assert.deepEqual(errorIn(await signIn(clientId)), { error: 'invalid_request', description: 'User is disabled.' })
      await server().send(new AdminDeleteUserCommand({ UserPoolId: poolId, Username: 'Corp_ana' }))
      const again = await tokensFor(server(), clientId, await signIn(clientId))
      assert.notEqual(again.claims.sub, claims.sub)
    })
  })
}

const linkCommand = (UserPoolId: string, username: string, subject: string) =>
  new AdminLinkProviderForUserCommand({
    UserPoolId,
    DestinationUser: { ProviderName: 'Cognito', ProviderAttributeValue: username },
    SourceUser: { ProviderName: 'Corp', ProviderAttributeName: 'Cognito_Subject', ProviderAttributeValue: subject },
  })
