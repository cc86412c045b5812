import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { changePool } from '../change-pool.ts'
import type { Pool } from '../pool.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { requireNoSchemaChange } from '../schema-changes/schema-change-repository.ts'
import { type ExtensionDeps, readExtensions, writeExtensions } from './extensions-wire.ts'

type Deps = ExtensionDeps & { db: Db; pools: PoolCatalog }

/** Lifeguard's own operation: sets extensions of a pool. A section in the request replaces the old section. Other sections stay. */
export const setUserPoolExtensions = operation('SetUserPoolExtensions', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, secrets, pools, pageTexts, maySignFormerCalls }: Deps, { audit }: AuditedCaller) {
    const write = (pool: Pool) => writeExtensions(secrets, pool)
    const changed = await changePool({ db, pools, audit }, request.UserPoolId, write, async (before, tx) => {
      const extensions = readExtensions({ secrets, pageTexts, maySignFormerCalls }, before, request)
      // Users of the former pool come with the attributes and names that it has.
      if (request.FormerPool !== undefined && extensions.formerPool !== undefined) await requireNoSchemaChange(tx, before.id)
      return { ...before, extensions }
    })
    return write(changed)
  },
})
