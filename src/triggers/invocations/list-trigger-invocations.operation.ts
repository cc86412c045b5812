import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { pageOf, readPageToken } from '../../contract/page-token.ts'
import { nameKey } from '../../pools/pool.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import type { InvocationRecorder } from './invocation-recorder.ts'
import { listInvocations } from './invocation-repository.ts'
import { fromRow } from './invocation-row.ts'
import { writeInvocation } from './invocation-wire.ts'

type Deps = { db: Db; secrets: Secrets; pools: PoolCatalog; invocations: InvocationRecorder }

const maxPageSize = 60

/** Lifeguard's own operation: lists the invocations of the pool's triggers, newest first. */
export const listTriggerInvocations = operation('ListTriggerInvocations', {
  auth: 'iam',

  async handle(request, { db, secrets, pools, invocations }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    const { Trigger: trigger, Outcome: outcome, Username, MaxResults: size = maxPageSize } = request
    const usernameKey = Username === undefined ? undefined : nameKey(pool, Username)
    const list = `ListTriggerInvocations ${JSON.stringify([pool.id, trigger, outcome, usernameKey])}`
    const after = readPageToken(secrets, list, request.NextToken)
    await invocations.flush()
    const rows = await listInvocations(db, pool.id, { trigger, outcome, usernameKey }, { after, limit: size + 1 })
    const { entries, nextToken } = pageOf(rows, size, secrets, list)
    return { Invocations: entries.map((row) => writeInvocation(fromRow(secrets, row))), NextToken: nextToken }
  },
})
