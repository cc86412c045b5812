import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventsOf } from '../../support/auth-events.ts'
import { engines } from '../../support/engines.ts'
import { callback, encode, type Reply } from '../../support/oauth.ts'
import {
  type Action,
  actions,
  givenKinds,
  type Kind,
  type Mode,
  type PoolMfa,
  riddleAfterPassword,
  riskPool,
  setRisk,
  setThresholds,
  takeover,
} from '../../support/risky-sign-ins.ts'
import { goodPassword } from '../../support/sign-in.ts'
import { formActionIn, hiddenFieldsIn, locationOf, paramsIn, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'
import { givenPoolWithEvery } from '../../support/user-triggers.ts'

const alertIn = ({ text }: Reply): string => /role="alert">([^<]*)</.exec(text)?.[1] ?? ''
const refusal = 'This sign-in was blocked for security reasons. Please contact support if it was you.'

for (const engine of engines) {
  describe(`What happens at a risk on the hosted pages on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    async function given(mode: Mode, mfa: PoolMfa) {
      const ids = await givenPoolWithEvery(server(), endpoint, riddleAfterPassword, riskPool({ mode }))
      const apps = await givenKinds(server(), ids, mfa)
      await setThresholds(server(), ids.poolId, 'Medium')
      return { ...ids, apps }
    }

    /** Signs in on the pages. Ends with `code`, or with the alert or the title of the page. */
    async function wayOf(at: Awaited<ReturnType<typeof given>>, kind: Kind): Promise<readonly string[]> {
      const browser = new TestBrowser(server())
      const query = encode({ client_id: at.clientId, redirect_uri: callback, response_type: 'code' })
      const reply = await browser.submitLogin(`/login?${query}`, kind, goodPassword)
      if (reply.status !== 302) return [alertIn(reply)]
      const next = locationOf(reply)
      if (!next.startsWith('/challenge')) return paramsIn(next).has('code') ? ['code'] : [next]
      const page = await browser.visit(next)
      server().clock.advance(30_000)
      const form = { ...hiddenFieldsIn(page), code: at.apps.get(kind)?.code() ?? '' }
      const done = await browser.submit(formActionIn(page), form)
      return ['challenge', done.status === 302 && paramsIn(locationOf(done)).has('code') ? 'code' : alertIn(done)]
    }

    const expected: Readonly<Record<Action, Readonly<Record<'without-factor' | 'with-registered-app', readonly string[]>>>> = {
      BLOCK: { 'without-factor': [refusal], 'with-registered-app': [refusal] },
      MFA_REQUIRED: { 'without-factor': [refusal], 'with-registered-app': ['challenge', 'code'] },
      MFA_IF_CONFIGURED: { 'without-factor': ['code'], 'with-registered-app': ['challenge', 'code'] },
      NO_ACTION: { 'without-factor': ['code'], 'with-registered-app': ['code'] },
    }

    for (const action of actions) {
      it(`by ${action}: the page, the triggers and the event`, async () => {
        const at = await given('ENFORCED', 'OPTIONAL')
        await setRisk(server(), at.poolId, takeover({ Medium: action }))
        for (const kind of ['without-factor', 'with-registered-app'] as const) {
          at.triggers.clear()
          assert.deepEqual(await wayOf(at, kind), expected[action][kind])
          const isIn = expected[action][kind].includes('code')
          assert.deepEqual(
            at.triggers.fired,
            ['PreAuthentication_Authentication', 'PostAuthentication_Authentication'].slice(0, isIn ? 2 : 1),
          )
          const [event] = await eventsOf(server(), at.poolId, kind)
          assert.deepEqual(
            [event?.EventResponse, event?.EventRisk?.RiskDecision, event?.EventRisk?.RiskLevel],
            isIn ? ['Pass', 'AccountTakeover', 'Medium'] : ['Fail', 'Block', 'Medium'],
          )
        }
      })
    }

    it('is nothing in mode AUDIT', async () => {
      const at = await given('AUDIT', 'OPTIONAL')
      await setRisk(server(), at.poolId, takeover({ Medium: 'BLOCK' }))
      assert.deepEqual(await wayOf(at, 'with-registered-app'), ['code'])
      assert.equal((await eventsOf(server(), at.poolId, 'with-registered-app'))[0]?.EventRisk?.RiskLevel, 'Medium')
    })
  })
}
