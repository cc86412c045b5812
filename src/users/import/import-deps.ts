import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Quotas } from '../../pools/quotas.ts'
import type { Db } from '../../storage/db.ts'
import type { FormatReaders } from './records/record-format.ts'

/** What the import of a chunk needs. */
export type ImportDeps = {
  readonly db: Db
  readonly secrets: Secrets
  readonly clock: Clock
  readonly pools: PoolCatalog
  readonly quotas: Quotas
  readonly publicUrl: string
  readonly importFormats: FormatReaders
}
