import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { allClients } from '../app-client.ts'
import { requireLockedClient } from '../change-client.ts'
import { requireLockedPool } from '../change-pool.ts'
import { requireAllowedSender, type SenderDomains } from '../email-sender.ts'
import { deleteResource, putResource } from '../pool-resource-repository.ts'
import { hasSections, requireThreatProtection, requireValidRisk, riskConfigurations } from './risk-configuration.ts'
import { readRiskSettings, writeRiskConfiguration } from './risk-configuration-wire.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; senderDomains: SenderDomains }

/**
 * Replaces the configuration of the pool or of one client. A request without sections removes that configuration: then the pool has its
 * defaults again, or the client has the pool's configuration again.
 */
export const setRiskConfiguration = operation('SetRiskConfiguration', {
  auth: 'iam',

  async handle(request, { db, clock, secrets, senderDomains }: Deps) {
    const { UserPoolId: poolId, ClientId: clientId } = request
    const config = readRiskSettings(request)
    requireValidRisk(config)
    requireAllowedSender(senderDomains, config.takeover?.notices?.from, 'NotifyConfiguration.From')
    const now = clock.now()
    const id = clientId ?? allClients
    const stored = await db.transaction().execute(async (tx) => {
      requireThreatProtection(await requireLockedPool(tx, poolId))
      if (clientId !== undefined) await requireLockedClient(tx, secrets, poolId, clientId)
      if (hasSections(config)) return putResource(tx, poolId, riskConfigurations, { id, createdAt: now, updatedAt: now, config })
      await deleteResource(tx, poolId, riskConfigurations, id)
      return { id, createdAt: now, updatedAt: now, config }
    })
    return { RiskConfiguration: writeRiskConfiguration(poolId, stored) }
  },
})
