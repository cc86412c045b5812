import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminConfirmSignUpCommand,
  AdminDeleteUserCommand,
  AdminGetUserCommand,
  AdminLinkProviderForUserCommand,
  ConfirmForgotPasswordCommand,
  CreateIdentityProviderCommand,
  ForgotPasswordCommand,
  GetUserCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { startChoice } from '../../support/choice.ts'
import { engines } from '../../support/engines.ts'
import { giveAttributes, respond } from '../../support/mfa.ts'
import { anaEmail, press } from '../../support/notices.ts'
import { callback, encode, type Reply } from '../../support/oauth.ts'
import { alertIn, titleIn } from '../../support/page-texts.ts'
import { passkeysOf, registerPasskey, setWebAuthn, withPasskeys } from '../../support/passkeys.ts'
import { attributeList, codeSentTo, messagesOf, sentTo, update, type Values } from '../../support/self-service.ts'
import { givenTokens, givenUser, signInByPassword } from '../../support/sign-in.ts'
import { agree } from '../../support/sign-in-triggers.ts'
import { hiddenFieldsIn, locationOf, paramsIn, TestBrowser } from '../../support/test-browser.ts'
import { type TestPoolOptions, useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'
import { eve, givenUndoUser, openLink, takeAddress as takeAddressOf, undo as undoBy, undoLinkTo as undoLinkOf } from '../../support/undo.ts'

const day = 24 * 60 * 60_000
const dead = [400, 'This link is not valid']
const undone = [200, 'Your email address is back']
const revoked = { name: 'NotAuthorizedException', message: 'Access Token has been revoked' }
const resetRequired = { name: 'PasswordResetRequiredException' }

for (const engine of engines) {
  describe(`The link that undoes a change of the address on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })
    const seen = (page: Reply) => [page.status, titleIn(page)]

    const givenUsers = (options?: TestPoolOptions, settings?: object, attributes?: Values) =>
      givenUndoUser(server(), options, settings, attributes)
    const takeAddress = (poolId: string, token: string, email: string) => takeAddressOf(server(), poolId, token, email)
    const undoLinkTo = (poolId: string, recipient?: string) => undoLinkOf(server(), poolId, recipient)
    const open = (link: string, browser?: TestBrowser) => openLink(server(), link, browser)
    const undo = (link: string) => undoBy(server(), link)
    /** An attacker with a token of `ana` has changed her address. */
    async function givenTaken(options: TestPoolOptions = {}, settings: object = {}, attributes: Values = {}) {
      const given = await givenUsers(options, settings, attributes)
      await takeAddress(given.poolId, given.accessToken, eve)
      return { ...given, link: await undoLinkTo(given.poolId) }
    }
    async function userOf(UserPoolId: string) {
      const { UserAttributes = [], UserStatus } = await server().send(new AdminGetUserCommand({ UserPoolId, Username: 'ana' }))
      const attributes = Object.fromEntries(UserAttributes.map(({ Name = '', Value = '' }) => [Name, Value]))
      return { status: UserStatus, email: attributes['email'], isVerified: attributes['email_verified'], attributes }
    }
    const nextIn = ({ text }: Reply) => /class="button-link[^"]*" href="([^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&')

    it('asks first, and changes nothing when a mail scanner opens it', async () => {
      const { poolId, accessToken, link } = await givenTaken()
      for (let at = 0; at < 3; at++) {
        const { page } = await open(link)
        assert.deepEqual(seen(page), [200, 'Undo the change of your email address?'])
        assert.match(page.text, /The account ana gets the address ana@example\.test back/)
      }
      assert.equal((await userOf(poolId)).email, eve)
      await server().send(new GetUserCommand({ AccessToken: accessToken }))
    })

    it('gives the old address back, ends all sessions and demands a new password, which the user can set', async () => {
      const { poolId, clientId, accessToken, link } = await givenTaken()
      const request = { client_id: clientId, redirect_uri: callback, response_type: 'code' }
      const attacker = new TestBrowser(server())
      await attacker.signIn(request, 'ana')
      await server().send(new ForgotPasswordCommand({ ClientId: clientId, Username: 'ana' }))
      const stolen = await codeSentTo(server(), poolId, eve)
      const done = await undo(link)
      assert.deepEqual(seen(done), undone)
      const { status, email, isVerified } = await userOf(poolId)
      assert.deepEqual([status, email, isVerified], ['RESET_REQUIRED', anaEmail, 'true'])
      await assert.rejects(server().send(new GetUserCommand({ AccessToken: accessToken })), revoked)
      await assert.rejects(signInByPassword(server(), clientId, 'ana'), resetRequired)
      assert.match(locationOf(await attacker.visit(`/oauth2/authorize?${encode(request)}`)), /^\/login\?/)
      const set = (ConfirmationCode: string) =>
        server().send(
          new ConfirmForgotPasswordCommand({ ClientId: clientId, Username: 'ana', ConfirmationCode, Password: 'Another-horse-8' }),
        )
      await assert.rejects(set(stolen), { name: 'ExpiredCodeException' })
      const browser = new TestBrowser(server())
      const forgot = await browser.visit(nextIn(done) ?? '')
      await browser.submit(nextIn(done) ?? '', { ...hiddenFieldsIn(forgot), username: 'ana' })
      await set(await codeSentTo(server(), poolId, anaEmail))
      assert.ok((await givenTokens(server(), clientId, 'ana', 'Another-horse-8')).accessToken)
    })

    it('works once, also when two browsers use it at the same time', async () => {
      const { poolId, link } = await givenTaken()
      const opened = await Promise.all([open(link), open(link), open(link)])
      const replies = await Promise.all(opened.map(({ browser, page }) => press(browser, page)))
      assert.deepEqual(replies.map(seen).sort(), [undone, dead, dead].sort())
      assert.deepEqual(seen(await undo(link)), dead)
      assert.equal((await userOf(poolId)).email, anaEmail)
    })

    it('changes nothing while another user has the old address, and says so', async () => {
      const { poolId, accessToken, link } = await givenTaken()
      await givenUser(server(), poolId, 'bob', { attributes: attributeList({ email: anaEmail, email_verified: 'true' }) })
      const { browser, page } = await open(link)
      const refused = await press(browser, page)
      assert.deepEqual(seen(refused), [409, 'The change was not undone'])
      assert.match(alertIn(refused), /Another account uses this email address now/)
      assert.equal((await userOf(poolId)).email, eve)
      await server().send(new GetUserCommand({ AccessToken: accessToken }))
      await server().send(new AdminDeleteUserCommand({ UserPoolId: poolId, Username: 'bob' }))
      assert.deepEqual(seen(await press(browser, page)), undone)
    })

    it('of the first change decides: the links of later changes no longer work', async () => {
      const { poolId, accessToken, link } = await givenTaken()
      await takeAddress(poolId, accessToken, 'mallory@evil.test')
      const later = await undoLinkTo(poolId, eve)
      assert.notEqual(later, link)
      assert.deepEqual(seen(await undo(link)), undone)
      assert.equal((await userOf(poolId)).email, anaEmail)
      assert.deepEqual(seen(await undo(later)), dead)
      assert.equal((await userOf(poolId)).email, anaEmail)
    })

    it('of the first change still works after that of a later change was used', async () => {
      const { poolId, accessToken, link } = await givenTaken()
      await takeAddress(poolId, accessToken, 'mallory@evil.test')
      assert.deepEqual(seen(await undo(await undoLinkTo(poolId, eve))), undone)
      assert.equal((await userOf(poolId)).email, eve)
      assert.deepEqual(seen(await undo(link)), undone)
      assert.equal((await userOf(poolId)).email, anaEmail)
    })

    it('works no longer once an administrator has set the address', async () => {
      const { poolId, link } = await givenTaken()
      await giveAttributes(server(), poolId, 'ana', { name: 'Ana' })
      assert.equal((await open(link)).page.status, 200)
      await giveAttributes(server(), poolId, 'ana', { email: 'right@example.test', email_verified: 'true' })
      assert.deepEqual(seen(await undo(link)), dead)
    })

    it('removes what was added since the change, and keeps what was there before', async () => {
      const { pool, client } = withPasskeys
      const given = await givenUsers({ pool, client }, {}, { phone_number: '+15550001111', phone_number_verified: 'true' })
      const { poolId, accessToken } = given
      await setWebAuthn(server(), poolId, { RelyingPartyId: 'example.test' })
      const own = await registerPasskey(server(), accessToken)
      server().clock.advance(1000)
      await takeAddress(poolId, accessToken, eve)
      server().clock.advance(1000)
      await registerPasskey(server(), accessToken)
      await giveAttributes(server(), poolId, 'ana', { phone_number: '+15559998888', phone_number_verified: 'true' })
      const oidc = { client_id: 'x', client_secret: 'y', attributes_request_method: 'GET', oidc_issuer: 'https://issuer.test' }
      const urls = Object.fromEntries(
        ['authorize_url', 'token_url', 'attributes_url', 'jwks_uri'].map((name) => [name, `https://issuer.test/${name}`]),
      )
      const ProviderDetails = { ...oidc, ...urls, authorize_scopes: 'openid' }
      await server().send(
        new CreateIdentityProviderCommand({ UserPoolId: poolId, ProviderName: 'Corp', ProviderType: 'OIDC', ProviderDetails }),
      )
      await server().send(
        new AdminLinkProviderForUserCommand({
          UserPoolId: poolId,
          DestinationUser: { ProviderName: 'Cognito', ProviderAttributeValue: 'ana' },
          SourceUser: { ProviderName: 'Corp', ProviderAttributeName: 'Cognito_Subject', ProviderAttributeValue: 'eve' },
        }),
      )
      assert.equal((await passkeysOf(server(), accessToken)).length, 2)
      assert.deepEqual(seen(await undo(await undoLinkTo(poolId))), undone)
      const { attributes } = await userOf(poolId)
      assert.deepEqual([attributes['phone_number'], attributes['phone_number_verified']], ['+15559998888', 'false'])
      assert.equal(attributes['identities'], undefined)
      await server().send(new ForgotPasswordCommand({ ClientId: given.clientId, Username: 'ana' }))
      const ConfirmationCode = await codeSentTo(server(), poolId, anaEmail)
      const reset = { ClientId: given.clientId, Username: 'ana', ConfirmationCode, Password: 'Another-horse-8' }
      await server().send(new ConfirmForgotPasswordCommand(reset))
      const { accessToken: again } = await givenTokens(server(), given.clientId, 'ana', 'Another-horse-8')
      assert.deepEqual(await passkeysOf(server(), again), [own.id])
    })

    it('only signs out a user without a password', async () => {
      const pool = { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const, 'EMAIL_OTP' as const] } } }
      const { poolId, clientId } = await givenUsers({
        pool,
        client: { ExplicitAuthFlows: ['ALLOW_USER_AUTH', 'ALLOW_USER_PASSWORD_AUTH'] },
      })
      const email = 'cleo@example.test'
      await server().send(new SignUpCommand({ ClientId: clientId, Username: 'cleo', UserAttributes: attributeList({ email }) }))
      await server().send(new AdminConfirmSignUpCommand({ UserPoolId: poolId, Username: 'cleo' }))
      await giveAttributes(server(), poolId, 'cleo', { email_verified: 'true' })
      const { Session } = await startChoice(server(), clientId, 'cleo', { PREFERRED_CHALLENGE: 'EMAIL_OTP' })
      const answer = { USERNAME: 'cleo', EMAIL_OTP_CODE: await codeSentTo(server(), poolId, email) }
      const { AuthenticationResult } = await respond(server(), clientId, 'EMAIL_OTP', Session, answer)
      const AccessToken = AuthenticationResult?.AccessToken ?? ''
      await takeAddress(poolId, AccessToken, eve)
      const done = await undo(await undoLinkTo(poolId, email))
      assert.deepEqual(seen(done), undone)
      assert.equal(nextIn(done), undefined)
      await assert.rejects(server().send(new GetUserCommand({ AccessToken })), revoked)
      const { UserStatus } = await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'cleo' }))
      assert.equal(UserStatus, 'CONFIRMED')
    })

    it('calls no trigger and sends no message', async () => {
      const triggers = endpoint.given({ CustomMessage: agree, PostConfirmation: agree, PreTokenGeneration: agree })
      const { poolId, link } = await givenTaken({ pool: { LambdaConfig: triggers.lambdaConfig } })
      const [fired, sent] = [[...triggers.fired], await sentTo(server(), poolId)]
      assert.deepEqual(seen(await undo(link)), undone)
      assert.deepEqual([triggers.fired, await sentTo(server(), poolId)], [fired, sent])
    })

    it('works for as many days as the pool says, and no longer than the user exists', async () => {
      const { link } = await givenTaken({}, { UndoDays: 2 })
      server().clock.advance(2 * day - 60_000)
      const { browser, page } = await open(link)
      assert.equal(page.status, 200)
      server().clock.advance(60_000)
      assert.deepEqual(seen(await press(browser, page)), dead)
      const other = await givenTaken()
      const opened = await open(other.link)
      await server().send(new AdminDeleteUserCommand({ UserPoolId: other.poolId, Username: 'ana' }))
      assert.deepEqual(seen(await press(opened.browser, opened.page)), dead)
    })

    it('works in its pool only, and every other link gets the same answer', async () => {
      const { poolId, clientId, link } = await givenTaken()
      const other = await givenTaken()
      const token = paramsIn(link).get('token') ?? ''
      const bad = [
        '/undo',
        `/undo?${encode({ user_pool_id: other.poolId, client_id: other.clientId, token })}`,
        `/undo?${encode({ user_pool_id: poolId, client_id: clientId, token: 'x'.repeat(43) })}`,
        `/undo?${encode({ user_pool_id: poolId, client_id: clientId, token: `${token}x` })}`,
        `/undo?${encode({ user_pool_id: poolId, client_id: clientId })}`,
      ]
      const replies = await Promise.all(bad.map(async (one) => (await open(one)).page))
      assert.deepEqual(
        replies.map(seen),
        bad.map(() => dead),
      )
      assert.equal(new Set(replies.map(({ text }) => text)).size, 1)
    })

    it('needs the token of the browser in its form', async () => {
      const { poolId, link } = await givenTaken()
      const { browser, page } = await open(link)
      const form = hiddenFieldsIn(page)
      const refused = [
        await new TestBrowser(server()).submit('/undo', form),
        await browser.submit('/undo', { ...form, _csrf: 'y'.repeat(43) }),
        await browser.submit('/undo', form, { 'sec-fetch-site': 'cross-site' }),
      ]
      assert.deepEqual(
        refused.map(seen),
        refused.map(() => [400, 'Undo the change of your email address?']),
      )
      assert.equal((await userOf(poolId)).email, eve)
    })

    it('is left out of notices after twenty changes, so that rows stay bounded', async () => {
      const { poolId, accessToken } = await givenUsers({ pool: { AutoVerifiedAttributes: [] } })
      for (let at = 1; at <= 21; at++) {
        await update(server(), accessToken, { email: `a${at}@example.test` })
        await giveAttributes(server(), poolId, 'ana', { email_verified: 'true' })
      }
      const notices = (await messagesOf(server(), poolId)).filter(({ trigger }) => trigger === 'account-notice')
      assert.deepEqual(
        notices.map(({ text }) => /Undo the change/.test(text ?? '')),
        [...Array.from({ length: 20 }, () => true), false],
      )
      assert.deepEqual(seen(await undo(await undoLinkTo(poolId))), undone)
      assert.equal((await userOf(poolId)).email, anaEmail)
    })
  })
}
