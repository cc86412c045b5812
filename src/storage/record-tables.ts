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

/**
 * Primary key: (pool_id, sub, id). Indexes: (pool_id, id), (pool_id, username_key, id), (pool_id, outcome, id), (started_at). What was asked of
 * a trigger's function and what came of it; ids sort by time.
 */
export interface TriggerInvocationTable {
  pool_id: string
  /** Empty when the call was about nobody who exists. */
  sub: string
  id: string
  trigger: string
  outcome: string
  /** The `userName` of the event, as names of the pool are compared. */
  username_key: string
  started_at: number
  /** Sealed JSON of everything else, the event and the answer with their secrets masked. */
  details: string
}

/** Primary key: (pool_id, sub, client_id, trigger). What a function last answered well, for when it fails. */
export interface TriggerAnswerTable {
  pool_id: string
  sub: string
  client_id: string
  trigger: string
  /** Sealed JSON of the answer's `response`. */
  response: string
  answered_at: number
}
