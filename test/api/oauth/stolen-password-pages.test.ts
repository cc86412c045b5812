import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminGetUserCommand, SetRiskConfigurationCommand } from '@aws-sdk/client-cognito-identity-provider'
import { accountPages, anaForm } from '../../support/account-pages.ts'
import { engines } from '../../support/engines.ts'
import { giveAttributes } from '../../support/mfa.ts'
import { givenOAuthPool } from '../../support/oauth.ts'
import { alertIn, noticeIn, titleIn } from '../../support/page-texts.ts'
import { codeSentTo } from '../../support/self-service.ts'
import { givenUser, goodPassword } from '../../support/sign-in.ts'
import { locationOf, paramsIn } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const stolen = 'P@ssw0rd'
const email = 'ana@example.test'
const known = 'Other people know this password from a data leak. Choose another one.'

for (const engine of engines) {
  describe(`A stolen password on the hosted pages on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const { open, answer, follow } = accountPages(server)

    async function givenPool(mode: 'AUDIT' | 'ENFORCED') {
      const pool = { UserPoolAddOns: { AdvancedSecurityMode: mode }, AutoVerifiedAttributes: ['email' as const] }
      const ids = await givenOAuthPool(server(), { pool })
      const compromised = { Actions: { EventAction: 'BLOCK' as const } }
      await server().send(new SetRiskConfigurationCommand({ UserPoolId: ids.poolId, CompromisedCredentialsRiskConfiguration: compromised }))
      return ids
    }
    async function givenAna(mode: 'AUDIT' | 'ENFORCED') {
      const ids = await givenPool(mode)
      await givenUser(server(), ids.poolId, 'ana', { password: stolen })
      await giveAttributes(server(), ids.poolId, 'ana', { email, email_verified: 'true' })
      return ids
    }

    it('leads from the sign-in to the reset, which does not take it again', async () => {
      const { poolId, clientId } = await givenAna('ENFORCED')
      const { browser, page } = await open('/login', clientId)
      const reset = await follow(browser, await answer(browser, page, { username: 'ana', password: stolen }))
      assert.equal((await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ana' }))).UserStatus, 'RESET_REQUIRED')
      const asked = await follow(browser, await answer(browser, reset, { action: 'resend' }))
      const code = await codeSentTo(server(), poolId, email)
      const refused = await answer(browser, asked, { code, password: stolen, confirm_password: stolen })
      assert.equal(alertIn(refused), known)
      assert.ok(!refused.text.includes(stolen))
      const done = await follow(browser, await answer(browser, refused, { code, password: goodPassword, confirm_password: goodPassword }))
      assert.deepEqual([titleIn(done), noticeIn(done)], ['Sign in', 'Your password was changed'])
      assert.ok(paramsIn(locationOf(await answer(browser, done, { username: 'ana', password: goodPassword }))).get('code'))
    })

    it('signs in where the pool records only', async () => {
      const { clientId } = await givenAna('AUDIT')
      const { browser, page } = await open('/login', clientId)
      assert.ok(paramsIn(locationOf(await answer(browser, page, { username: 'ana', password: stolen }))).get('code'))
    })

    it('is refused beside its field on the page to sign up', async () => {
      const { clientId } = await givenPool('ENFORCED')
      const { browser, page } = await open('/signup', clientId)
      const refused = await answer(browser, page, anaForm({ password: stolen, confirm_password: stolen }))
      assert.equal(refused.status, 400)
      assert.ok(refused.text.includes(known))
      assert.ok(!refused.text.includes(stolen))
      const next = await answer(browser, refused, anaForm())
      assert.match(locationOf(next), /^\/confirmUser|^\/confirm/)
    })
  })
}
