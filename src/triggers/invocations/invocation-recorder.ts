import type { Logger } from '../../base/logger.ts'
import type { Secrets } from '../../base/secrets.ts'
import { nameKey } from '../../pools/pool.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { createBatchWriter } from './batch-writer.ts'
import type { InvocationRecord, StoredInvocation } from './invocation.ts'
import { insertInvocations } from './invocation-repository.ts'
import { toRow } from './invocation-row.ts'
import { maskSecrets } from './mask-secrets.ts'

export type InvocationRecorder = {
  record(invocation: InvocationRecord): void
  /** So that what was asked on this process shows in the next list. */
  flush(): Promise<void>
}

type Options = { readonly db: Db; readonly secrets: Secrets; readonly logger: Pick<Logger, 'error'>; readonly pools: PoolCatalog }

/** A longer event or answer is left out. Far more than any user's attributes come to. */
const longestKept = 256 * 1024

export function createInvocationRecorder({ db, secrets, logger, pools }: Options): InvocationRecorder {
  const writer = createBatchWriter<StoredInvocation>({
    what: 'Records of triggers',
    logger,
    async write(invocations) {
      const rows = await Promise.all(
        invocations.map(async (invocation) => {
          const pool = await pools.findPool(invocation.poolId)
          return pool === undefined ? [] : [toRow(secrets, nameKey(pool, invocation.username), invocation)]
        }),
      )
      await db.transaction().execute((tx) => insertInvocations(tx, rows.flat()))
    },
  })
  return {
    // What waits is as long as what is kept, and not as long as functions answer.
    record: (invocation) => writer.add(maskInvocation(invocation)),
    flush: writer.flush,
  }
}

/** The invocation as it is kept and shown. */
export function maskInvocation(invocation: InvocationRecord): StoredInvocation {
  return { ...invocation, event: textOf(invocation.event), answer: textOf(invocation.answer) }
}

function textOf(value: unknown): string | undefined {
  const text = value === undefined ? undefined : orNothing(() => JSON.stringify(maskSecrets(value)))
  return text !== undefined && text.length <= longestKept ? text : undefined
}

/** Functions nest what they answer as deep as they like, which can be deeper than the stack. */
function orNothing(write: () => string): string | undefined {
  try {
    return write()
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
