import type { Selectable } from 'kysely'
import type { Secrets } from '../base/secrets.ts'
import type { AppClientTable } from '../storage/pool-tables.ts'
import { sealedTable } from '../storage/sealed-table.ts'
import type { AppClient, ClientSecret } from './app-client.ts'

type Row = Selectable<AppClientTable>

type SealedSecret = { readonly id: string; readonly sealed: string; readonly createdAt: number }

/** The content of the `config` column. Clients from before migration 0029 may have their extensions in it. */
type Config = Omit<AppClient, 'id' | 'poolId' | 'name' | 'createdAt' | 'updatedAt' | 'secrets' | 'registration'> & {
  readonly secrets: readonly SealedSecret[]
}

export function toRow(client: AppClient, secrets: Secrets): Row {
  const { id, poolId, name, createdAt, updatedAt, extensions, registration, ...rest } = client
  const sealed = client.secrets.map((secret) => ({
    id: secret.id,
    sealed: secrets.seal('client-secret', secret.value, id),
    createdAt: secret.createdAt,
  }))
  const config: Config = { ...rest, secrets: sealed }
  const columns = {
    config: JSON.stringify(config),
    extensions: extensions === undefined ? null : JSON.stringify(extensions),
    registration: registration === undefined ? null : JSON.stringify(registration),
  }
  return { id, pool_id: poolId, name, created_at: createdAt, updated_at: updatedAt, ...columns }
}

/** @throws Error when a secret does not open; such a client must not look like a public one, which has no secret */
export function fromRow(row: Row, secrets: Secrets): AppClient {
  const config: Config = JSON.parse(row.config)
  return {
    ...config,
    id: row.id,
    poolId: row.pool_id,
    name: row.name,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    extensions: row.extensions === null ? config.extensions : JSON.parse(row.extensions),
    registration: row.registration === null ? undefined : JSON.parse(row.registration),
    secrets: config.secrets.map((secret) => openSecret(secret, row.id, secrets)),
  }
}

function openSecret(secret: SealedSecret, clientId: string, secrets: Secrets): ClientSecret {
  const value = secrets.open('client-secret', secret.sealed, clientId)
  if (value === undefined) throw new Error(`The secret of app client ${clientId} does not open with this master key.`)
  return { id: secret.id, value: value.toString(), createdAt: secret.createdAt }
}

export const sealedClients = sealedTable('app_client', {
  key: ['id'],
  columns: {
    config(secrets, text, { id }) {
      const config: Config = JSON.parse(text)
      const sealed = config.secrets.map((secret) => ({ ...secret, sealed: secrets.reseal('client-secret', secret.sealed, id) }))
      return sealed.some((secret, at) => secret.sealed !== config.secrets[at]?.sealed)
        ? JSON.stringify({ ...config, secrets: sealed })
        : text
    },
  },
})
