import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { changePool } from '../change-pool.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { readExtensions, writeExtensions } from './extensions-wire.ts'

type Deps = { db: Db; secrets: Secrets; pools: PoolCatalog }

/** Lifeguard's own. A section that is sent replaces the one before it; one that is left out stays as it is. */
export const setUserPoolExtensions = operation('SetUserPoolExtensions', {
  auth: 'iam',

  async handle(request, { db, secrets, pools }: Deps) {
    const changed = await changePool(db, pools, request.UserPoolId, (pool) => ({
      ...pool,
      extensions: readExtensions(secrets, pool, request),
    }))
    return writeExtensions(secrets, changed)
  },
})
