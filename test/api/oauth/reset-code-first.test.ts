import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminUpdateUserAttributesCommand } from '@aws-sdk/client-cognito-identity-provider'
import { accountPages, goodForm } from '../../support/account-pages.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { giveAttributes } from '../../support/mfa.ts'
import { givenOAuthPool } from '../../support/oauth.ts'
import { alertIn, fieldsIn, noticeIn, titleIn } from '../../support/page-texts.ts'
import { codeSentTo, sentTo, wrongCode } from '../../support/self-service.ts'
import { givenUser } from '../../support/sign-in.ts'
import { agree } from '../../support/sign-in-triggers.ts'
import { type TestPoolOptions, useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

const email = 'ana@example.test'
const newPassword = goodForm({ password: 'Better-horse-8', confirm_password: 'Better-horse-8' })

for (const engine of engines) {
  describe(`The check of a reset code before the new password on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })
    const { open, answer, follow } = accountPages(server)

    async function givenAna(options: TestPoolOptions = {}) {
      const given = await givenOAuthPool(server(), options)
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: given.poolId, HostedPages: { CheckResetCodeFirst: true } })
      await givenUser(server(), given.poolId, 'ana')
      await giveAttributes(server(), given.poolId, 'ana', { email, email_verified: 'true' })
      return given
    }
    async function ask(clientId: string, username = 'ana') {
      const { browser, page } = await open('/forgotPassword', clientId)
      return { browser, page: await follow(browser, await answer(browser, page, { username })) }
    }

    it('asks for the code on one page and for the password on the next, and uses the code up with the password only', async () => {
      const triggers = endpoint.given({ CustomMessage: agree, PostConfirmation: agree })
      const { poolId, clientId } = await givenAna({ pool: { LambdaConfig: triggers.lambdaConfig } })
      triggers.clear()
      const { browser, page } = await ask(clientId)
      assert.deepEqual([titleIn(page), fieldsIn(page)], ['Reset your password', ['code']])
      const code = await codeSentTo(server(), poolId, email)
      const wrong = await answer(browser, page, { code: wrongCode(code) })
      assert.deepEqual([wrong.status, alertIn(wrong), fieldsIn(wrong)], [400, 'The code is not right. Check it and try again.', ['code']])
      const next = await follow(browser, await answer(browser, wrong, { code: ` ${code} ` }))
      assert.deepEqual([titleIn(next), fieldsIn(next)], ['Set a new password', ['password', 'confirm_password']])
      assert.ok(!next.text.includes(code), 'The page does not contain the code.')
      const again = await follow(browser, await answer(browser, page, { code }))
      assert.deepEqual(fieldsIn(again), ['password', 'confirm_password'])
      const weak = await answer(browser, next, goodForm({ password: 'weak', confirm_password: 'weak' }))
      assert.deepEqual([alertIn(weak), fieldsIn(weak)], ['The password does not meet the rules below.', ['password', 'confirm_password']])
      const done = await follow(browser, await answer(browser, weak, newPassword))
      assert.deepEqual([titleIn(done), noticeIn(done)], ['Sign in', 'Your password was changed'])
      assert.deepEqual(triggers.fired, ['CustomMessage_ForgotPassword', 'PostConfirmation_ConfirmForgotPassword'])
      assert.deepEqual(await sentTo(server(), poolId), [`forgot-password ${email}`])
    })

    it('does not take a password with a code that was not checked', async () => {
      const { poolId, clientId } = await givenAna()
      const { browser, page } = await ask(clientId)
      const code = await codeSentTo(server(), poolId, email)
      const wrong = await answer(browser, page, { ...newPassword, code: wrongCode(code) })
      assert.deepEqual([wrong.status, fieldsIn(wrong)], [400, ['code']])
      const next = await follow(browser, await answer(browser, wrong, { ...newPassword, code }))
      assert.equal(titleIn(next), 'Set a new password')
    })

    it('goes back to the page for the code when a newer code or a new address has made it useless', async () => {
      const changes = [
        async (clientId: string) => void (await ask(clientId)),
        (_clientId: string, UserPoolId: string) => {
          const attribute = { Name: 'email', Value: 'new@example.test' }
          const UserAttributes = [attribute, { Name: 'email_verified', Value: 'true' }]
          return server().send(new AdminUpdateUserAttributesCommand({ UserPoolId, Username: 'ana', UserAttributes }))
        },
      ]
      for (const change of changes) {
        const { poolId, clientId } = await givenAna()
        const { browser, page } = await ask(clientId)
        const next = await follow(browser, await answer(browser, page, { code: await codeSentTo(server(), poolId, email) }))
        await change(clientId, poolId)
        const refused = await answer(browser, next, newPassword)
        assert.deepEqual([refused.status, fieldsIn(refused)], [400, ['code']])
        assert.match(alertIn(refused), /^The code (is not right|has expired)/)
      }
    })

    it('answers in the same way for a name that no user has, and counts each check', async () => {
      const { poolId, clientId } = await givenAna({ client: { PreventUserExistenceErrors: 'ENABLED' } })
      const texts = []
      for (const username of ['ana', 'nobody']) {
        const { browser, page } = await ask(clientId, username)
        const alerts = []
        for (let at = 0; at < 25; at++) {
          const refused = await answer(browser, page, { code: '000000' })
          assert.deepEqual(fieldsIn(refused), ['code'])
          alerts.push(alertIn(refused))
        }
        texts.push({ title: titleIn(page), alerts })
      }
      assert.deepEqual(texts[0], texts[1])
      assert.equal(texts[0]?.alerts[0], 'The code is not right. Check it and try again.')
      assert.equal(texts[0]?.alerts.at(-1), 'Too many attempts. Please wait a while and try again.')
      const { browser, page } = await ask(clientId)
      const right = await answer(browser, page, { code: await codeSentTo(server(), poolId, email) })
      assert.equal(right.status, 400)
    })

    it('is off unless the pool turns it on', async () => {
      const given = await givenOAuthPool(server())
      await givenUser(server(), given.poolId, 'ana')
      await giveAttributes(server(), given.poolId, 'ana', { email, email_verified: 'true' })
      const { page } = await ask(given.clientId)
      assert.deepEqual(fieldsIn(page), ['code', 'password', 'confirm_password'])
    })
  })
}
