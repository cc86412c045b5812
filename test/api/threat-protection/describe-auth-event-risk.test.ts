import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UpdateUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import { eventsOf } from '../../support/auth-events.ts'
import { windowsChrome } from '../../support/encoded-data.ts'
import { engines } from '../../support/engines.ts'
import { blocked, describeRisk, riskPool, setRisk, setThresholds, signInFrom, takeover } from '../../support/risky-sign-ins.ts'
import { givenTokens, givenUser, signInByPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

for (const engine of engines) {
  describe(`DescribeAuthEventRisk on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenAna() {
      const ids = await server().givenPool(riskPool())
      await givenUser(server(), ids.poolId, 'ana')
      await givenTokens(server(), ids.clientId, 'ana')
      return ids
    }

    it('shows the points of a blocked sign-in, what they are made of, and the thresholds', async () => {
      const { poolId, clientId } = await givenAna()
      await setThresholds(server(), poolId, 'Medium')
      await setRisk(server(), poolId, takeover({ Medium: 'BLOCK' }))
      await assert.rejects(signInFrom(server(), { poolId, clientId }, 'ana', { ip: '84.150.0.1', userAgent: windowsChrome }), blocked)
      const [event] = await eventsOf(server(), poolId)
      const { Points, Reasons, ...rest } = await describeRisk(server(), poolId, event?.EventId)
      const Thresholds = { Low: -1000, Medium: -1000, High: 1000 }
      assert.deepEqual(rest, { EventId: event?.EventId, RiskLevel: 'Medium', RiskDecision: 'Block', Thresholds })
      assert.deepEqual(
        Reasons.map(({ Name }: { Name: string }) => Name),
        ['address', 'browser', 'activity'],
      )
      const sum = Reasons.reduce((before: number, reason: { Points: number }) => before + reason.Points, 0)
      assert.ok(Math.abs(sum - Points) < 0.05, `${sum} and ${Points}`)
      assert.ok(Points > 0, `another address and browser: ${Points}`)
    })

    it('shows that a first sign-in has no history, and so no points', async () => {
      const { poolId } = await givenAna()
      const [event] = await eventsOf(server(), poolId)
      assert.deepEqual(await describeRisk(server(), poolId, event?.EventId), {
        EventId: event?.EventId,
        RiskDecision: 'NoRisk',
        Reasons: [{ Name: 'no-history', Points: 0 }],
        Thresholds: { Low: 0, Medium: 8, High: 14 },
      })
    })

    it('shows no reasons where no risk was assessed, such as a wrong password', async () => {
      const { poolId, clientId } = await givenAna()
      await assert.rejects(signInByPassword(server(), clientId, 'ana', 'Wrong-horse-7'))
      const [event] = await eventsOf(server(), poolId)
      const { Points, Reasons, RiskDecision } = await describeRisk(server(), poolId, event?.EventId)
      assert.deepEqual([event?.EventResponse, Points, Reasons, RiskDecision], ['Fail', undefined, [], 'NoRisk'])
    })

    it('rejects events of others, unknown users and pools, and pools without threat protection', async () => {
      const { poolId } = await givenAna()
      const [{ EventId } = {}] = await eventsOf(server(), poolId)
      await givenUser(server(), poolId, 'ben')
      await assert.rejects(describeRisk(server(), poolId, EventId, 'ben'), { name: 'ResourceNotFoundException' })
      await assert.rejects(describeRisk(server(), poolId, 'none'), {
        name: 'ResourceNotFoundException',
        message: 'Authentication event not found.',
      })
      await assert.rejects(describeRisk(server(), poolId, EventId, 'nobody'), { name: 'UserNotFoundException' })
      await assert.rejects(describeRisk(server(), 'us-east-1_nowhere', EventId), { name: 'ResourceNotFoundException' })
      await assert.rejects(describeRisk(server(), poolId, undefined), { name: 'InvalidParameterException' })
      const other = await givenAna()
      await assert.rejects(describeRisk(server(), other.poolId, EventId), { name: 'ResourceNotFoundException' })
      await server().send(new UpdateUserPoolCommand({ UserPoolId: poolId, UserPoolAddOns: { AdvancedSecurityMode: 'OFF' } }))
      await assert.rejects(describeRisk(server(), poolId, EventId), { name: 'UserPoolAddOnNotEnabledException' })
    })
  })
}
