import type { Selectable } from 'kysely'
import type { PasskeyTable } from '../../storage/user-tables.ts'
import type { Passkey } from './passkey.ts'

export function toRow(passkey: Passkey): Selectable<PasskeyTable> {
  return {
    pool_id: passkey.poolId,
    sub: passkey.sub,
    id: passkey.id,
    public_key: passkey.publicKey.toString('base64url'),
    counter: passkey.counter,
    relying_party_id: passkey.relyingPartyId,
    transports: JSON.stringify(passkey.transports),
    attachment: passkey.attachment ?? null,
    name: passkey.name,
    created_at: passkey.createdAt,
    last_used_at: passkey.lastUsedAt,
  }
}

export function fromRow(row: Selectable<PasskeyTable>): Passkey {
  return {
    poolId: row.pool_id,
    sub: row.sub,
    id: row.id,
    publicKey: Buffer.from(row.public_key, 'base64url'),
    counter: row.counter,
    relyingPartyId: row.relying_party_id,
    transports: JSON.parse(row.transports) as string[],
    attachment: row.attachment ?? undefined,
    name: row.name,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  }
}
