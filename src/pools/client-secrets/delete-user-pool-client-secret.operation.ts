import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { changeClient } from '../change-client.ts'
import type { PoolCatalog } from '../pool-catalog.ts'

type Deps = { db: Db; pools: PoolCatalog; clock: Clock; secrets: Secrets }

/** Deletes one secret of a client, but not the client's last secret: without a secret, anyone could impersonate the client. */
export const deleteUserPoolClientSecret = operation('DeleteUserPoolClientSecret', {
  auth: 'iam',
  isAudited: true,

  async handle(request, deps: Deps, { audit }: AuditedCaller) {
    const { UserPoolId: poolId, ClientId: clientId, ClientSecretId: id } = request
    const now = deps.clock.now()
    await changeClient(deps, { poolId, clientId }, async (client, tx) => {
      const remaining = client.secrets.filter((secret) => secret.id !== id)
      if (remaining.length === client.secrets.length) throw new ApiError('ResourceNotFoundException', `Client secret ${id} does not exist.`)
      if (remaining.length === 0) throw invalidParameter('The last secret of a client cannot be deleted.')
      await audit.record(tx)
      return { ...client, secrets: remaining, updatedAt: now }
    })
    return {}
  },
})
