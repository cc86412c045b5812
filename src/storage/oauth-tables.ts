// The tables of what the hosted pages and the OAuth endpoints issue to users.

/** Primary key: (pool_id, sub). Indexes: (pool_id, token_hash), (expires_at). The latest link that was sent to each user to sign in with. */
export interface SignInLinkTable {
  pool_id: string
  /** The user, or a decoy. There is one link for each. */
  sub: string
  id: string
  /** SHA-256 of the token in the link. */
  token_hash: string
  client_id: string
  /** JSON: the sign-in that the link continues. */
  details: string
  expires_at: number
}

/**
 * Primary key: (pool_id, id). Indexes: (pool_id, sub), (expires_at). The authorization codes of the hosted pages. The id is a hash of the
 * code, which is random.
 */
export interface AuthorizationCodeTable {
  pool_id: string
  /** SHA-256 of the code. */
  id: string
  sub: string
  client_id: string
  expires_at: number
  /** JSON: what the code was given for. */
  details: string
  /** When the code was redeemed; null until then. */
  redeemed_at: number | null
  /** The session that the code gave; null until it was redeemed. */
  session_id: string | null
}

/**
 * Primary key: (pool_id, sub, sid, client_id). Indexes: (notify_at), (expires_at). The app clients that got tokens in a session of the hosted
 * pages, and are told when the session ends.
 */
export interface SessionClientTable {
  pool_id: string
  sub: string
  /** The name of the session in ID tokens. */
  sid: string
  client_id: string
  /** When the row is of no use any longer: when the session ends by itself, or when a client is given up. */
  expires_at: number
  /** When to tell the client next that the session has ended; null while the session lasts. */
  notify_at: number | null
  /** How often it was tried to tell the client. */
  attempts: number
}

/**
 * Primary key: (pool_id, id). Indexes: (pool_id, device_code_hash), (pool_id, sub), (expires_at). What devices ask users for (RFC 8628). No
 * two rows of a pool have the same user code.
 */
export interface DeviceAuthorizationTable {
  pool_id: string
  /** Keyed hash of the user code, because user codes are short. */
  id: string
  /** SHA-256 of the device code, which is random. */
  device_code_hash: string
  client_id: string
  /** JSON: what the device asks for. */
  details: string
  expires_at: number
  /** How long the device has to wait between two polls. */
  interval_seconds: number
  /** When the device last polled; null until then. */
  polled_at: number | null
  /** `approved` or `denied`; null until a user decides. */
  decision: string | null
  /** The user who approved. */
  sub: string | null
  /** JSON: how that user was authenticated. */
  approval: string | null
  /** The session that the device got; null until then. */
  session_id: string | null
}
