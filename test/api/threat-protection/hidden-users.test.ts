import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventsOf } from '../../support/auth-events.ts'
import { engines } from '../../support/engines.ts'
import { rawCall } from '../../support/raw-call.ts'
import { recordSpans, statementsOf, type TraceHeaders } from '../../support/recorded-spans.ts'
import { riskPool, setRisk, setThresholds, takeover } from '../../support/risky-sign-ins.ts'
import { givenTokens, givenUser, goodPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const spans = recordSpans()

for (const engine of engines) {
  describe(`Users that a client hides, in a pool that blocks risky sign-ins, on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenAna() {
      const ids = await server().givenPool(riskPool({ client: { PreventUserExistenceErrors: 'ENABLED' } }))
      await givenUser(server(), ids.poolId, 'ana')
      await givenTokens(server(), ids.clientId, 'ana')
      await setThresholds(server(), ids.poolId, 'High')
      await setRisk(server(), ids.poolId, takeover({ High: 'BLOCK' }))
      return ids
    }

    it('get the same answer to a wrong password, after the same statements, as a name that no user has', async () => {
      const { poolId, clientId: ClientId } = await givenAna()
      const attempt = async (USERNAME: string, PASSWORD = 'Wrong-horse-7') => {
        const body = { ClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { USERNAME, PASSWORD } }
        let answer = {}
        const statements = await statementsOf(spans, async (trace: TraceHeaders) => {
          answer = (await rawCall(server(), 'InitiateAuth', body, trace)).body
        })
        return { answer, statements }
      }
      for (const name of ['ana', 'nobody']) await attempt(name)
      const [known, unknown] = [await attempt('ana'), await attempt('nobody')]
      assert.deepEqual(unknown, known)
      assert.ok(known.statements.length > 1)
      // The history is read for the right password only.
      const right = await attempt('ana', goodPassword)
      assert.equal((right.answer as { message?: string }).message, 'Unable to login because of security reasons.')
      const reads = ({ statements }: typeof right) => statements.filter((one) => /select.*auth_event/i.test(one)).length
      assert.deepEqual([reads(right), reads(known)], [1, 0])
      const outcomes = (await eventsOf(server(), poolId)).map(({ EventRisk, EventResponse }) => [EventResponse, EventRisk?.RiskDecision])
      assert.deepEqual(outcomes, [
        ['Fail', 'Block'],
        ['Fail', 'NoRisk'],
        ['Fail', 'NoRisk'],
        ['Pass', 'NoRisk'],
      ])
    })
  })
}
