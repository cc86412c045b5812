/**
 * Primary key: (pool_id, id). Indexes: (id), (access_key_id, id), (action, id), (subject, id), (session_arn, id), (session_identity_id,
 * id), (at), and (id) of the rows without `streamed_at`. The audit records. Ids sort by time. A row outlives the pool and the user that it is about.
 */
export interface AuditRecordTable {
  /** Empty when the call is not about a pool. */
  pool_id: string
  id: string
  at: number
  /** The operation's name. */
  action: string
  access_key_id: string | null
  /** Null in rows of earlier releases. */
  session_arn: string | null
  /** Null in rows of earlier releases. */
  session_identity_id: string | null
  /** Only in rows of earlier releases. Later ones have the `sub` in `subject`. */
  sub: string | null
  username: string | null
  detail: string | null
  /** The reason that the caller gave. */
  reason: string | null
  subject: string | null
  /** Null in rows of earlier releases, which recorded no refused calls. */
  outcome: string | null
  request_id: string | null
  /** The user of the operating system who ran a command. */
  system_user: string | null
  /** A JSON array of names. */
  changed_members: string | null
  address: string | null
  /** When the stream delivered the record. Null until then. */
  streamed_at: number | null
}

/**
 * Primary key: (pool_id, sub, id). Indexes: (pool_id, id), (pool_id, username_key, id), (pool_id, outcome, id), (started_at). Invocations
 * of trigger functions and their outcomes. Ids sort by time.
 */
export interface TriggerInvocationTable {
  pool_id: string
  /** The `sub` of the user; empty if the function was called about a user who does not exist. */
  sub: string
  id: string
  trigger: string
  outcome: string
  /** The `userName` of the event, normalized as the pool does before it compares names. */
  username_key: string
  started_at: number
  /** Sealed JSON of everything else: the event and the answer, with their secrets masked. */
  details: string
}

/** Primary key: (pool_id, sub, client_id, trigger). The last valid answer of a trigger function, for use when the function fails. */
export interface TriggerAnswerTable {
  pool_id: string
  sub: string
  client_id: string
  trigger: string
  /** Sealed JSON of the answer's `response`. */
  response: string
  answered_at: number
}

/**
 * Primary key: (pool_id, sink, id). Index: (at). The records of a pool's logs that wait for their delivery, one row for each destination. Ids
 * sort by time.
 */
export interface LogRecordTable {
  pool_id: string
  /** Which of the pool's destinations gets the record. */
  sink: string
  id: string
  at: number
  /** The JSON that is delivered. */
  record: string
}
