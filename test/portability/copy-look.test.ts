import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateManagedLoginBrandingCommand,
  CreateTermsCommand,
  DescribeManagedLoginBrandingByClientCommand,
  DescribeRiskConfigurationCommand,
  DescribeTermsCommand,
  GetLogDeliveryConfigurationCommand,
  ListTermsCommand,
  SetRiskConfigurationCommand,
  UpdateManagedLoginBrandingCommand,
  UpdateTermsCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { settingsOf } from '../support/branding.ts'
import { copyEnvironment, copyPool } from '../support/copies.ts'
import { engines } from '../support/engines.ts'
import { deliverLogs, notifications } from '../support/log-delivery.ts'
import { type TestServer, useTestServer } from '../support/test-server.ts'

type Ids = { readonly UserPoolId: string; readonly ClientId: string }

const asset = (text: string) => ({ Category: 'FORM_LOGO', ColorMode: 'LIGHT', Extension: 'PNG', Bytes: Buffer.from(text) }) as const
const link = (version: number) => ({ 'cognito:default': `https://app.example.test/terms/${version}` })

async function brandingOf(server: TestServer, ids: Ids) {
  const { ManagedLoginBranding } = await server.send(new DescribeManagedLoginBrandingByClientCommand(ids))
  const { Settings, Assets, UseCognitoProvidedValues } = ManagedLoginBranding ?? {}
  const shown = Assets?.map(({ Category, Bytes }) => [Category, Buffer.from(Bytes ?? []).toString()])
  return { Settings, UseCognitoProvidedValues, Assets: shown }
}

async function termsOf(server: TestServer, { UserPoolId, ClientId }: Ids) {
  const { Terms = [] } = await server.send(new ListTermsCommand({ UserPoolId, MaxResults: 60 }))
  const TermsId = Terms[0]?.TermsId
  const { Terms: shown } = await server.send(new DescribeTermsCommand({ UserPoolId, TermsId }))
  return { count: Terms.length, isOfClient: shown?.ClientId === ClientId, name: shown?.TermsName, links: shown?.Links, id: TermsId }
}

const riskOf = async (server: TestServer, ids: Partial<Ids>) => {
  const answer = await server.send(new DescribeRiskConfigurationCommand({ UserPoolId: ids.UserPoolId, ClientId: ids.ClientId }))
  const { LastModifiedDate: _date, ...rest } = answer.RiskConfiguration ?? {}
  return rest
}

const logsOf = async (server: TestServer, { UserPoolId }: Ids) =>
  (await server.send(new GetLogDeliveryConfigurationCommand({ UserPoolId }))).LogDeliveryConfiguration

const blocking = (ranges: readonly string[]) => ({
  RiskExceptionConfiguration: { BlockedIPRangeList: [...ranges] },
  CompromisedCredentialsRiskConfiguration: { Actions: { EventAction: 'BLOCK' as const } },
})

for (const engine of engines) {
  describe(`What belongs to the clients of a copied pool on ${engine.name}`, () => {
    const there = useTestServer(engine)
    const here = useTestServer(engine, { flags: ['--region', 'eu-west-1'], env: copyEnvironment })

    /** The pool and its client there. */
    async function givenPool(isProtected = false) {
      const pool = isProtected ? { UserPoolTier: 'PLUS' as const, UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' as const } } : {}
      const { poolId, clientId } = await there().givenPool({ pool })
      return { UserPoolId: poolId, ClientId: clientId }
    }

    it('has the branding of managed login, and what has changed in it', async () => {
      const ids = await givenPool()
      const radius = (value: number) => settingsOf({ 'componentClasses.buttons.borderRadius': value })
      const first = { ...ids, Settings: radius(3), Assets: [asset('one')] }
      const { ManagedLoginBranding: made } = await there().send(new CreateManagedLoginBrandingCommand(first))
      assert.deepEqual((await copyPool(here(), there(), ids.UserPoolId)).report.counts['managed login brandings'], { created: 1 })
      const copied = await brandingOf(here(), ids)
      assert.deepEqual(copied.Assets, [['FORM_LOGO', 'one']])
      assert.deepEqual(copied, await brandingOf(there(), ids))
      const change = { UserPoolId: ids.UserPoolId, ManagedLoginBrandingId: made?.ManagedLoginBrandingId }
      await there().send(new UpdateManagedLoginBrandingCommand({ ...change, Settings: radius(9), Assets: [asset('two')] }))
      assert.deepEqual((await copyPool(here(), there(), ids.UserPoolId)).report.counts['managed login brandings'], { changed: 1 })
      const changed = await brandingOf(here(), ids)
      assert.deepEqual(changed.Assets, [['FORM_LOGO', 'two']])
      assert.deepEqual(changed, await brandingOf(there(), ids))
    })

    it('has the terms, and what has changed in them', async () => {
      const ids = await givenPool()
      const fixed = { TermsName: 'terms-of-use', TermsSource: 'LINK', Enforcement: 'NONE' } as const
      await there().send(new CreateTermsCommand({ ...ids, ...fixed, Links: link(1) }))
      await copyPool(here(), there(), ids.UserPoolId)
      const { id, ...copied } = await termsOf(here(), ids)
      assert.deepEqual(copied, { count: 1, isOfClient: true, name: 'terms-of-use', links: link(1) })
      const { id: idThere } = await termsOf(there(), ids)
      await there().send(new UpdateTermsCommand({ UserPoolId: ids.UserPoolId, TermsId: idThere, ...fixed, Links: link(2) }))
      assert.deepEqual((await copyPool(here(), there(), ids.UserPoolId)).report.counts['terms'], { changed: 1 })
      assert.deepEqual(await termsOf(here(), ids), { ...copied, id, links: link(2) })
    })

    it('has the risk configurations of the pool and of a client', async () => {
      const ids = await givenPool(true)
      const { UserPoolId } = ids
      await there().send(new SetRiskConfigurationCommand({ UserPoolId, ...blocking(['198.51.100.0/24']) }))
      await there().send(new SetRiskConfigurationCommand({ ...ids, ...blocking(['203.0.113.0/24']) }))
      const { report } = await copyPool(here(), there(), UserPoolId)
      assert.deepEqual([report.counts['risk configurations'], report.notCopied], [{ created: 2 }, []])
      for (const owner of [{ UserPoolId }, ids]) {
        const risk = await riskOf(here(), owner)
        assert.deepEqual(risk, await riskOf(there(), owner))
        assert.equal(risk.RiskExceptionConfiguration?.BlockedIPRangeList?.length, 1)
      }
      await there().send(new SetRiskConfigurationCommand({ ...ids, ...blocking(['203.0.113.0/24', '192.0.2.0/24']) }))
      assert.deepEqual((await copyPool(here(), there(), UserPoolId)).report.counts['risk configurations'], { unchanged: 1, changed: 1 })
      assert.deepEqual(await riskOf(here(), ids), await riskOf(there(), ids))
    })

    it('has the log settings, with a note about credentials', async () => {
      const ids = await givenPool()
      await deliverLogs(there(), ids.UserPoolId, notifications)
      const { report } = await copyPool(here(), there(), ids.UserPoolId)
      assert.deepEqual([report.counts['log delivery'], report.notCopied], [{ created: 1 }, []])
      assert.equal(
        report.notes.includes('The logs go to the same destinations. This server needs credentials that may write to them.'),
        true,
      )
      assert.deepEqual((await logsOf(here(), ids))?.LogConfigurations, [notifications])
    })
  })
}
