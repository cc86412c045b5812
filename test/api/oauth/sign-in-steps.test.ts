import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminCreateUserCommand, AdminGetUserCommand, CreateUserPoolClientCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { appOf, giveAttributes, givenAppUser, prefer, setMfa } from '../../support/mfa.ts'
import { callback, encode, givenOAuthPool, type Reply } from '../../support/oauth.ts'
import { givenUser, goodPassword } from '../../support/sign-in.ts'
import { csrfTokenIn, formActionIn, hiddenFieldsIn, locationOf, paramsIn, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const requestOf = (clientId: string) => encode({ client_id: clientId, redirect_uri: callback, response_type: 'code', state: 's' })
const titleIn = ({ text }: Reply): string => /<h1>([^<]*)<\/h1>/.exec(text)?.[1] ?? ''
const alertIn = ({ text }: Reply): string => /role="alert">([^<]*)</.exec(text)?.[1] ?? ''

for (const engine of engines) {
  describe(`The further steps of a sign-in on the pages on ${engine.name}`, () => {
    const server = useTestServer(engine)

    /** Sends name and password, and opens the page of the next step. */
    async function firstStep(clientId: string, username: string, password = goodPassword) {
      const browser = new TestBrowser(server())
      const next = locationOf(await browser.submitLogin(`/login?${requestOf(clientId)}`, username, password))
      assert.equal(next, `/challenge?${requestOf(clientId)}`)
      return { browser, page: await browser.visit(next) }
    }
    const answer = (browser: TestBrowser, page: Reply, form: Readonly<Record<string, string>>) =>
      browser.submit(formActionIn(page), { ...hiddenFieldsIn(page), ...form })
    const follow = async (browser: TestBrowser, reply: Reply) => browser.visit(locationOf(reply))
    const codeOf = (reply: Reply) => paramsIn(locationOf(reply)).get('code')
    const codeSentTo = async (username: string) => (await server().messages({ username })).at(-1)?.code ?? ''

    it('asks for a new password in place of a temporary one, with the attributes that the user lacks', async () => {
      const { poolId, clientId } = await givenOAuthPool(server(), {
        pool: {
          Schema: [
            { Name: 'email', Required: true },
            { Name: 'name', Required: true },
          ],
        },
      })
      const created = { UserPoolId: poolId, Username: 'neo', TemporaryPassword: goodPassword, MessageAction: 'SUPPRESS' } as const
      await server().send(new AdminCreateUserCommand({ ...created, UserAttributes: [{ Name: 'email', Value: 'neo@example.test' }] }))
      const { browser, page } = await firstStep(clientId, 'neo')
      assert.equal(titleIn(page), 'Choose a new password')
      assert.match(page.text, /name="userAttributes\.name"/)
      assert.doesNotMatch(page.text, /userAttributes\.email/)
      const weak = await answer(browser, page, { password: 'weak', confirm_password: 'weak', 'userAttributes.name': 'Neo' })
      assert.equal(weak.status, 400)
      assert.equal(alertIn(weak), 'The password does not meet the rules below.')
      assert.match(weak.text, /value="Neo"/)
      const unlike = await answer(browser, weak, {
        password: 'Better-horse-8',
        confirm_password: 'Better-horse-9',
        'userAttributes.name': 'Neo',
      })
      assert.equal(alertIn(unlike), 'The two passwords are not the same.')
      const done = await answer(browser, weak, {
        password: 'Better-horse-8',
        confirm_password: 'Better-horse-8',
        'userAttributes.name': 'Neo',
      })
      assert.ok(codeOf(done))
      const user = await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'neo' }))
      assert.equal(user.UserStatus, 'CONFIRMED')
    })
  })
}
