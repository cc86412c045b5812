import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { accountPages, givenVerifyingPool, goodForm } from '../../support/account-pages.ts'
import { engines } from '../../support/engines.ts'
import { hidingSection } from '../../support/hidden-sign-ups.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { alertIn, titleIn } from '../../support/page-texts.ts'
import { codeSentTo, sentTo } from '../../support/self-service.ts'
import { givenUser } from '../../support/sign-in.ts'
import { hiddenFieldsIn } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const [free, taken] = ['zed@q.test', 'zoe@q.test']

for (const engine of engines) {
  describe(`The sign-up page of a pool that hides which users exist, on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const { open, answer, follow, requestOf } = accountPages(server)

    async function given() {
      const client = { PreventUserExistenceErrors: 'ENABLED' as const }
      const ids = await givenVerifyingPool(server(), { pool: { UsernameAttributes: ['email'] }, client })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: ids.poolId, SignUp: hidingSection })
      await givenUser(server(), ids.poolId, taken, { password: 'Other-horse-8' })
      return ids
    }

    const visible = (text: string) =>
      text
        .replaceAll(free, '<name>')
        .replaceAll(taken, '<name>')
        .replace(/value="[\w.~-]{16,}"/g, 'value=""')

    async function visit(clientId: string, name: string) {
      const { browser, page } = await open('/signup', clientId)
      const sent = await answer(browser, page, goodForm({ 'requiredAttributes[email]': name }))
      const asked = await follow(browser, sent)
      const wrong = await answer(browser, asked, { code: '000000' })
      const resent = await follow(browser, await browser.submit(`/resendcode?${requestOf(clientId)}`, hiddenFieldsIn(wrong)))
      return { browser, asked, shown: [sent.status, visible(asked.text), wrong.status, alertIn(wrong), titleIn(resent)] }
    }

    it('looks the same for a free name and for a taken one', async () => {
      const { poolId, clientId } = await given()
      const [one, other] = [await visit(clientId, free), await visit(clientId, taken)]
      assert.match(one.asked.text, /We sent a code to z\*\*\*@q\*\*\*\./)
      assert.deepEqual(other.shown, one.shown)
      assert.deepEqual(await sentTo(server(), poolId), [`sign-up ${free}`, `resend ${free}`, `account-exists ${taken}`])
      const done = await follow(one.browser, await answer(one.browser, one.asked, { code: await codeSentTo(server(), poolId, free) }))
      assert.equal(titleIn(done), 'Sign in')
    })

    it('lets a user who left the page come back by signing up again', async () => {
      const { poolId, clientId } = await given()
      await visit(clientId, free)
      const { browser, asked } = await visit(clientId, free)
      assert.deepEqual(await sentTo(server(), poolId), [`sign-up ${free}`, `resend ${free}`, `sign-up ${free}`, `resend ${free}`])
      const done = await follow(browser, await answer(browser, asked, { code: await codeSentTo(server(), poolId, free) }))
      assert.equal(titleIn(done), 'Sign in')
    })
  })
}
