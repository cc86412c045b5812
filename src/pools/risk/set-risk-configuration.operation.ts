import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { changedMembers } from '../../audit/changed-members.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { allClients } from '../app-client.ts'
import { requireLockedClient } from '../change-client.ts'
import { requireLockedPool } from '../change-pool.ts'
import { requireAllowedSender, type SenderDomains } from '../email-sender.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { deleteResource, findResource, putResource } from '../pool-resource-repository.ts'
import { hasSections, type RiskSettings, requireThreatProtection, requireValidRisk, riskConfigurations } from './risk-configuration.ts'
import { readRiskSettings, writeRiskConfiguration } from './risk-configuration-wire.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; pools: PoolCatalog; senderDomains: SenderDomains }

/**
 * Replaces the risk configuration of the pool or of one client. A request without sections removes that configuration. Without a
 * configuration of its own, a client has the configuration of the pool.
 */
export const setRiskConfiguration = operation('SetRiskConfiguration', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, secrets, pools, senderDomains }: Deps, { audit }: AuditedCaller) {
    const { UserPoolId: poolId, ClientId: clientId } = request
    const config = readRiskSettings(request)
    requireValidRisk(config)
    requireAllowedSender(senderDomains, config.takeover?.notices?.from, 'NotifyConfiguration.From')
    const now = clock.now()
    const id = clientId ?? allClients
    const stored = await db.transaction().execute(async (tx) => {
      requireThreatProtection(await requireLockedPool(tx, poolId))
      if (clientId !== undefined) await requireLockedClient(tx, secrets, poolId, clientId)
      const before = await findResource(tx, poolId, riskConfigurations, id)
      const after = { id, createdAt: now, updatedAt: now, config }
      if (hasSections(config)) await putResource(tx, poolId, riskConfigurations, after)
      else await deleteResource(tx, poolId, riskConfigurations, id)
      const write = (settings: RiskSettings) => writeRiskConfiguration(poolId, { ...after, config: settings })
      await audit.record(tx, { changedMembers: changedMembers(write(before?.config ?? readRiskSettings({})), write(config)) })
      return after
    })
    await pools.invalidate(poolId)
    return { RiskConfiguration: writeRiskConfiguration(poolId, stored) }
  },
})
