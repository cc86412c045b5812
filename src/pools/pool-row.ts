import type { Selectable } from 'kysely'
import type { UserPoolTable } from '../storage/pool-tables.ts'
import { noMfaFactors } from './mfa/mfa-methods.ts'
import type { Pool } from './pool.ts'
import type { UserStatistics } from './user-statistics/user-statistics.ts'

type Row = Selectable<UserPoolTable>

/** The content of the `config` column. JSON omits undefined members, so they are undefined again when they are read. */
type Config = Omit<Pool, 'id' | 'name' | 'createdAt' | 'updatedAt' | 'userStatistics' | 'serverDefaults'>

/** The row without the user statistics, which are stored apart, so that no change of the configuration touches them. */
export function toRow(pool: Pool): Omit<Row, 'likeness' | 'likeness_due_at'> {
  const { id, name, createdAt, updatedAt, userStatistics: _userStatistics, serverDefaults: _serverDefaults, ...config } = pool
  return { id, name, created_at: createdAt, updated_at: updatedAt, config: JSON.stringify(config satisfies Config) }
}

export function fromRow(row: Row): Pool {
  const config: Config = { mfaFactors: noMfaFactors, ...JSON.parse(row.config) }
  const userStatistics = row.likeness === null ? undefined : (JSON.parse(row.likeness) as UserStatistics)
  return { ...config, id: row.id, name: row.name, createdAt: row.created_at, updatedAt: row.updated_at, userStatistics }
}
