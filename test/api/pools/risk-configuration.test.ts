import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateUserPoolClientCommand,
  DeleteUserPoolClientCommand,
  DescribeRiskConfigurationCommand,
  type RiskConfigurationType,
  SetRiskConfigurationCommand,
  type SetRiskConfigurationCommandInput,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

type Sections = Omit<SetRiskConfigurationCommandInput, 'UserPoolId' | 'ClientId'>

const email = (Subject: string) => ({ Subject, HtmlBody: '<p>{username}</p>', TextBody: '{username} {event-id}' })
const everything = {
  CompromisedCredentialsRiskConfiguration: { EventFilter: ['SIGN_UP', 'SIGN_IN'], Actions: { EventAction: 'BLOCK' } },
  AccountTakeoverRiskConfiguration: {
    Actions: {
      LowAction: { Notify: false, EventAction: 'NO_ACTION' },
      MediumAction: { Notify: true, EventAction: 'MFA_IF_CONFIGURED' },
      HighAction: { Notify: true, EventAction: 'MFA_REQUIRED' },
    },
    NotifyConfiguration: {
      From: 'Security <security@example.test>',
      ReplyTo: 'help@example.test',
      SourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/example.test',
      BlockEmail: email('Blocked'),
      NoActionEmail: email('Noticed'),
      MfaEmail: { Subject: 'Asked' },
    },
  },
  RiskExceptionConfiguration: { BlockedIPRangeList: ['192.0.2.0/24', '2001:db8::/32'], SkippedIPRangeList: ['198.51.100.7/32'] },
} as const satisfies Sections

