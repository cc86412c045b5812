import type { Selectable } from 'kysely'
import type { UserPoolTable } from '../storage/schema.ts'
import { noMfaFactors } from './mfa/offered-mfa.ts'
import type { Pool } from './pool.ts'

type Row = Selectable<UserPoolTable>

/** What the `config` column holds. JSON leaves undefined members out, and reading finds them undefined again. */
type Config = Omit<Pool, 'id' | 'name' | 'createdAt' | 'updatedAt' | 'serverDefaults'>

export function toRow(pool: Pool): Row {
  const { id, name, createdAt, updatedAt, serverDefaults: _, ...config } = pool
  return { id, name, created_at: createdAt, updated_at: updatedAt, config: JSON.stringify(config satisfies Config) }
}

export function fromRow(row: Row): Pool {
  const config: Config = { mfaFactors: noMfaFactors, ...JSON.parse(row.config) }
  return { ...config, id: row.id, name: row.name, createdAt: row.created_at, updatedAt: row.updated_at }
}
