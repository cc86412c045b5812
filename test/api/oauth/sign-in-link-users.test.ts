import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminGetUserCommand,
  AdminListUserAuthEventsCommand,
  AdminSetUserPasswordCommand,
  AdminUpdateUserAttributesCommand,
  AdminUserGlobalSignOutCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { giveAttributes, prefer, setMfa } from '../../support/mfa.ts'
import { codeClient, givenClient } from '../../support/oauth.ts'
import { alertIn, titleIn } from '../../support/page-texts.ts'
import { attributeList, sentTo } from '../../support/self-service.ts'
import { givenUser, goodPassword } from '../../support/sign-in.ts'
import {
  answer,
  askForLink,
  codeOf,
  deadLinkTitle,
  enableLinks,
  givenAsked,
  givenLinkPool,
  linkClient,
  linkPool,
  linkSentTo,
  requestOf,
} from '../../support/sign-in-links.ts'
import { agree, refuse } from '../../support/sign-in-triggers.ts'
import { hiddenFieldsIn, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

for (const engine of engines) {
  describe(`The users of sign-in links on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    it('verifies the address, and confirms a user who was not confirmed', async () => {
      const { poolId, clientId } = await givenLinkPool(server())
      const UserAttributes = attributeList({ email: 'neo@example.test' })
      await server().send(new SignUpCommand({ ClientId: clientId, Username: 'neo', Password: goodPassword, UserAttributes }))
      const { browser } = await askForLink(server(), requestOf(clientId), 'neo')
      assert.ok(codeOf(await browser.visit(await linkSentTo(server(), poolId, 'neo@example.test'))))
      const user = await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'neo' }))
      assert.equal(user.UserStatus, 'CONFIRMED')
      assert.equal(user.UserAttributes?.find(({ Name }) => Name === 'email_verified')?.Value, 'true')
    })

    it('is recorded in the history of the user', async () => {
      const { poolId, browser, link } = await givenAsked(server(), {}, { UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' } })
      await browser.visit(link)
      const events = await server().send(new AdminListUserAuthEventsCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.deepEqual(
        events.AuthEvents?.map(({ EventType, EventResponse }) => [EventType, EventResponse]),
        [['SignIn', 'Pass']],
      )
    })

    const changes: Readonly<Record<string, (poolId: string) => Promise<unknown>>> = {
      'has a new password': (poolId) =>
        server().send(new AdminSetUserPasswordCommand({ UserPoolId: poolId, Username: 'ana', Password: goodPassword, Permanent: true })),
      'has another e-mail address': (poolId) => giveAttributes(server(), poolId, 'ana', { email: 'new@example.test' }),
      'has no e-mail address': (poolId) =>
        server().send(
          new AdminUpdateUserAttributesCommand({ UserPoolId: poolId, Username: 'ana', UserAttributes: attributeList({ email: '' }) }),
        ),
      'has signed out everywhere': async (poolId) => {
        server().clock.advance(1)
        await server().send(new AdminUserGlobalSignOutCommand({ UserPoolId: poolId, Username: 'ana' }))
      },
      'is disabled': (poolId) => server().send(new AdminDisableUserCommand({ UserPoolId: poolId, Username: 'ana' })),
      'was disabled and is enabled again': async (poolId) => {
        await server().send(new AdminDisableUserCommand({ UserPoolId: poolId, Username: 'ana' }))
        await server().send(new AdminEnableUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      },
      'must use a second factor': async (poolId) => {
        await setMfa(server(), poolId, 'OPTIONAL', ['sms'])
        await giveAttributes(server(), poolId, 'ana', { phone_number: '+12025550199', phone_number_verified: 'true' })
        await prefer(server(), poolId, 'ana', { SMSMfaSettings: { Enabled: true, PreferredMfa: true } })
      },
      'is in a pool that no longer sends links': (poolId) => enableLinks(server(), poolId, { Enabled: false }),
    }
    for (const [what, change] of Object.entries(changes)) {
      it(`does not work any longer when its user ${what}`, async () => {
        const { poolId, browser, link } = await givenAsked(server())
        const other = new TestBrowser(server())
        const page = await other.visit(link)
        await change(poolId)
        assert.equal(titleIn(await browser.visit(link)), deadLinkTitle)
        assert.equal(titleIn(await answer(other, page)), deadLinkTitle)
      })
    }

    it('calls PreAuthentication when the link is asked for, and PostAuthentication when it is used', async () => {
      const triggers = endpoint.given({ PreAuthentication: agree, PostAuthentication: agree })
      const { poolId, clientId } = await givenLinkPool(server(), { pool: { LambdaConfig: triggers.lambdaConfig } })
      triggers.clear()
      const { browser } = await askForLink(server(), requestOf(clientId))
      assert.deepEqual(triggers.fired, ['PreAuthentication_Authentication'])
      const link = await linkSentTo(server(), poolId)
      await new TestBrowser(server()).visit(link)
      assert.deepEqual(triggers.fired, ['PreAuthentication_Authentication'])
      assert.ok(codeOf(await browser.visit(link)))
      await browser.visit(link)
      assert.deepEqual(triggers.fired, ['PreAuthentication_Authentication', 'PostAuthentication_Authentication'])
    })

    it('shows the refusal of PostAuthentication, and is not used up by it', async () => {
      let isRefused = true
      const triggers = endpoint.given({ PostAuthentication: (event) => (isRefused ? refuse() : event) })
      const { poolId, clientId } = await givenLinkPool(server(), { pool: { LambdaConfig: triggers.lambdaConfig } })
      const { browser } = await askForLink(server(), requestOf(clientId))
      const link = await linkSentTo(server(), poolId)
      const refused = await browser.visit(link)
      assert.deepEqual([refused.status, alertIn(refused)], [400, 'PostAuthentication failed with error not today.'])
      isRefused = false
      assert.ok(codeOf(await browser.visit(link)))
    })

    it('leads users who cannot use a link to another way', async () => {
      const { poolId, clientId } = await givenLinkPool(server())
      await givenUser(server(), poolId, 'phone-only')
      const { browser, sent } = await askForLink(server(), requestOf(clientId), 'phone-only')
      assert.equal(titleIn(sent), 'Enter your password')
      assert.ok(codeOf(await answer(browser, sent, { password: goodPassword })))
      assert.deepEqual(await sentTo(server(), poolId), [])
    })

    it('asks for the name when the field is empty', async () => {
      const { clientId } = await givenLinkPool(server())
      const browser = new TestBrowser(server())
      const page = await browser.visit(`/login?${requestOf(clientId)}`)
      const empty = await browser.submit(`/login/link/send?${requestOf(clientId)}`, { ...hiddenFieldsIn(page), username: ' ' })
      assert.deepEqual([empty.status, alertIn(empty)], [400, 'Please enter your name or address first.'])
    })

    const without: Readonly<Record<string, (poolId: string) => Promise<{ clientId: string }>>> = {
      'a pool that does not enable them': async (poolId) => {
        await enableLinks(server(), poolId, { Enabled: false })
        return givenClient(server(), poolId, { ...codeClient, ...linkClient })
      },
      'a client without ALLOW_USER_AUTH': (poolId) =>
        givenClient(server(), poolId, { ...codeClient, ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] }),
    }
    for (const [what, given] of Object.entries(without)) {
      it(`is not offered and cannot be asked for in ${what}`, async () => {
        const { poolId } = await givenLinkPool(server(), { pool: linkPool })
        const { clientId } = await given(poolId)
        const browser = new TestBrowser(server())
        const page = await browser.visit(`/login?${requestOf(clientId)}`)
        assert.ok(!page.text.includes('Email me a link'))
        const forced = await browser.submit(`/login/link/send?${requestOf(clientId)}`, { ...hiddenFieldsIn(page), username: 'ana' })
        assert.equal(forced.status, 404)
        assert.deepEqual(await sentTo(server(), poolId), [])
      })
    }
  })
}
