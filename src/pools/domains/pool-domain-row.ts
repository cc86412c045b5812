import type { Selectable } from 'kysely'
import type { PoolDomainTable } from '../../storage/pool-tables.ts'
import type { PoolDomain } from './pool-domain.ts'

type Row = Selectable<PoolDomainTable>

/** The content of the `config` column. */
type Config = Pick<PoolDomain, 'managedLoginVersion' | 'custom' | 'failover'>

export function toRow({ domain, poolId, createdAt, updatedAt, ...config }: PoolDomain): Row {
  return { domain, pool_id: poolId, created_at: createdAt, updated_at: updatedAt, config: JSON.stringify(config satisfies Config) }
}

export function fromRow(row: Row): PoolDomain {
  const config: Config = JSON.parse(row.config)
  return { ...config, domain: row.domain, poolId: row.pool_id, createdAt: row.created_at, updatedAt: row.updated_at }
}
