import { DescribeRiskConfigurationCommand, GetLogDeliveryConfigurationCommand } from '@aws-sdk/client-cognito-identity-provider'
import { allClients } from '../../pools/app-client.ts'
import { setLogDeliveryConfiguration } from '../../pools/log-delivery/set-log-delivery-configuration.operation.ts'
import type { Pool } from '../../pools/pool.ts'
import { setRiskConfiguration } from '../../pools/risk/set-risk-configuration.operation.ts'
import { usesThreatProtection } from '../../pools/tier-rules.ts'
import { type Copy, copyThing, requestOf, runOperation } from './copy-context.ts'

/** Copies the risk configurations and where the logs of the pool go. */
export async function copyProtection(copy: Copy, pool: Pool, clientIds: readonly string[]): Promise<void> {
  if (usesThreatProtection(pool.addOns)) for (const clientId of [undefined, ...clientIds]) await copyRisk(copy, clientId)
  await copyLogDelivery(copy)
}

async function copyRisk(copy: Copy, clientId: string | undefined): Promise<void> {
  const { source, poolId } = copy
  const id = clientId ?? allClients
  const answer = await source.readIfAny(`risk configuration of ${id}`, (client) =>
    client.send(new DescribeRiskConfigurationCommand({ UserPoolId: poolId, ...(clientId !== undefined && { ClientId: clientId }) })),
  )
  const shown = answer?.RiskConfiguration
  // A client without a configuration of its own may be shown with that of the pool.
  if (shown === undefined || shown.ClientId !== clientId) return
  const request = requestOf('SetRiskConfiguration', { ...shown, UserPoolId: poolId, ClientId: clientId })
  const { UserPoolId: _pool, ClientId: _client, ...sections } = request
  if (Object.values(sections).every((section) => section === undefined)) return
  await copyThing(copy, { kind: 'risk configurations', id, shown: request }, () => runOperation(copy, setRiskConfiguration, request))
}

async function copyLogDelivery(copy: Copy): Promise<void> {
  const { source, poolId, report } = copy
  const answer = await source.readIfAny('log delivery', (client) =>
    client.send(new GetLogDeliveryConfigurationCommand({ UserPoolId: poolId })),
  )
  const logs = answer?.LogDeliveryConfiguration?.LogConfigurations ?? []
  if (logs.length === 0) return
  const request = { LogConfigurations: logs }
  await copyThing(copy, { kind: 'log delivery', id: poolId, shown: request }, () =>
    runOperation(copy, setLogDeliveryConfiguration, request),
  )
  report.note('The logs go to the same destinations. This server needs credentials that may write to them.')
}
