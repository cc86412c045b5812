import { createPublicKey } from 'node:crypto'
import type { Selectable } from 'kysely'
import type { Secrets } from '../base/secrets.ts'
import type { SigningKeyTable } from '../storage/pool-tables.ts'
import { sealedTable } from '../storage/sealed-table.ts'
import { exportPrivateKey, importPrivateKey, type PublicJwk, type SigningKey } from './signing-key.ts'

const contextOf = (poolId: string, kid: string) => `${poolId}/${kid}`

export function fromRow(secrets: Secrets, row: Selectable<SigningKeyTable>): SigningKey {
  const der = secrets.open('signing-key', row.sealed_private_key, contextOf(row.pool_id, row.kid))
  if (der === undefined) {
    throw new Error(
      `Signing key ${row.kid} of pool ${row.pool_id} does not open with this master key. Start the server with the master key of this database.`,
    )
  }
  const privateKey = importPrivateKey(der)
  return {
    poolId: row.pool_id,
    kid: row.kid,
    use: row.use,
    createdAt: row.created_at,
    retiredAt: row.retired_at,
    privateKey,
    publicKey: createPublicKey(privateKey),
    publicJwk: JSON.parse(row.public_jwk) as PublicJwk,
  }
}

export function toRow(secrets: Secrets, key: SigningKey): Selectable<SigningKeyTable> {
  return {
    pool_id: key.poolId,
    kid: key.kid,
    use: key.use,
    created_at: key.createdAt,
    retired_at: key.retiredAt,
    sealed_private_key: secrets.seal('signing-key', exportPrivateKey(key), contextOf(key.poolId, key.kid)),
    public_jwk: JSON.stringify(key.publicJwk),
  }
}

export const sealedSigningKeys = sealedTable('signing_key', {
  key: ['pool_id', 'kid'],
  columns: { sealed_private_key: (secrets, sealed, row) => secrets.reseal('signing-key', sealed, contextOf(row.pool_id, row.kid)) },
})
