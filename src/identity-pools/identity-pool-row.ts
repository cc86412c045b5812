import type { Selectable } from 'kysely'
import type { IdentityPoolTable } from '../storage/identity-pool-tables.ts'
import type { IdentityPool } from './identity-pool.ts'

type Row = Selectable<IdentityPoolTable>

/** The content of the `config` column. JSON omits undefined members, so they are undefined again when they are read. */
type Config = Omit<IdentityPool, 'id' | 'name' | 'createdAt' | 'updatedAt' | 'roles' | 'tagMaps'>

export function toRow({ id, name, createdAt, updatedAt, roles, tagMaps, ...config }: IdentityPool): Row {
  return {
    id,
    name,
    created_at: createdAt,
    updated_at: updatedAt,
    config: JSON.stringify(config satisfies Config),
    roles: roles === undefined ? null : JSON.stringify(roles),
    tag_maps: Object.keys(tagMaps).length === 0 ? null : JSON.stringify(tagMaps),
  }
}

export function fromRow({ id, name, created_at, updated_at, config, roles, tag_maps }: Row): IdentityPool {
  return {
    ...(JSON.parse(config) as Config),
    id,
    name,
    createdAt: created_at,
    updatedAt: updated_at,
    roles: roles === null ? undefined : JSON.parse(roles),
    tagMaps: tag_maps === null ? {} : JSON.parse(tag_maps),
  }
}
