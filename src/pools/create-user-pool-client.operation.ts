import type { AuditedCaller } from '../audit/audited-caller.ts'
import type { Clock } from '../base/clock.ts'
import { newClientId, newClientSecret } from '../base/ids.ts'
import type { Secrets } from '../base/secrets.ts'
import { invalidParameter } from '../contract/api-error.ts'
import type { CreateUserPoolClientRequest } from '../contract/generated/types.ts'
import { operation } from '../contract/operation.ts'
import type { Db } from '../storage/db.ts'
import type { ClientSecret } from './app-client.ts'
import { countAppClientsUpTo, insertAppClient } from './app-client-repository.ts'
import { requireValidClient } from './app-client-rules.ts'
import { readNewClient, writeClient } from './app-client-wire.ts'
import { requireLockedPool } from './change-pool.ts'
import { findClientReferences } from './client-references.ts'
import { type Quotas, requireWithinQuota } from './quotas.ts'
import { requireTierOfClient, type Tiers } from './tier-rules.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; quotas: Quotas; tiers: Tiers }

export const createUserPoolClient = operation('CreateUserPoolClient', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, secrets, quotas, tiers }: Deps, { audit }: AuditedCaller) {
    const id = newClientId()
    const now = clock.now()
    const clientSecrets = draftSecrets(request, id, now)

    return db.transaction().execute(async (tx) => {
      // The pool is locked, so that the settings that the client is checked against do not change before the commit.
      const pool = await requireLockedPool(tx, request.UserPoolId)
      const client = readNewClient(request, { id, pool, secrets: clientSecrets, now })
      requireValidClient(pool, client, await findClientReferences(tx, client), 'creating')
      requireTierOfClient(tiers, pool, client)
      await insertAppClient(tx, secrets, client)
      requireWithinQuota(quotas, 'appClientsPerPool', await countAppClientsUpTo(tx, pool.id, quotas.appClientsPerPool + 1))
      await audit.record(tx, { subject: id, detail: `name: ${client.name}` })
      return { UserPoolClient: writeClient(client) }
    })
  },
})

function draftSecrets(request: CreateUserPoolClientRequest, clientId: string, now: number): readonly ClientSecret[] {
  const { GenerateSecret: isGenerated = false, ClientSecret: chosen } = request
  if (isGenerated && chosen !== undefined) throw invalidParameter('GenerateSecret and ClientSecret cannot be used together.')
  if (!isGenerated && chosen === undefined) return []
  return [{ id: `${clientId}--${Math.floor(now / 1000)}`, value: chosen ?? newClientSecret(), createdAt: now }]
}
