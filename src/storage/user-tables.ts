// The tables about users and groups. Rows about a user have a column `sub`, which is called `subject` in `attempt`.

/** Primary key: (pool_id, sub). */
export interface UserTable {
  pool_id: string
  sub: string
  username: string
  status: string
  enabled: number
  /** JSON object, attribute name to string value; without `sub`. */
  attributes: string
  /** Sealed: salt and SRP verifier, or an imported password hash. `former`: still at the former pool. Null for a user without one. */
  password: string | null
  /** When a temporary password expires; null for a permanent one. */
  password_expires_at: number | null
  /** When the user was last signed out everywhere (GlobalSignOut, AdminDisableUser). Each value is later than the one before. */
  signed_out_at: number | null
  created_at: number
  updated_at: number
  /** JSON: the user's active second factors and the preferred one; null while none is set. */
  mfa: string | null
}

type NameKind = 'username' | 'email' | 'phone_number' | 'preferred_username' | 'merged'

/** Primary key: (pool_id, kind, value_key). Index: (pool_id, sub). The only way to find a user by a name. */
export interface UserAliasTable {
  pool_id: string
  /** With `2:` in front: a name of the second set (see users/name-sets.ts). Identities are in no set. */
  kind: NameKind | `2:${NameKind}` | 'identity'
  value_key: string
  sub: string
  /** When a former username can be another user's, in epoch milliseconds. Null for a name that finds the user. Index where not null. */
  free_at: number | null
}

/** Primary key: (pool_id, name, value_key, sub). Index: (pool_id, sub). The search index of ListUsers. */
export interface UserAttributeTable {
  pool_id: string
  name: string
  value_key: string
  sub: string
}

/** Primary key: (pool_id, name). Unique: (pool_id, member_key), with the name in place of a null. */
export interface UserGroupTable {
  pool_id: string
  name: string
  description: string | null
  role_arn: string | null
  precedence: number | null
  created_at: number
  updated_at: number
  /** The value of `group_name` in the rows of the group's members (`group_member`). Null when that value is the group's name. */
  member_key: string | null
}

/** Primary key: (pool_id, sub, group_name). Index: (pool_id, group_name, sub). */
export interface GroupMemberTable {
  pool_id: string
  sub: string
  /** The group's `member_key`, or its name when it has none. */
  group_name: string
}

/** Primary key: (pool_id, sub, set_at). Earlier passwords of the user. */
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
  /** Sealed; null until a first code has proven that the user's app has it. */
  secret: string | null
  /** Sealed: becomes the secret when a first code proves that the user's app has it. */
  pending_secret: string | null
  /** The user's name for the app or phone. */
  device_name: string | null
  /** The latest time step (of 30 s since the epoch) with an accepted code. Codes of this step and of earlier steps are consumed. */
  last_step: number
  updated_at: number
}

/** Primary key: (pool_id, sub). A user's recovery codes. */
export interface RecoveryCodeSetTable {
  pool_id: string
  sub: string
  /** The key of the hashes; sealed. */
  hash_key: string
  /** The keyed hashes of the codes that are left, each with a space after it. */
  hashes: string
  created_at: number
}

/** Primary key: (pool_id, sub, id). A user's passkeys. */
export interface PasskeyTable {
  pool_id: string
  sub: string
  /** The authenticator's id of the credential, base64url. */
  id: string
  /** COSE_Key (RFC 9052 §7), base64url. */
  public_key: string
  /** The authenticator's signature counter at the latest use; 0 for an authenticator without one. */
  counter: number
  /** The domain that the passkey works for. */
  relying_party_id: string
  /** JSON: how a browser may reach the authenticator. */
  transports: string
  /** Whether the authenticator is part of the user's device; null if the browser did not say. */
  attachment: 'platform' | 'cross-platform' | null
  /** The name that the user sees. */
  name: string
  created_at: number
  last_used_at: number | null
}

/**
 * Primary key: (pool_id, sub). Indexes: (purge_at), (pool_id, deleted_at), (pool_id, name_key, sub). Deleted users who can be restored. They
 * have no rows in the other tables, except auth events.
 */
