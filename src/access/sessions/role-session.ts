import { isObject } from '../../base/is-object.ts'
import type { Secrets } from '../../base/secrets.ts'

/**
 * A session of a role: the content of its session token. The server stores no sessions, so this is all that it knows of one when a later
 * request arrives. Times are epoch milliseconds.
 */
export type RoleSession = {
  readonly keyId: string
  readonly secret: string
  readonly roleArn: string
  readonly roleId: string
  /** The session ends when the role's generation is another one. */
  readonly roleGeneration: number
  readonly name: string
  readonly issuedAt: number
  readonly expiresAt: number
  /** The condition keys of the web identity, by their names in lower case, such as `cognito-identity.amazonaws.com:sub`. */
  readonly keys: Readonly<Record<string, readonly string[]>>
  /** Principal tags. */
  readonly tags: Readonly<Record<string, string>>
  /** A policy document that limits the session further. */
  readonly policy: string | undefined
  /** Whether the session is one of a guest, which the policies of guests limit further. */
  readonly isGuest: boolean
  /** The identity of an identity pool that the session belongs to. The session ends when the identity is deleted. */
  readonly identity: { readonly poolId: string; readonly id: string } | undefined
  /** Whether GetCredentialsForIdentity made the session. Such a session cannot call the operations of identity pools. */
  readonly isVended: boolean
}

/** Distinguishes session tokens of roles from those of stored access keys, and their forms from each other. */
const prefix = 'lgs1.'

/** The most characters of a session token. It travels in a header, and servers limit their headers to 8 kB or more in all. */
export const maxSessionTokenLength = 4096

export const isRoleSessionToken = (token: string): boolean => token.startsWith(prefix)

/** A session token. It opens only for the id of its own access key, so that it cannot be used with another one. */
export function sealRoleSession(secrets: Secrets, session: RoleSession): string {
  return `${prefix}${secrets.seal('role-session', JSON.stringify(session), session.keyId)}`
}

/** Undefined when the token was altered, or belongs to another key. */
export function openRoleSession(secrets: Secrets, keyId: string, token: string): RoleSession | undefined {
  if (!isRoleSessionToken(token) || token.length > maxSessionTokenLength) return undefined
  const opened = secrets.open('role-session', token.slice(prefix.length), keyId)
  if (opened === undefined) return undefined
  const session: unknown = JSON.parse(opened.toString())
  return isObject(session) ? (session as RoleSession) : undefined
}
