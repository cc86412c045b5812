import type { Secrets } from '../../base/secrets.ts'
import { type IamCaller, operation } from '../../contract/operation.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { changePool } from '../change-pool.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { readExtensions, writeExtensions } from './extensions-wire.ts'

/** The part of the audit trail that this operation needs. The audit module is below this one, so it cannot be imported here. */
type Audit = {
  recordAudit(tx: Tx, act: { poolId: string; action: string; caller: IamCaller; detail: string }): Promise<void>
}

type Deps = { db: Db; secrets: Secrets; pools: PoolCatalog; audit: Audit }

/** Lifeguard's own operation: sets extensions of a pool. A section in the request replaces the old section. Other sections stay. */
export const setUserPoolExtensions = operation('SetUserPoolExtensions', {
  auth: 'iam',

  async handle(request, { db, secrets, pools, audit }: Deps, caller: IamCaller) {
    const { UserPoolId: poolId, ...sections } = request
    const sent = Object.entries(sections).filter(([, section]) => section !== undefined)
    const changed = await changePool(db, pools, poolId, async (pool, tx) => {
      const after = { ...pool, extensions: readExtensions(secrets, pool, request) }
      const detail = `sections: ${sent.map(([name]) => name).join(', ')}`
      await audit.recordAudit(tx, { poolId, action: 'SetUserPoolExtensions', caller, detail })
      return after
    })
    return writeExtensions(secrets, changed)
  },
})
