import type { Secrets } from '../../base/secrets.ts'
import { type IamCaller, operation } from '../../contract/operation.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { changePool } from '../change-pool.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { readExtensions, writeExtensions } from './extensions-wire.ts'

/** As much of the audit trail as this needs; that room comes later. */
type Audit = {
  recordAudit(tx: Tx, act: { poolId: string; action: string; caller: IamCaller; detail: string }): Promise<void>
}

type Deps = { db: Db; secrets: Secrets; pools: PoolCatalog; audit: Audit }

/** Lifeguard's own. A section that is sent replaces the one before it; one that is left out stays as it is. */
export const setUserPoolExtensions = operation('SetUserPoolExtensions', {
  auth: 'iam',

  async handle(request, { db, secrets, pools, audit }: Deps, caller: IamCaller) {
    const { UserPoolId: poolId, ...sections } = request
    const named = Object.entries(sections).filter(([, section]) => section !== undefined)
    const changed = await changePool(db, pools, poolId, async (pool, tx) => {
      const after = { ...pool, extensions: readExtensions(secrets, pool, request) }
      const detail = `sections: ${named.map(([name]) => name).join(', ')}`
      await audit.recordAudit(tx, { poolId, action: 'SetUserPoolExtensions', caller, detail })
      return after
    })
    return writeExtensions(secrets, changed)
  },
})
