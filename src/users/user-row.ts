import type { Selectable } from 'kysely'
import type { AttributeValues } from '../pools/attribute-rules.ts'
import { parseRules, readStored } from '../pools/schema-changes/schema-rules.ts'
import type { UserTable } from '../storage/user-tables.ts'
import { withoutOwnName } from './passwords/verifier-name.ts'
import type { MfaPreferences, User, UserStatus } from './user.ts'

/** `schema_rules` are those of an unfinished schema change of the pool (see `selectSchemaRules`). */
type ReadRow = Selectable<UserTable> & { readonly schema_rules: string | null }

export function fromRow(row: ReadRow): User {
  return {
    poolId: row.pool_id,
    sub: row.sub,
    username: row.username,
    status: row.status as UserStatus,
    enabled: row.enabled === 1,
    attributes: readAttributes(row),
    password: row.password,
    passwordExpiresAt: row.password_expires_at,
    signedOutAt: row.signed_out_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    mfa: row.mfa === null ? null : (JSON.parse(row.mfa) as MfaPreferences),
  }
}

function readAttributes({ attributes, schema_rules: rules }: ReadRow): AttributeValues {
  const stored = JSON.parse(attributes) as AttributeValues
  return rules === null ? stored : readStored(parseRules(rules), stored)
}

/** @NOTE The attributes are as requests see them. `storedAttributesOf` decides which are stored. */
export function toRow(user: User): Selectable<UserTable> {
  return {
    pool_id: user.poolId,
    sub: user.sub,
    username: user.username,
    status: user.status,
    enabled: user.enabled ? 1 : 0,
    attributes: JSON.stringify(user.attributes),
    password: user.password && withoutOwnName(user.password, user.username),
    password_expires_at: user.passwordExpiresAt,
    signed_out_at: user.signedOutAt,
    created_at: user.createdAt,
    updated_at: user.updatedAt,
    mfa: user.mfa && JSON.stringify(user.mfa),
  }
}
