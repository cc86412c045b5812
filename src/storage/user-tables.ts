// The tables about users: the rows carry `sub`, but for the groups that users are put into.

/** Primary key: (pool_id, sub). */
export interface UserTable {
  pool_id: string
  sub: string
  username: string
  status: string
  enabled: number
  /** JSON object, attribute name to string value; without `sub`. */
  attributes: string
  /** Sealed salt and SRP verifier; null for a user without a password. */
  password: string | null
  /** When a temporary password dies; null for a permanent one. */
  password_expires_at: number | null
  /** The last sign-out everywhere (GlobalSignOut, AdminDisableUser); each is later than the one before it. */
  signed_out_at: number | null
  created_at: number
  updated_at: number
  /** JSON: the second factors the user has activated, and which of them is preferred; null while nothing is set. */
  mfa: string | null
}

/** Primary key: (pool_id, kind, value_key). Index: (pool_id, sub). The only way to find a user by a name. */
export interface UserAliasTable {
  pool_id: string
  kind: 'username' | 'email' | 'phone_number' | 'preferred_username' | 'identity'
  value_key: string
  sub: string
}

/** Primary key: (pool_id, name, value_key, sub). Index: (pool_id, sub). The search index of ListUsers. */
export interface UserAttributeTable {
  pool_id: string
  name: string
  value_key: string
  sub: string
}

/** Primary key: (pool_id, name). Unique: (pool_id, member_key or else name). */
export interface UserGroupTable {
  pool_id: string
  name: string
  description: string | null
  role_arn: string | null
  precedence: number | null
  created_at: number
  updated_at: number
  /** The `group_name` of its members' rows; null when that is the group's name. */
  member_key: string | null
}

/** Primary key: (pool_id, sub, group_name). Index: (pool_id, group_name, sub). */
export interface GroupMemberTable {
  pool_id: string
  sub: string
  /** The group's `member_key`, or its name when it has none. */
  group_name: string
}

/** Primary key: (pool_id, sub, set_at). Passwords that were replaced, newest first. */
export interface PasswordHistoryTable {
  pool_id: string
  sub: string
  set_at: number
  password: string
}

/** Primary key: (pool_id, sub). A user's authenticator app (TOTP). */
export interface SoftwareTokenTable {
  pool_id: string
  sub: string
  /** Sealed; null until a first code has proven that the user's app knows it. */
  secret: string | null
  /** Sealed: what a first code is to prove, to become the secret then. */
  pending_secret: string | null
  /** What the user calls the app or phone. */
  device_name: string | null
  /** The latest time step (30 s since the epoch) a code was accepted for; codes up to it are used up. */
  last_step: number
  updated_at: number
}

/** Primary key: (pool_id, sub, id). A user's passkeys. */
export interface PasskeyTable {
  pool_id: string
  sub: string
  /** What the authenticator calls the credential, base64url. */
  id: string
  /** COSE_Key (RFC 9052 §7), base64url. */
  public_key: string
  /** The authenticator's count of signatures at the latest use; 0 for one that does not count. */
  counter: number
  /** The domain that the passkey is bound to. */
  relying_party_id: string
  /** JSON: how a browser may reach the authenticator. */
  transports: string
  /** Whether it is part of the user's device; null when the browser did not say. */
  attachment: 'platform' | 'cross-platform' | null
  /** What the user sees it called. */
  name: string
  created_at: number
  last_used_at: number | null
}

/** Primary key: (pool_id, sub, purpose). Index: (expires_at). One outstanding code for each purpose; a new one replaces the old. */
export interface CodeTable {
  pool_id: string
  sub: string
  purpose: string
  /** Keyed hash of the code. */
  code_hash: string
  /** The attribute the code proves, if any. */
  attribute: string | null
  /** The value the code was sent to, or that waits to become current. */
  value: string | null
  created_at: number
  expires_at: number
}

/** Primary key: (pool_id, subject, action). Index: (updated_at). Counts beside every guessable thing. */
export interface AttemptTable {
  pool_id: string
  /** A `sub`, or the stand-in of a user who does not exist. */
  subject: string
  action: string
  count: number
  window_started_at: number
  locked_until: number
  updated_at: number
}

/**
 * Primary key: (pool_id, sub, id). Indexes: (expires_at), and (pool_id, sub, expires_at) of those that are tracked and not revoked. What one
 * sign-in began: the family of one refresh token.
 */
export interface SessionTable {
  pool_id: string
  sub: string
  id: string
  client_id: string
  created_at: number
  expires_at: number
  revoked_at: number | null
  /** How often the refresh token has been rotated. */
  generation: number
  rotated_at: number | null
  /** `signed_out_at` of the user as the sign-in saw it. The session is over as soon as the user's is another one. */
  user_signed_out_at: number | null
  /** When it was last used, from where and with what. Null when the pool did not track sessions at its beginning. */
  last_active_at: number | null
  device: string | null
  ip: string | null
  /** The device it was begun on, where the pool tracks devices: one the user has, or one to be confirmed under this key. */
  device_key: string | null
  /** When the user forgot that device: the session can neither be refreshed nor confirm the key once more. */
  device_forgotten_at: number | null
}

/** Primary key: (pool_id, sub, device_key). The devices that users of a pool which tracks them have confirmed. */
export interface DeviceTable {
  pool_id: string
  sub: string
  device_key: string
  name: string | null
  /** Sealed salt and SRP verifier; null for a device that cannot prove itself. */
  verifier: string | null
  remembered: number
  last_ip: string | null
  created_at: number
  updated_at: number
  last_authenticated_at: number
}

/**
 * Primary key: (pool_id, sub, client_id, device_key). Index: (expires_at). The latest question to a remembered device, for clients that
 * answer it without a Session.
 */
export interface DeviceStepTable {
  pool_id: string
  sub: string
  client_id: string
  device_key: string
  /** Sealed: the state that the Session of the question holds. */
  state: string
  expires_at: number
}

/** Primary key: (pool_id, sub, id). Index: (created_at). What users did that threat protection looks at; ids sort by time. */
export interface AuthEventTable {
  pool_id: string
  sub: string
  id: string
  type: string
  response: string
  created_at: number
  /** JSON: what was asked for and answered, from where, and what was made of it. */
  details: string
  /** JSON: what the user or an administrator said about it. */
  feedback: string | null
}

/** Primary key: (pool_id, member_key). Index: (due_at). A deleted group whose members the sweeper removes. */
export interface DeletedGroupTable {
  pool_id: string
  member_key: string
  due_at: number
}

/** Primary key: (pool_id, sub). Index: (due_at). A deleted user of whom the sweeper removes what is left. */
export interface DeletedUserTable {
  pool_id: string
  sub: string
  due_at: number
}
