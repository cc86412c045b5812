import type { AuditedCaller } from '../audit/audited-caller.ts'
import type { Clock } from '../base/clock.ts'
import { operation } from '../contract/operation.ts'
import type { Db } from '../storage/db.ts'
import { requireNoImport } from './active-import-repository.ts'
import { changePool } from './change-pool.ts'
import type { Pool } from './pool.ts'
import type { PoolCatalog } from './pool-catalog.ts'
import { addCustomAttributes as extendSchema, writeSchemaAttribute } from './schema-wire.ts'

type Deps = { db: Db; pools: PoolCatalog; clock: Clock }

export const addCustomAttributes = operation('AddCustomAttributes', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, pools, clock }: Deps, { audit }: AuditedCaller) {
    await changePool({ db, pools, audit }, request.UserPoolId, writeSchema, async (pool, tx) => {
      await requireNoImport(tx, pool.id)
      return { ...pool, schema: extendSchema(pool.schema, request.CustomAttributes), updatedAt: clock.now() }
    })
    return {}
  },
})

/** The schema as an object with a member for each attribute, so that the audit record names each new attribute. */
const writeSchema = ({ schema }: Pool) => ({
  SchemaAttributes: Object.fromEntries(schema.map((attribute) => [attribute.name, writeSchemaAttribute(attribute)])),
})
