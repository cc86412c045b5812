import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type CognitoIdentityProviderClient,
  ConfirmForgotPasswordCommand,
  ForgotPasswordCommand,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { accountPages, givenVerifyingPool, goodForm } from '../../support/account-pages.ts'
import { engines } from '../../support/engines.ts'
import { giveAttributes } from '../../support/mfa.ts'
import { recordSpans, statementsOf, type TraceHeaders } from '../../support/recorded-spans.ts'
import { givenUser, goodPassword } from '../../support/sign-in.ts'
import { sdkClient, type TestServer, useTestServer } from '../../support/test-server.ts'

const spans = recordSpans()

/** Calls the API with these headers. */
async function call(server: TestServer, send: (client: CognitoIdentityProviderClient) => Promise<unknown>, headers: TraceHeaders) {
  const client = sdkClient(server.url, server.region)
  client.middlewareStack.add(
    (next) => (args) => {
      Object.assign((args.request as { headers: object }).headers, headers)
      return next(args)
    },
    { step: 'build' },
  )
  await send(client).finally(() => client.destroy())
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
      const signIn = await statementsOf(spans, (trace) => answer(login.browser, login.page, { username, password: wrong }, trace))
      const ask = await statementsOf(spans, (trace) => answer(forgot.browser, forgot.page, { username }, trace))
      const reset = await follow(forgot.browser, await answer(forgot.browser, forgot.page, { username }))
      const again = await statementsOf(spans, (trace) => answer(forgot.browser, reset, { action: 'resend' }, trace))
      const set = await statementsOf(spans, (trace) => answer(forgot.browser, reset, goodForm({ code: '000000' }), trace))
      const AuthParameters = { USERNAME: username, PASSWORD: wrong }
      const ids = { ClientId: clientId, Username: username }
      const passwordSignIn = { ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters } as const
      const wrongReset = { ...ids, ConfirmationCode: '000000', Password: goodPassword }
      const apiStatements = (send: (api: CognitoIdentityProviderClient) => Promise<unknown>) =>
        statementsOf(spans, (trace) => call(server(), send, trace))
      const refused = (sent: Promise<unknown>) => assert.rejects(sent)
      return {
        pages: { signIn, ask, again, set },
        api: {
          signIn: await apiStatements((api) => refused(api.send(new InitiateAuthCommand(passwordSignIn)))),
          ask: await apiStatements((api) => api.send(new ForgotPasswordCommand(ids))),
          set: await apiStatements((api) => refused(api.send(new ConfirmForgotPasswordCommand(wrongReset)))),
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
        assert.ok(api.signIn.length > 1 && api.ask.length > 1 && api.set.length > 1)
        assert.deepEqual({ signIn: pages.signIn, ask: pages.ask, set: pages.set }, api, name)
        assert.deepEqual(pages.again, api.ask, name)
      }
    })
  })
}
