import type { AuditedCaller } from '../audit/audited-caller.ts'
import { operation } from '../contract/operation.ts'
import type { Db } from '../storage/db.ts'
import { deleteClient } from './delete-client-resources.ts'
import { clientNotFound, type PoolCatalog } from './pool-catalog.ts'

type Deps = { db: Db; pools: PoolCatalog }

/** The sessions of a deleted client stay in the database until they expire. Without the client, such sessions cannot be used. */
export const deleteUserPoolClient = operation('DeleteUserPoolClient', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, pools }: Deps, { audit }: AuditedCaller) {
    const { UserPoolId: poolId, ClientId: clientId } = request
    await pools.getPool(poolId)
    await db.transaction().execute(async (tx) => {
      const name = await deleteClient(tx, poolId, clientId)
      if (name === undefined) throw clientNotFound(clientId)
      await audit.record(tx, { detail: `name: ${name}` })
    })
    await pools.invalidate(poolId)
  },
})
