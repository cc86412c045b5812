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
  /** Writes the records that wait, so that the next list shows the invocations of this process. */
  flush(): Promise<void>
}

type Options = { readonly db: Db; readonly secrets: Secrets; readonly logger: Pick<Logger, 'error'>; readonly pools: PoolCatalog }

/** The most characters of an event or answer in a record. A longer one is left out. The attributes of a user are much shorter. */
const maxTextLength = 256 * 1024

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
    // Events and answers are masked, or left out, at once, so that long answers do not wait in memory.
    record: (invocation) => writer.add(maskInvocation(invocation)),
    flush: writer.flush,
  }
}

/** The invocation as it is stored and shown. */
export function maskInvocation(invocation: InvocationRecord): StoredInvocation {
  return { ...invocation, event: maskedTextOf(invocation.event), answer: maskedTextOf(invocation.answer) }
}

function maskedTextOf(value: unknown): string | undefined {
  const text = value === undefined ? undefined : unlessTooDeep(() => JSON.stringify(maskSecrets(value)))
  return text !== undefined && text.length <= maxTextLength ? text : undefined
}

/** Undefined when `write` exhausts the stack, because the value is nested too deep. The answer of a function may be such a value. */
function unlessTooDeep(write: () => string): string | undefined {
  try {
    return write()
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
