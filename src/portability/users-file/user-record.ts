import type { MfaMethod } from '../../pools/pool.ts'
import type { Attributes, UserStatus } from '../../users/user.ts'

/*
 * The lines of a users file: JSON lines, in this order: the head, the groups, the users, the end. docs/users-file.md describes them, and
 * docs/users-file.schema.json is their JSON Schema. Times are ISO 8601 in UTC. Members that a user does not have are left out.
 */

/** The version of the format. A reader refuses a file of another version. */
export const usersFileVersion = 1

/** The first line. */
export type UsersFileHead = {
  readonly lifeguard: 'users'
  readonly version: typeof usersFileVersion
  /** The pool that the users were exported from. A file from another system has none. */
  readonly userPoolId?: string
  /** The part of that pool's id to which SRP verifiers are bound. */
  readonly srpName?: string
  readonly exportedAt?: string
}

/** A group of the pool. All groups stand before the users. */
export type GroupRecord = {
  /** The name of the group. */
  readonly group: string
  readonly description?: string
  readonly roleArn?: string
  readonly precedence?: number
  readonly createdAt?: string
  readonly updatedAt?: string
}

/** The last line. A file without it may have been cut off. */
export type UsersFileEnd = { readonly end: true; readonly groups?: number; readonly users?: number }

export type UserRecord = {
  /** The name that the user was stored under: the `sub` in a pool whose users sign in with an address. */
  readonly username: string
  readonly sub?: string
  readonly status?: UserStatus
  readonly enabled?: boolean
  readonly createdAt?: string
  readonly updatedAt?: string
  /** Standard and custom (`custom:…`) attributes. `sub`, `identities` and `merged_subs` have members of their own. */
  readonly attributes?: Attributes
  /** The names of the user's groups. */
  readonly groups?: readonly string[]
  /** Left out for a user without a password. */
  readonly password?: PasswordRecord
  /** When the temporary password of a user with the status FORCE_CHANGE_PASSWORD expires. Left out for a permanent password. */
  readonly passwordExpiresAt?: string
  /** Former passwords, the newest first. */
  readonly passwordHistory?: readonly FormerPasswordRecord[]
  readonly mfa?: MfaRecord
  readonly totp?: TotpRecord
  readonly passkeys?: readonly PasskeyRecord[]
  readonly devices?: readonly DeviceRecord[]
  /** What the user's accounts at identity providers are linked by. */
  readonly identities?: readonly IdentityRecord[]
  /** The `sub` of each user who was merged into this one. */
  readonly mergedSubs?: readonly string[]
  /** Usernames of users who were merged into this one, in the form in which names are compared. They find this user. */
  readonly mergedNames?: readonly string[]
}

/** A stored password. `algorithm` and `hash` are those of `users/passwords/imported-hash.ts`; `SRP` is a verifier. */
export type PasswordRecord = { readonly algorithm: string; readonly hash: string }

export type FormerPasswordRecord = PasswordRecord & {
  /** When the password was replaced. */
  readonly replacedAt?: string
}

export type MfaRecord = {
  readonly enabled: readonly MfaMethod[]
  readonly preferred?: MfaMethod
  /** Whether the older SetUserSettings activated SMS. */
  readonly byOptions?: boolean
  /** Whether the user's passkeys are activated for MFA. */
  readonly passkey?: boolean
}

/** An authenticator app that a first code has proven: SHA-1, six digits, 30 seconds. */
export type TotpRecord = {
  /** In Base32, without padding. */
  readonly secret: string
  /** The user's name for the app. */
  readonly name?: string
  /** The latest time step, of 30 seconds since the epoch, whose code was consumed. Codes of it and of earlier steps are refused. */
  readonly lastStep?: number
}

export type PasskeyRecord = {
  /** The credential id, base64url. */
  readonly id: string
  /** COSE_Key (RFC 9052 §7), base64url. */
  readonly publicKey: string
  /** The authenticator's signature counter at the latest use. */
  readonly counter: number
  /** The domain that the passkey works for. */
  readonly relyingPartyId: string
  readonly transports?: readonly string[]
  readonly attachment?: 'platform' | 'cross-platform'
  /** The name that the user sees. */
  readonly name?: string
  readonly createdAt?: string
  readonly lastUsedAt?: string
}

/**
 * A device that the user confirmed. Its password is bound to `groupKey` and `key`. The group key depends on the master key, the pool and the
 * `sub`, so that the device can prove itself only where the group key is the same.
 */
export type DeviceRecord = {
  readonly key: string
  readonly groupKey: string
  readonly name?: string
  /** Salt and SRP verifier, base64. Left out for a device that cannot prove itself. */
  readonly verifier?: { readonly salt: string; readonly verifier: string }
  /** Whether the device replaces the second factor. */
  readonly remembered: boolean
  readonly lastIp?: string
  readonly createdAt?: string
  readonly updatedAt?: string
  readonly lastAuthenticatedAt?: string
}

export type IdentityRecord = {
  /** The name of the identity provider in the pool. */
  readonly provider: string
  readonly providerType?: string
  /** The subject, or the value of the attribute `attributeName`. */
  readonly userId: string
  /** Left out when `userId` is the subject. */
  readonly attributeName?: string
  readonly issuer?: string
  /** Whether the first sign-in with this identity created the user. */
  readonly primary?: boolean
  readonly createdAt?: string
}
