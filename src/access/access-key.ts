import { randomBytes } from 'node:crypto'
import type { Secrets } from '../base/secrets.ts'
import type { Policy } from './policy.ts'

/** A credential that signs requests to the operations that AWS protects with IAM. Times are epoch milliseconds. */
export type AccessKey = {
  /** `AKIA…` for a long-lived key, `ASIA…` for one that comes with a session token. */
  readonly id: string
  readonly secret: string
  /** The hash of the session token, which a request must present. Only a temporary access key has a session token. */
  readonly sessionTokenHash: string | undefined
  readonly policy: Policy
  readonly expiresAt: number | undefined
}

/** What a list shows of a stored access key: everything except its secret and the hash of its session token. */
export type AccessKeyMetadata = {
  readonly id: string
  readonly description: string
  /** The policy document as it was given. */
  readonly policy: string
  readonly createdAt: number
  readonly expiresAt: number | undefined
}

/** An access key to store. Only a temporary one has a `sessionTokenHash`. */
export type NewAccessKey = AccessKeyMetadata & Pick<AccessKey, 'secret' | 'sessionTokenHash'>

/**
 * What the owner of an access key needs to sign requests. Shown only once: the database holds the secret sealed, and only a hash of the
 * session token.
 */
export type Credentials = { readonly id: string; readonly secret: string; readonly sessionToken: string | undefined }

/** The base32 alphabet of RFC 4648, which AWS uses for its ids. It has 32 characters, so random bytes map to it evenly. */
const idAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Random bytes as the characters of an id, one character for each byte. */
export const idText = (bytes: Buffer): string => Array.from(bytes, (byte) => idAlphabet[byte % 32]).join('')

/** Draws new credentials in AWS's format: an id of 20 characters and a secret of 40 (240 random bits). */
export function newAccessKey(kind: 'long-lived' | 'session'): Credentials {
  const suffix = idText(randomBytes(16))
  const secret = randomBytes(30).toString('base64')
  if (kind === 'long-lived') return { id: `AKIA${suffix}`, secret, sessionToken: undefined }
  return { id: `ASIA${suffix}`, secret, sessionToken: randomBytes(48).toString('base64url') }
}

export function isAccessKeyId(text: string): boolean {
  return /^A[KS]IA[A-Z0-9]{16}$/.test(text)
}

/** The keyed hash that is stored in place of a session token. It is bound to the id of the access key. */
export function hashSessionToken(secrets: Secrets, keyId: string, token: string): string {
  return secrets.mac('access-key', 'session-token', keyId, token).toString('base64url')
}

export function isSessionToken(secrets: Secrets, keyId: string, token: string, hash: string): boolean {
  return secrets.isMac('access-key', hash, 'session-token', keyId, token)
}
