/**
 * Primary key: (pool_id, id). Index: (at). What administrators did that others may want to know of; ids sort by time. Outlives the users it
 * is about.
 */
export interface AuditRecordTable {
  pool_id: string
  id: string
  at: number
  /** The operation's name. */
  action: string
  access_key_id: string | null
  sub: string | null
  username: string | null
  detail: string | null
  /** What the caller gave as the reason. */
  reason: string | null
}
