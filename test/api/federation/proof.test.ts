import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { AdminLinkProviderForUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { addProvider, appRequest, givenFederatedPool, providerClient, readUser, tokensFor, usernamesIn } from '../../support/federation.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { giveAttributes, givenAppUser, setMfa } from '../../support/mfa.ts'
import { encode } from '../../support/oauth.ts'
import { errorIn, runOpenIdProvider } from '../../support/openid-provider.ts'
import { registerPasskey, setWebAuthn, withPasskeys } from '../../support/passkeys.ts'
import { arriveAtProof, backFromProvider, buttonOf, fillIn, pathTo, withPassword } from '../../support/proof.ts'
import { messagesOf } from '../../support/self-service.ts'
import { givenTokens, givenUser, goodPassword } from '../../support/sign-in.ts'
import { linkClient, linkPool, linkSentTo } from '../../support/sign-in-links.ts'
import type { RequestOptions } from '../../support/software-authenticator.ts'
import { locationOf, passkeyOptionsIn, TestBrowser } from '../../support/test-browser.ts'
import { type TestPoolOptions, useTestServer } from '../../support/test-server.ts'

const email = 'ana@corp.test'
const notice = 'You have an account with this address already. Sign in to connect Corp.'
const wrongPage = 'This page has expired. Please try again.'

for (const engine of engines) {
  describe(`The proof that an identity belongs to a user on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const provider = await runOpenIdProvider()
    before(() =>
      provider.open({
        clients: [providerClient(server())],
        accounts: ['ana', 'ana2'].map((sub) => ({ sub, email, email_verified: true, name: 'Ana' })),
      }),
    )

    async function givenProofPool(options: TestPoolOptions = {}, extensions: object = {}) {
      const given = await givenFederatedPool(server(), provider, options)
      const request = { UserPoolId: given.poolId, Federation: { LinkingPolicy: 'PROOF' }, ...extensions }
      await callLifeguard(server(), 'SetUserPoolExtensions', request)
      return given
    }
    const givenLocal = (poolId: string, username: string, address = email) =>
      givenUser(server(), poolId, username, {
        attributes: [
          { Name: 'email', Value: address },
          { Name: 'email_verified', Value: 'true' },
        ],
      })
    const providersOf = async (poolId: string, username: string) => {
      const { attributes } = await readUser(server(), poolId, username)
      return (JSON.parse(attributes['identities'] ?? '[]') as { providerName: string }[]).map(({ providerName }) => providerName)
    }
    const newBrowser = () => new TestBrowser(server())

    it('asks for it on the sign-in page, which says nothing but that an account exists', async () => {
      const { poolId, clientId } = await givenProofPool()
      const { sub } = await givenLocal(poolId, 'local')
      const browser = newBrowser()
      const page = await arriveAtProof(browser, clientId)
      assert.ok(page.text.includes(notice))
      for (const secret of ['local', sub, email]) assert.ok(!page.text.includes(secret), secret)
      assert.deepEqual(await providersOf(poolId, 'local'), [])
      const end = locationOf(await withPassword(browser, page, 'local'))
      assert.equal(new URL(end).searchParams.get('state'), 's')
      assert.equal((await tokensFor(server(), clientId, end)).claims.sub, sub)
      assert.deepEqual(await providersOf(poolId, 'local'), ['Corp'])
      const plain = await newBrowser().visit(`/login?${encode(appRequest(clientId))}`)
      assert.ok(!plain.text.includes(notice))
    })

    it('survives a wrong password and a second factor', async () => {
      const { poolId, clientId } = await givenProofPool({ client: { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] } })
      await setMfa(server(), poolId, 'OPTIONAL', ['totp'])
      const app = await givenAppUser(server(), { poolId, clientId }, 'local')
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, Federation: { LinkingPolicy: 'PROOF' } })
      await giveAttributes(server(), poolId, 'local', { email, email_verified: 'true' })
      const browser = newBrowser()
      const wrong = await withPassword(browser, await arriveAtProof(browser, clientId), 'local', 'Wrong-horse-7')
      assert.equal(wrong.status, 400)
      assert.ok(wrong.text.includes(notice))
      const challenge = await browser.visit(locationOf(await withPassword(browser, wrong, 'local')))
      assert.deepEqual(await providersOf(poolId, 'local'), [])
      const end = locationOf(await fillIn(browser, challenge, { code: app.code() }))
      assert.match(end, /code=/)
      assert.deepEqual(await providersOf(poolId, 'local'), ['Corp'])
    })

    it('survives the choice of a factor, a code by e-mail, and a link that is opened in the same browser', async () => {
      const { poolId, clientId } = await givenProofPool(
        { pool: linkPool, client: linkClient },
        { HostedPages: { SignInLinks: { Enabled: true } } },
      )
      for (const way of ['code', 'link'] as const) {
        const local = await givenLocal(poolId, way, `${way}@corp.test`)
        await provider.setAccounts({ sub: way, email: `${way}@corp.test`, email_verified: true })
        const browser = newBrowser()
        const page = await arriveAtProof(browser, clientId, way)
        const choice = await browser.visit(locationOf(await fillIn(browser, page, { username: way })))
        const sent = await browser.visit(locationOf(await fillIn(browser, choice, { factor: way === 'link' ? 'link' : 'EMAIL_OTP' })))
        const end =
          way === 'link'
            ? await browser.visit(await linkSentTo(server(), poolId, `${way}@corp.test`))
            : await fillIn(browser, sent, { code: (await messagesOf(server(), poolId)).at(-1)?.text?.match(/\d{6,8}/)?.[0] ?? '' })
        assert.equal((await tokensFor(server(), clientId, locationOf(end))).claims.sub, local.sub)
        assert.deepEqual(await providersOf(poolId, way), ['Corp'])
      }
    })

    it('fits into the cookies of a browser, when the user has many passkeys and the identity a long name', async () => {
      const { poolId, clientId } = await givenProofPool(withPasskeys)
      await setWebAuthn(server(), poolId, { RelyingPartyId: 'example.test' })
      const local = await givenLocal(poolId, 'local')
      const { accessToken } = await givenTokens(server(), clientId, 'local')
      const passkeys = []
      for (let count = 0; count < 8; count++) {
        passkeys.push(await registerPasskey(server(), accessToken, { transports: ['internal', 'hybrid'] }))
      }
      const sub = 's'.repeat(123)
      await provider.setAccounts({ sub, email, email_verified: true })
      const browser = newBrowser()
      const page = await arriveAtProof(browser, clientId, sub)
      const choice = await browser.visit(locationOf(await fillIn(browser, page, { username: 'local' })))
      const challenge = await browser.visit(locationOf(await fillIn(browser, choice, { factor: 'WEB_AUTHN' })))
      for (const [name, value] of browser.cookies) {
        assert.ok(name.length + value.length < 4000, `${name}: ${value.length}`)
      }
      const userHandle = Buffer.from(local.sub).toString('base64url')
      const credential = passkeys[7]?.use(passkeyOptionsIn(challenge) as RequestOptions, { userHandle })
      const end = locationOf(await fillIn(browser, challenge, { credential: JSON.stringify(credential) }))
      assert.equal((await tokensFor(server(), clientId, end)).claims.sub, local.sub)
      assert.deepEqual(await providersOf(poolId, 'local'), ['Corp'])
    })

    it('survives the reset of a forgotten password', async () => {
      const { poolId, clientId } = await givenProofPool()
      await givenLocal(poolId, 'local')
      const browser = newBrowser()
      const page = await arriveAtProof(browser, clientId)
      const query = page.text.match(/href="\/forgotPassword\?([^"]*)"/)?.[1]?.replaceAll('&amp;', '&') ?? ''
      const forgot = await browser.visit(`/forgotPassword?${query}`)
      const reset = await browser.visit(locationOf(await fillIn(browser, forgot, { username: 'local' })))
      const code = (await messagesOf(server(), poolId)).at(-1)?.text?.match(/\d{6}/)?.[0] ?? ''
      const fields = { code, password: 'Other-horse-8', confirm_password: 'Other-horse-8' }
      const again = await browser.visit(locationOf(await fillIn(browser, reset, fields)))
      assert.ok(again.text.includes(notice))
      await withPassword(browser, again, 'local', 'Other-horse-8')
      assert.deepEqual(await providersOf(poolId, 'local'), ['Corp'])
    })

    it('is not given by another user, nor by another browser', async () => {
      const { poolId, clientId } = await givenProofPool()
      await givenLocal(poolId, 'local')
      await givenUser(server(), poolId, 'other')
      const browser = newBrowser()
      const page = await arriveAtProof(browser, clientId)
      const end = locationOf(await withPassword(browser, page, 'other'))
      assert.equal((await tokensFor(server(), clientId, end)).claims['cognito:username'], 'other')
      const victim = newBrowser()
      assert.match((await victim.signIn(appRequest(clientId, { identity_provider: undefined }), 'local')).search, /code=/)
      // A form with the step of another browser is refused, even with the right password.
      const waiting = newBrowser()
      const stolen = await arriveAtProof(waiting, clientId)
      const step = /name="step" value="([^"]+)"/.exec(stolen.text)?.[1] ?? ''
      const plain = await victim.visit(`/login?${encode(appRequest(clientId))}`)
      const refused = await fillIn(victim, plain, { step, username: 'local', password: goodPassword })
      assert.ok(refused.text.includes(wrongPage))
      for (const name of ['local', 'other']) assert.deepEqual(await providersOf(poolId, name), [])
      assert.deepEqual(await usernamesIn(server(), poolId), ['local', 'other'])
    })

    it('links nothing from a tab that did not ask for it', async () => {
      const { poolId, clientId } = await givenProofPool()
      await givenLocal(poolId, 'local')
      const browser = newBrowser()
      const plain = await browser.visit(`/login?${encode(appRequest(clientId, { identity_provider: undefined }))}`)
      await arriveAtProof(browser, clientId)
      assert.match(locationOf(await withPassword(browser, plain, 'local')), /code=/)
      assert.deepEqual(await providersOf(poolId, 'local'), [])
    })

    it('counts for the identity that the page names, when two tabs bring two', async () => {
      const { poolId, clientId } = await givenProofPool()
      await addProvider(server(), provider, { poolId, clientId, name: 'Other' })
      await givenLocal(poolId, 'local')
      const browser = newBrowser()
      const corp = await arriveAtProof(browser, clientId)
      await arriveAtProof(browser, clientId, 'ana2', 'Other')
      const again = await withPassword(browser, corp, 'local')
      assert.ok(again.text.includes(wrongPage))
      assert.ok(again.text.includes('Sign in to connect Other.'))
      assert.deepEqual(await providersOf(poolId, 'local'), [])
      await withPassword(browser, again, 'local')
      assert.deepEqual(await providersOf(poolId, 'local'), ['Other'])
    })

    it('is given by another provider only through the button of the page', async () => {
      const { poolId, clientId } = await givenProofPool()
      await addProvider(server(), provider, { poolId, clientId, name: 'Other' })
      const first = newBrowser()
      await first.visit(await backFromProvider(first, pathTo(clientId, { identity_provider: 'Other' }), 'ana2'))
      const browser = newBrowser()
      const page = await arriveAtProof(browser, clientId)
      const elsewhere = await backFromProvider(browser, pathTo(clientId, { identity_provider: 'Other', prompt: 'login' }), 'ana2')
      assert.match(locationOf(await browser.visit(elsewhere)), /code=/)
      assert.deepEqual(await providersOf(poolId, 'Other_ana2'), ['Other'])
      const anew = newBrowser()
      const asked = await arriveAtProof(anew, clientId)
      assert.notEqual(buttonOf(asked, 'Other'), buttonOf(page, 'Other'))
      await anew.visit(await backFromProvider(anew, buttonOf(asked, 'Other'), 'ana2'))
      assert.deepEqual(await providersOf(poolId, 'Other_ana2'), ['Other', 'Corp'])
    })

    it('does not keep the user from the app when the identity cannot be linked any more', async () => {
      const { poolId, clientId } = await givenProofPool()
      await givenLocal(poolId, 'local')
      await givenUser(server(), poolId, 'other')
      const browser = newBrowser()
      const page = await arriveAtProof(browser, clientId)
      await server().send(
        new AdminLinkProviderForUserCommand({
          UserPoolId: poolId,
          DestinationUser: { ProviderName: 'Cognito', ProviderAttributeValue: 'other' },
          SourceUser: { ProviderName: 'Corp', ProviderAttributeName: 'Cognito_Subject', ProviderAttributeValue: 'ana' },
        }),
      )
      assert.match(locationOf(await withPassword(browser, page, 'local')), /code=/)
      assert.deepEqual(await providersOf(poolId, 'local'), [])
      assert.deepEqual(await providersOf(poolId, 'other'), ['Corp'])
    })

    it('is impossible, and an error for the app, where the client offers no other way to sign in', async () => {
      const { poolId, clientId } = await givenProofPool({ client: { SupportedIdentityProviders: ['Corp'] } })
      await givenLocal(poolId, 'local')
      const browser = newBrowser()
      const end = locationOf(await browser.visit(await backFromProvider(browser, pathTo(clientId), 'ana')))
      assert.deepEqual(errorIn(end), {
        error: 'invalid_request',
        description: 'A user with the email address of the identity exists, and has to sign in to link the identity.',
      })
      assert.deepEqual(await usernamesIn(server(), poolId), ['local'])
    })

    it('comes too late after an hour', async () => {
      const { poolId, clientId } = await givenProofPool()
      await givenLocal(poolId, 'local')
      const browser = newBrowser()
      const page = await arriveAtProof(browser, clientId)
      server().clock.advance(60 * 60_000)
      assert.ok((await withPassword(browser, page, 'local')).text.includes(wrongPage))
      assert.deepEqual(await providersOf(poolId, 'local'), [])
    })
  })
}
