import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfirmForgotPasswordCommand, ForgotPasswordCommand, InitiateAuthCommand } from '@aws-sdk/client-cognito-identity-provider'
import { accountPages, givenVerifyingPool, goodForm } from '../../support/account-pages.ts'
import { engines } from '../../support/engines.ts'
import { giveAttributes } from '../../support/mfa.ts'
import { recordSpans } from '../../support/recorded-spans.ts'
import { givenUser, goodPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const spans = recordSpans()

/** The statements that deliver a message, after the answer to the request that queued it. */
const delivery: readonly string[] = ['SELECT deleted_pool', 'INSERT inbox_message', 'UPDATE outbox']

/** What the database is asked while `run` waits for its answer. */
async function statementsOf(run: () => Promise<unknown>): Promise<string[]> {
  const before = spans.all().length
  await run()
  const summaries = spans
    .all()
    .slice(before)
    .map(({ attributes }) => attributes['db.query.summary'])
  return summaries.flatMap((summary) => (summary === undefined || delivery.includes(String(summary)) ? [] : [String(summary)]))
}

for (const engine of engines) {
  describe(`The pages of a client that hides which users exist, on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const { open, answer, follow } = accountPages(server)
    const wrong = 'Wrong-horse-9'

    async function givenAna() {
      const ExplicitAuthFlows = ['ALLOW_USER_PASSWORD_AUTH' as const]
      const client = { PreventUserExistenceErrors: 'ENABLED' as const, ExplicitAuthFlows }
      const { poolId, clientId } = await givenVerifyingPool(server(), { client })
      await givenUser(server(), poolId, 'ana')
      await giveAttributes(server(), poolId, 'ana', { email: 'ana@example.test', email_verified: 'true' })
      return clientId
    }
    /** The statements of each form for a name, and those of the API operation that does the same. */
    async function workFor(clientId: string, username: string) {
      const login = await open('/login', clientId)
      const forgot = await open('/forgotPassword', clientId)
      const signIn = await statementsOf(() => answer(login.browser, login.page, { username, password: wrong }))
      const ask = await statementsOf(() => answer(forgot.browser, forgot.page, { username }))
      const reset = await follow(forgot.browser, await answer(forgot.browser, forgot.page, { username }))
      const again = await statementsOf(() => answer(forgot.browser, reset, { action: 'resend' }))
      const set = await statementsOf(() => answer(forgot.browser, reset, goodForm({ code: '000000' })))
      const AuthParameters = { USERNAME: username, PASSWORD: wrong }
      const ids = { ClientId: clientId, Username: username }
      const refused = (sent: Promise<unknown>) => assert.rejects(sent)
      return {
        pages: { signIn, ask, again, set },
        api: {
          signIn: await statementsOf(() =>
            refused(server().send(new InitiateAuthCommand({ ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters }))),
          ),
          ask: await statementsOf(() => server().send(new ForgotPasswordCommand(ids))),
          set: await statementsOf(() =>
            refused(server().send(new ConfirmForgotPasswordCommand({ ...ids, ConfirmationCode: '000000', Password: goodPassword }))),
          ),
        },
      }
    }

    it('ask the database the same for a name that no user has, when a password or a code is wrong', async () => {
      const clientId = await givenAna()
      // The first round fills the caches, and stores the first attempts.
      for (const name of ['ana', 'nobody']) await workFor(clientId, name)
      const [known, unknown] = [await workFor(clientId, 'ana'), await workFor(clientId, 'nobody')]
      assert.ok(known.pages.signIn.length > 1 && known.pages.set.length > 1)
      assert.deepEqual(unknown.pages.signIn, known.pages.signIn)
      assert.deepEqual(unknown.pages.set, known.pages.set)
    })

    it('ask the database what the operations of the API ask', async () => {
      const clientId = await givenAna()
      for (const name of ['ana', 'nobody']) {
        await workFor(clientId, name)
        const { pages, api } = await workFor(clientId, name)
        assert.deepEqual({ signIn: pages.signIn, ask: pages.ask, set: pages.set }, api, name)
        assert.deepEqual(pages.again, api.ask, name)
      }
    })
  })
}
