import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decryptCode, openCodeKeyFile } from '../../support/code-keys.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { giveAttributes } from '../../support/mfa.ts'
import { titleIn } from '../../support/page-texts.ts'
import { messagesOf, sentTo } from '../../support/self-service.ts'
import { anaEmail, askForLink, codeOf, enableLinks, givenLinkPool, linkSentTo, requestOf } from '../../support/sign-in-links.ts'
import { agree, refuse } from '../../support/sign-in-triggers.ts'
import { hiddenFieldsIn, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint, type TriggerEvent } from '../../support/trigger-endpoint.ts'

const endpoint = await openTriggerEndpoint()
const codeKey = openCodeKeyFile()

for (const engine of engines) {
  describe(`The e-mail with a link to sign in with on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: [...endpoint.flags, ...codeKey.flags] })

    const setMessages = (poolId: string, Messages: object) =>
      callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, Messages })
    const listMessages = async (poolId: string) => (await callLifeguard(server(), 'ListMessages', { UserPoolId: poolId })).Messages

    it('has the link in its HTML and in its text, and no code', async () => {
      const { poolId, clientId } = await givenLinkPool(server())
      await askForLink(server(), requestOf(clientId))
      const [message, ...others] = await messagesOf(server(), poolId)
      assert.deepEqual(others, [])
      const link = `${server().url}${await linkSentTo(server(), poolId)}`
      assert.equal(message?.subject, 'Your sign-in link')
      assert.ok(message?.html?.includes(`<a href="${link.replaceAll('&', '&amp;')}">Sign in</a>`), message?.html ?? '')
      assert.ok(message?.text?.includes(`Sign in (${link})`))
      assert.equal(message?.code, null)
      const page = await (await fetch(`${server().url}/inbox/messages/${message?.id}`)).text()
      assert.ok(page.includes(`href="${link.replaceAll('&', '&amp;')}"`), 'The inbox shows the link.')
    })

    it('has the texts of the pool, and those of the language of the user', async () => {
      const { poolId, clientId } = await givenLinkPool(server(), {}, { EmailMessage: 'Hi {username}: {##go##}', EmailSubject: 'Go' })
      await setMessages(poolId, {
        Templates: { de: { SignInLinkEmail: '<p>Hallo {username}, {##hier##}</p>', SignInLinkEmailSubject: 'Anmelden' } },
      })
      await askForLink(server(), requestOf(clientId))
      await giveAttributes(server(), poolId, 'ana', { locale: 'de-CH' })
      await askForLink(server(), requestOf(clientId))
      const messages = await messagesOf(server(), poolId)
      assert.deepEqual(
        messages.map(({ subject, text }) => [subject, text?.replace(/\(http[^)]+\)/, '(LINK)')]),
        [
          ['Go', 'Hi ana: go (LINK)'],
          ['Anmelden', 'Hallo ana, hier (LINK)'],
        ],
      )
    })

    it('is refused without a place for its link', async () => {
      const { poolId } = await givenLinkPool(server())
      const noPlace = { name: 'InvalidParameterException', message: /SignInLinks: EmailMessage must contain a link such as/ }
      await assert.rejects(enableLinks(server(), poolId, { EmailMessage: 'Hello {####}' }), noPlace)
      const Templates = { de: { SignInLinkEmail: 'Hallo {####}' } }
      await assert.rejects(setMessages(poolId, { Templates }), { message: /SignInLinkEmail of de must contain a link such as/ })
      for (const LifetimeMinutes of [0, 61]) {
        await assert.rejects(enableLinks(server(), poolId, { LifetimeMinutes }), { name: 'InvalidParameterException' })
      }
    })

    it('is written by CustomMessage, which never gets the link', async () => {
      const triggers = endpoint.given({
        CustomMessage: (event: TriggerEvent) => {
          event.response.emailSubject = 'Ours'
          event.response.emailMessage = `Use ${event.request.linkParameter}`
          return event
        },
      })
      const { poolId, clientId } = await givenLinkPool(server(), { pool: { LambdaConfig: triggers.lambdaConfig } })
      const { browser } = await askForLink(server(), requestOf(clientId))
      assert.deepEqual(triggers.fired, ['CustomMessage_SignInLink'])
      assert.ok(!JSON.stringify(triggers.events).includes('/login/link'))
      const [message] = await messagesOf(server(), poolId)
      assert.deepEqual([message?.subject, message?.text?.replace(/\(.*/, '')], ['Ours', 'Use Click Here '])
      assert.ok(codeOf(await browser.visit(await linkSentTo(server(), poolId))))
    })

    it('has the text of the pool when CustomMessage writes none, and is not sent when it refuses', async () => {
      let handler: (event: TriggerEvent) => unknown = agree
      const triggers = endpoint.given({ CustomMessage: (event) => handler(event) })
      const { poolId, clientId } = await givenLinkPool(server(), { pool: { LambdaConfig: triggers.lambdaConfig } })
      await askForLink(server(), requestOf(clientId))
      handler = refuse
      const browser = new TestBrowser(server())
      const form = { ...hiddenFieldsIn(await browser.visit(`/login?${requestOf(clientId)}`)), username: 'ana' }
      const refused = await browser.submit(`/login/link/send?${requestOf(clientId)}`, form)
      assert.deepEqual([refused.status, titleIn(refused)], [400, 'Sign in'])
      assert.deepEqual(
        (await messagesOf(server(), poolId)).map(({ subject }) => subject),
        ['Your sign-in link'],
      )
    })

    it('is sent by a custom sender, which gets the whole link encrypted', async () => {
      const triggers = endpoint.given({ CustomEmailSender: agree })
      const { poolId, clientId } = await givenLinkPool(server(), { pool: { LambdaConfig: triggers.lambdaConfig } })
      const { browser } = await askForLink(server(), requestOf(clientId))
      assert.deepEqual(await messagesOf(server(), poolId), [])
      assert.deepEqual(triggers.fired, ['CustomEmailSender_SignInLink'])
      const keyring = codeKey.keyring(triggers.lambdaConfig.KMSKeyID ?? '')
      const { text } = await decryptCode(keyring, triggers.events[0]?.request.code)
      assert.ok(text.startsWith(`${server().url}/login/link?client_id=${clientId}&token=`))
      assert.ok(codeOf(await browser.visit(text.slice(server().url.length))))
    })

    it('is held back where the pool suppresses it, and for test users', async () => {
      const { poolId, clientId } = await givenLinkPool(server())
      await setMessages(poolId, { Suppress: ['SignInLink'] })
      await askForLink(server(), requestOf(clientId))
      await setMessages(poolId, {})
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, TestUsers: [{ Username: 'ana', Code: '27182818' }] })
      await askForLink(server(), requestOf(clientId))
      assert.deepEqual(await sentTo(server(), poolId), [])
      const states = (await listMessages(poolId)).map(({ Kind, State }: Record<string, string>) => [Kind, State])
      assert.deepEqual(states, [
        ['SignInLink', 'SUPPRESSED'],
        ['SignInLink', 'SUPPRESSED'],
      ])
    })

    it('counts against the limits of the pool', async () => {
      const { poolId, clientId } = await givenLinkPool(server())
      await setMessages(poolId, { MaxPerRecipientPerHour: 1 })
      await askForLink(server(), requestOf(clientId))
      const { sent } = await askForLink(server(), requestOf(clientId))
      assert.equal(titleIn(sent), 'Check your email')
      assert.deepEqual(await sentTo(server(), poolId), [`sign-in-link ${anaEmail}`])
      assert.deepEqual(
        (await listMessages(poolId)).map(({ State }: Record<string, string>) => State),
        ['FAILED', 'SENT'],
      )
    })

    it('shows its link to no administrator, and can be sent again', async () => {
      const { poolId, clientId } = await givenLinkPool(server())
      const { browser } = await askForLink(server(), requestOf(clientId))
      const [{ MessageId }] = await listMessages(poolId)
      const named = { UserPoolId: poolId, MessageId }
      const noCode = { name: 'InvalidParameterException', message: `Message ${MessageId} holds no code.` }
      await assert.rejects(callLifeguard(server(), 'ReadMessageCode', { ...named, Reason: 'ticket 1' }), noCode)
      await callLifeguard(server(), 'ResendMessage', named)
      const [first, second] = await messagesOf(server(), poolId)
      assert.equal(first?.text, second?.text)
      assert.ok(codeOf(await browser.visit(await linkSentTo(server(), poolId))))
    })
  })
}
