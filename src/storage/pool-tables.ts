import type { Generated } from 'kysely'

/** Primary key: id. Index: (likeness_due_at). */
export interface UserPoolTable {
  id: string
  name: string
  created_at: number
  updated_at: number
  /** JSON: the rest of the pool's configuration. */
  config: string
  /** JSON: the user statistics; null while the pool has too few users. */
  likeness: Generated<string | null>
  /** When to refresh the user statistics next. */
  likeness_due_at: Generated<number>
}

/** Primary key: id. Index: (pool_id, id). */
export interface AppClientTable {
  id: string
  pool_id: string
  name: string
  created_at: number
  updated_at: number
  /** JSON; client secrets inside it are sealed. */
  config: string
  /** JSON. Null when SetUserPoolClientExtensions was never called. */
  extensions: string | null
  /** JSON, of a client that registered itself; else null. */
  registration: string | null
}

/** Primary key: (pool_id, kind, id). Other named parts of a pool's configuration, such as resource servers. */
export interface PoolResourceTable {
  pool_id: string
  kind: string
  id: string
  created_at: number
  updated_at: number
  /** JSON; secrets inside it are sealed. */
  config: string
}

/** Primary key: domain, because a domain belongs to one pool. Index: (pool_id). */
export interface PoolDomainTable {
  domain: string
  pool_id: string
  created_at: number
  updated_at: number
  /** JSON: the other settings of the domain. */
  config: string
}

/**
 * Primary key: (pool_id, id). Index: (expires_at). Authorization requests that clients sent directly (RFC 9126). The id is a hash of the
 * request URI, which is random.
 */
export interface PushedRequestTable {
  pool_id: string
  /** SHA-256 of the request URI. */
  id: string
  client_id: string
  /** The parameters, form-encoded. */
  form: string
  /** When a browser brought the request URI for the first time; null until then. */
  opened_at: number | null
  expires_at: number
}

/** Primary key: (pool_id, id). Index: (expires_at). Tokens with which app clients register themselves (RFC 7591). */
export interface InitialAccessTokenTable {
  pool_id: string
  /** A UUIDv7. */
  id: string
  /** SHA-256 of the token. */
  token_hash: string
  description: string
  remaining_uses: number
  created_at: number
  expires_at: number
}

/** Primary key: (pool_id, kid). */
export interface SigningKeyTable {
  pool_id: string
  kid: string
  use: 'access' | 'id'
  created_at: number
  /**
   * When a rotation stopped the use of the key for signing; null until then. The key stays published until the sweeper deletes this row.
   */
  retired_at: number | null
  /** PKCS #8 DER, sealed. */
  sealed_private_key: string
  /** JSON Web Key with kid, alg and use. */
  public_jwk: string
}

/** Primary key: category. Request rates that an administrator has set in place of the defaults. */
export interface ProvisionedLimitTable {
  category: string
  requests_per_second: number
  updated_at: number
}

/** Primary key: id. Index: (due_at). A deleted pool whose rows in other tables the sweeper removes. */
export interface DeletedPoolTable extends Omit<UserPoolTable, 'likeness' | 'likeness_due_at'> {
  deleted_at: number
  likeness: string | null
  /**
   * Until when the pool can be restored. 0: the pool was kept, and the removal of its rows has begun. Null: the pool is not kept, for instance
   * because it is being restored from a backup; then RestoreUserPool never takes the row.
   */
  kept_until: number | null
  /** When the sweeper works on the pool next. */
  due_at: number
}

export interface ProviderSignInTable {
  pool_id: string
  /** SHA-256 of the state. */
  id: string
  client_id: string
  /** Sealed. */
  details: string
  /** The provider's answer, if it came as a form. Sealed; null until then. */
  answer: string | null
  expires_at: number
}

/**
 * Primary key: (pool_id, level, value). Index: (decayed_at). How often the sign-ins of a pool had a value, such as a browser. The counts are
 * approximate.
 */
export interface RiskCounterTable {
  pool_id: string
  /** A level of a feature, `sign-ins` or `users`. */
  level: string
  value: string
  count: number
  /** When the count was last decreased, or was created. */
  decayed_at: number
}

/**
 * Primary key: (pool_id, network). Indexes: (slowed_until), (expires_at). How many users of a pool failed to sign in from a network, for the
 * networks in which several users failed lately.
 */
export interface StuffingNetworkTable {
  pool_id: string
  /** In CIDR notation. */
  network: string
  /** JSON: the sketches of a tally. */
  counts: string
  /** How many users failed and did not sign in. When there are too many networks, those with the fewest make room. */
  failed_users: number
  level: number
  slowed_since: number
  /** 0 if the network was never slowed down. */
  slowed_until: number
  cleared_at: number
  expires_at: number
}

/** Primary key: pool_id. Index: (due_at). The latest change of the schema of each pool: custom attributes that are renamed, and so on. */
export interface SchemaChangeTable {
  pool_id: string
  id: string
  state: string
  /** JSON: how the stored attributes of users are read and written. Null when the change has ended. */
  rules: string | null
  /** The `schemaVersion` that the pool has now. Null when its schema never changed, or was last changed by an earlier release. */
  schema_version: string | null
  /** JSON: what is changed, the times of its steps, and what an undo needs. */
  details: string
  /** The table and the `sub` at which the current pass over the users continues. Null before a pass. */
  cursor: string | null
  /** PostgreSQL: transactions up to this id may not know the current state yet. Null until the step has begun. */
  barrier: string | null
  /** How many users the current pass has looked at. */
  done: number
  started_at: number
  /** When the worker has something to do. Null when the change has ended. */
  due_at: number | null
}