export interface KeptUserTable {
  pool_id: string
  sub: string
  /** The name that the user signed in with, in the form in which names are compared. */
  name_key: string
  deleted_at: number
  /** When the row is deleted at the latest. */
  purge_at: number
  /** JSON: the user's rows by table, without `pool_id` and `sub`. Sealed values in them are sealed as in those tables. */
  rows: string
}

/** Primary key: (pool_id, sub, purpose). Index: (expires_at). One outstanding code for each purpose; a new code replaces the old one. */
export interface CodeTable {
  pool_id: string
  sub: string
  purpose: string
  /** Keyed hash of the code. */
  code_hash: string
  /** The attribute that the code verifies, if any. */
  attribute: string | null
  /** The address that the code was sent to, or the attribute value that becomes current when the code is used. */
  value: string | null
  created_at: number
  expires_at: number
}

/** Primary key: (pool_id, subject, action). Index: (updated_at). Counts of attempts at everything that can be guessed. */
export interface AttemptTable {
  pool_id: string
  /**
   * The `sub` of a user, or a made-up id for a user who does not exist. For user codes of devices, `address:` and a network, or `pool`.
   */
  subject: string
  action: string
  count: number
  window_started_at: number
  locked_until: number
  updated_at: number
}

/**
 * Primary key: (pool_id, sub, id). Indexes: (expires_at), and (pool_id, sub, expires_at) for sessions that are tracked and not revoked. A
 * session: all tokens that descend from the first refresh token of one sign-in.
 */
export interface SessionTable {
  pool_id: string
  sub: string
  id: string
  client_id: string
  created_at: number
  expires_at: number
  revoked_at: number | null
  /** How many times the refresh token has been rotated. */
  generation: number
  rotated_at: number | null
  /** The user's `signed_out_at` at the sign-in. The session ends when the user's value changes. */
  user_signed_out_at: number | null
  /**
   * When the session was last used, with which kind of device and from which address. Null if the pool did not track sessions when the
   * session began.
   */
  last_active_at: number | null
  device: string | null
  ip: string | null
  /** The device of the sign-in, if the pool tracks devices: a device of the user, or one that may be confirmed under this key. */
  device_key: string | null
  /** When the user forgot the device in `device_key`. From then on the session can neither be refreshed nor confirm that key again. */
  device_forgotten_at: number | null
}

/** Primary key: (pool_id, sub, device_key). Confirmed devices of users, in pools that track devices. */
export interface DeviceTable {
  pool_id: string
  sub: string
  device_key: string
  name: string | null
  /** Sealed salt and SRP verifier; null for a device without one. */
  verifier: string | null
  remembered: number
  last_ip: string | null
  created_at: number
  updated_at: number
  last_authenticated_at: number
}

/**
 * Primary key: (pool_id, sub, client_id, device_key). Index: (expires_at). The latest challenge to a remembered device, for clients that
 * answer it without a Session.
 */
export interface DeviceStepTable {
  pool_id: string
  sub: string
  client_id: string
  device_key: string
  /** Sealed: the sign-in state that the Session of the challenge carries. */
  state: string
  expires_at: number
}

/** Primary key: (pool_id, sub, id). Index: (created_at). The auth events of users. Ids sort by time. */
export interface AuthEventTable {
  pool_id: string
  sub: string
  id: string
  type: string
  response: string
  created_at: number
  /** JSON: the app client, the challenges and their results, the address and the kind of device. */
  details: string
  /** JSON: the feedback of the user or an administrator. */
  feedback: string | null
}

/** Primary key: (pool_id, member_key). Index: (due_at). A deleted group whose members the sweeper removes. */
export interface DeletedGroupTable {
  pool_id: string
  member_key: string
  due_at: number
}

/** Primary key: (pool_id, sub). Index: (due_at). A deleted user whose remaining rows the sweeper removes. */
export interface DeletedUserTable {
  pool_id: string
  sub: string
  due_at: number
}
