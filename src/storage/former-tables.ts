/** Primary key: (pool_id, sub). The users who came from the former pool. A row stays when its user is deleted here. */
export interface FormerUserTable {
  pool_id: string
  sub: string
  /** When the former pool last changed the user, as of the last copy. 0 for a user who came at a sign-in. */
  updated_at: number
  /** The run of the copy that last saw the user in the former pool. Empty for a user who came at a sign-in. */
  seen_in: string
  /** JSON: a digest of each thing that the last copy took, by its name. It shows which side has changed the thing since. */
  base: string
  /** 1 when the user may have had a password in the former pool. */
  has_password: number
}

/**
 * Primary key: (pool_id, group_name, sub). Index: (pool_id, sub). The memberships that a copy has found in the former pool, whatever became
 * of them here.
 */
export interface FormerMemberTable {
  pool_id: string
  group_name: string
  sub: string
  /** The run of the copy that last saw the membership. */
  seen_in: string
}
