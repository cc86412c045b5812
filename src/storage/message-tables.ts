/**
 * Primary key: id. Indexes: (pool_id, sub, id), (pool_id, id), (pool_id, state, id), (ended_at), (content_until), and for queued messages
 * only (channel, next_attempt_at, id). Messages to deliver after the commit that queued them. For a while the rows are also the message
 * records.
 */
export interface OutboxTable {
  id: string
  pool_id: string
  sub: string
  channel: 'email' | 'sms' | 'custom-email' | 'custom-sms'
  /** What the message is for, such as `sign-up` or `forgot-password`. */
  trigger: string
  /** Sealed JSON of the rendered message; emptied at the time in `content_until`. */
  payload: string
  /**
   * Sealed JSON of what the message record shows in addition to the columns: recipient, username and expiry. Unlike the payload, it is kept
   * as long as the row. Null in rows of earlier releases.
   */
  label: string | null
  state: 'queued' | 'sent' | 'failed' | 'suppressed'
  attempts: number
  /**
   * For a queued message: when the next attempt may begin or, during an attempt, the end of the lease of the process that delivers the
   * message. Null in any other state.
   */
  next_attempt_at: number | null
  /** The end of the latest lease: while it equals `next_attempt_at`, a process is delivering the message. */
  lease_until: number | null
  last_attempt_at: number | null
  last_error: string | null
  /** 1 when the gateway rejected the message at the last attempt. */
  refused: number | null
  created_at: number
  /** When the message was sent, failed or was suppressed; null while it is queued. */
  ended_at: number | null
  /**
   * When to empty the payload of a message that was sent, failed or was suppressed. Null while the message is queued, and again after the
   * payload was emptied.
   */
  content_until: number | null
}

/** Primary key: (pool_id, key). Index: (window_ends_at). How many messages a pool has sent, or has sent to one recipient. */
export interface MessageCountTable {
  pool_id: string
  /** `day` for the daily count of the pool, or a keyed hash of the recipient for the recipient's hourly count. */
  key: string
  count: number
  window_ends_at: number
}

/** Primary key: id. Index: (recipient, id). Messages that the dev inbox shows; empty in production. */
export interface InboxMessageTable {
  id: string
  pool_id: string
  channel: 'email' | 'sms'
  recipient: string
  created_at: number
  /** JSON of the whole message. */
  message: string
}

/** Primary key: (pool_id, sub, position). Indexes: (pool_id, token_hash), (expires_at). Changes of e-mail addresses that a link can undo. */
export interface EmailChangeTable {
  pool_id: string
  sub: string
  /** 1 for the first change of the user that is stored, and so on. */
  position: number
  /** SHA-256 of the token in the link that undoes the change. */
  token_hash: string
  /** JSON: what the change replaced. */
  details: string
  changed_at: number
  expires_at: number
}

/**
 * Primary key: (pool_id, name_hash). Index: (expires_at). What later answers show for the names of a sign-up that created no user, because
 * one of the names was taken.
 */
export interface HiddenSignUpTable {
  pool_id: string
  /** A keyed hash of the name. */
  name_hash: string
  /** Where the code would have gone. Null where there was no address for it. */
  attribute: 'email' | 'phone_number' | null
  /** The masked address. */
  destination: string | null
  expires_at: number
}
