import type { Selectable } from 'kysely'
import type { Secrets } from '../base/secrets.ts'
import type { AccessKeyTable } from '../storage/schema.ts'
import { sealedTable } from '../storage/sealed-table.ts'
import type { AccessKey, AccessKeyMetadata, NewAccessKey } from './access-key.ts'
import { readPolicy } from './read-policy.ts'

type Row = Selectable<AccessKeyTable>

export function toRow(secrets: Secrets, key: NewAccessKey): Row {
  return {
    id: key.id,
    sealed_secret: secrets.seal('access-key', key.secret, key.id),
    session_token_hash: key.sessionTokenHash ?? null,
    policy: key.policy,
    description: key.description,
    created_at: key.createdAt,
    expires_at: key.expiresAt ?? null,
  }
}

/** @throws Error when the secret does not open or the policy cannot be read; such a key must not work */
export function fromRow(secrets: Secrets, row: Row): AccessKey {
  const secret = secrets.open('access-key', row.sealed_secret, row.id)
  if (secret === undefined) throw new Error(`The secret of access key ${row.id} does not open with this master key.`)
  return {
    id: row.id,
    secret: secret.toString(),
    sessionTokenHash: row.session_token_hash ?? undefined,
    policy: readPolicy(row.policy),
    expiresAt: row.expires_at ?? undefined,
  }
}

export function metadataFromRow(row: Pick<Row, 'id' | 'description' | 'policy' | 'created_at' | 'expires_at'>): AccessKeyMetadata {
  return {
    id: row.id,
    description: row.description,
    policy: row.policy,
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
  }
}

export const sealedAccessKeys = sealedTable('access_key', {
  key: ['id'],
  columns: { sealed_secret: (secrets, sealed, { id }) => secrets.reseal('access-key', sealed, id) },
})
