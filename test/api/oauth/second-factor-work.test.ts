import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { accountAt, givenAccountPool, givenFullAccount, signInToAccount } from '../../support/account-page.ts'
import { engines } from '../../support/engines.ts'
import { recordSpans, statementsOf } from '../../support/recorded-spans.ts'
import { useTestServer } from '../../support/test-server.ts'

const spans = recordSpans()

for (const engine of engines) {
  describe(`What the account page reads of second factors on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function readsApp(clientId: string): Promise<boolean> {
      const { browser } = await signInToAccount(server(), clientId)
      const statements = await statementsOf(spans, (headers) => browser.visit(accountAt(clientId), headers))
      assert.ok(statements.length > 0)
      return statements.some((summary) => summary.includes('software_token'))
    }

    it('is nothing in a pool without second factors', async () => {
      assert.equal(await readsApp((await givenAccountPool(server())).clientId), false)
    })

    it('is the app where a sign-in may ask for it', async () => {
      assert.equal(await readsApp((await givenFullAccount(server())).clientId), true)
    })
  })
}
