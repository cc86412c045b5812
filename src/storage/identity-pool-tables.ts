/** Primary key: id. */
export interface IdentityPoolTable {
  /** `<region>:<UUID>`. */
  id: string
  name: string
  created_at: number
  updated_at: number
  /** JSON: the settings of the pool and its tags; consumer secrets inside it are sealed. */
  config: string
  /** JSON: the roles and role mappings; null until they are set. */
  roles: string | null
  /** JSON: the attribute maps of principal tags, by provider; null until one is set. */
  tag_maps: string | null
}

/** Primary key: id. Index: (identity_pool_id, id). */
export interface IdentityTable {
  /** `<region>:<UUID>`. */
  id: string
  identity_pool_id: string
  created_at: number
  updated_at: number
  /** Null while the identity can be used; otherwise when it was merged into another one. */
  disabled_at: number | null
  /** 1 once the identity had a login. Such an identity is no guest, even when it has no login any more. */
  had_login: 0 | 1
}

/** Primary key: (identity_pool_id, provider, subject_key). Index: (identity_pool_id, identity_id). What an identity signs in with. */
export interface IdentityLoginTable {
  identity_pool_id: string
  /** A key of `Logins`, or the pool's name for its developer users. */
  provider: string
  /** A hash of `subject`, because subjects can be too long for an index. */
  subject_key: string
  /** The provider's id of the user. */
  subject: string
  identity_id: string
  created_at: number
}

/** Primary key: id. Index: (due_at). A deleted identity pool whose identities the sweeper removes. */
export interface DeletedIdentityPoolTable {
  id: string
  deleted_at: number
  /** When the sweeper works on the pool next. */
  due_at: number
}