const onlyBlocked: Sections = { RiskExceptionConfiguration: { BlockedIPRangeList: ['203.0.113.0/24'] } }
const guarded = { pool: { UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' } } } as const
const notFound = { name: 'ResourceNotFoundException' }

async function set(server: TestServer, poolId: string, sections: Sections, clientId?: string): Promise<RiskConfigurationType | undefined> {
  const command = new SetRiskConfigurationCommand({
    UserPoolId: poolId,
    ClientId: clientId,
    ...sections,
  } as SetRiskConfigurationCommandInput)
  return (await server.send(command)).RiskConfiguration
}

async function shown(server: TestServer, poolId: string, clientId?: string): Promise<RiskConfigurationType | undefined> {
  return (await server.send(new DescribeRiskConfigurationCommand({ UserPoolId: poolId, ClientId: clientId }))).RiskConfiguration
}

for (const engine of engines) {
  describe(`The risk configuration on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('is shown as it was set, for the pool and for a client', async () => {
      const { poolId, clientId } = await server().givenPool(guarded)
      const { LastModifiedDate, ...ofPool } = (await set(server(), poolId, everything)) ?? {}
      assert.ok(LastModifiedDate instanceof Date)
      assert.deepEqual(ofPool, { UserPoolId: poolId, ...everything })
      assert.deepEqual(await shown(server(), poolId), { ...ofPool, LastModifiedDate })

      const ofClient = await set(server(), poolId, onlyBlocked, clientId)
      assert.deepEqual(await shown(server(), poolId, clientId), ofClient)
      const { LastModifiedDate: _, ...rest } = ofClient ?? {}
      assert.deepEqual(rest, { UserPoolId: poolId, ClientId: clientId, ...onlyBlocked })
      assert.deepEqual(await shown(server(), poolId), { ...ofPool, LastModifiedDate })
    })

    it('has an EventFilter with all three events when a request sets CompromisedCredentialsRiskConfiguration without one', async () => {
      const { poolId } = await server().givenPool(guarded)
      const Actions = { EventAction: 'NO_ACTION' } as const
      const { CompromisedCredentialsRiskConfiguration: section } =
        (await set(server(), poolId, { CompromisedCredentialsRiskConfiguration: { Actions } })) ?? {}
      assert.deepEqual(section, { EventFilter: ['SIGN_IN', 'PASSWORD_CHANGE', 'SIGN_UP'], Actions })
    })

    it('of a client is that of its pool while the client has no risk configuration of its own', async () => {
      const { poolId, clientId } = await server().givenPool(guarded)
      assert.deepEqual(await shown(server(), poolId, clientId), { UserPoolId: poolId })
      await set(server(), poolId, everything)
      assert.deepEqual(await shown(server(), poolId, clientId), await shown(server(), poolId))
      await set(server(), poolId, onlyBlocked, clientId)
      assert.equal((await shown(server(), poolId, clientId))?.AccountTakeoverRiskConfiguration, undefined)
      await set(server(), poolId, {}, clientId)
      assert.deepEqual(await shown(server(), poolId, clientId), await shown(server(), poolId))
    })

    it('is replaced as a whole, and removed by a request without sections', async () => {
      const { poolId } = await server().givenPool(guarded)
      await set(server(), poolId, everything)
      await set(server(), poolId, onlyBlocked)
      const { LastModifiedDate: _, ...rest } = (await shown(server(), poolId)) ?? {}
      assert.deepEqual(rest, { UserPoolId: poolId, ...onlyBlocked })
      await set(server(), poolId, {})
      assert.deepEqual(await shown(server(), poolId), { UserPoolId: poolId })
    })

    it('can be set and shown only while the pool has threat protection', async () => {
      const { poolId } = await server().givenPool()
      const off = { name: 'UserPoolAddOnNotEnabledException' }
      await assert.rejects(set(server(), poolId, everything), off)
      await assert.rejects(shown(server(), poolId), off)
      await server().send(new UpdateUserPoolCommand({ UserPoolId: poolId, UserPoolAddOns: { AdvancedSecurityMode: 'OFF' } }))
      await assert.rejects(shown(server(), poolId), off)
      await server().send(new UpdateUserPoolCommand({ UserPoolId: poolId, UserPoolAddOns: { AdvancedSecurityMode: 'ENFORCED' } }))
      await set(server(), poolId, everything)
    })

    it('belongs to one pool and its clients', async () => {
      const { poolId, clientId } = await server().givenPool(guarded)
      await set(server(), poolId, everything)
      await set(server(), poolId, everything, clientId)
      const other = await server().givenPool(guarded)
      assert.deepEqual(await shown(server(), other.poolId), { UserPoolId: other.poolId })
      await assert.rejects(shown(server(), other.poolId, clientId), notFound)
      await assert.rejects(set(server(), other.poolId, everything, clientId), notFound)
      await assert.rejects(set(server(), 'us-east-1_nowhere', everything), notFound)
    })

    it('is deleted with its client', async () => {
      const { poolId } = await server().givenPool(guarded)
      const { UserPoolClient } = await server().send(new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'short-lived' }))
      const clientId = UserPoolClient?.ClientId ?? ''
      await set(server(), poolId, everything, clientId)
      await server().send(new DeleteUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId }))
      await assert.rejects(shown(server(), poolId, clientId), notFound)
    })

    for (const range of ['192.0.2.1', '192.0.2.0/33', '2001:db8::/129', 'example.test/24', '192.0.2.0/24/8', '192.0.2.0/-1', '/24', '']) {
      it(`rejects ${JSON.stringify(range)} as a range of IP addresses`, async () => {
        const { poolId } = await server().givenPool(guarded)
        const attempt = set(server(), poolId, { RiskExceptionConfiguration: { SkippedIPRangeList: [range] } })
        await assert.rejects(attempt, { name: 'InvalidParameterException' })
      })
    }

    it('rejects more than 200 ranges', async () => {
      const { poolId } = await server().givenPool(guarded)
      const ranges = Array.from({ length: 201 }, (_, i) => `10.0.${i}.0/24`)
      const attempt = set(server(), poolId, { RiskExceptionConfiguration: { BlockedIPRangeList: ranges } })
      await assert.rejects(attempt, { name: 'InvalidParameterException' })
    })
  })
}
