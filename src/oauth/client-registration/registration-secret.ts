import { createHash, randomBytes } from 'node:crypto'
import { isSameText } from '../../base/same-text.ts'

/** A random token that is shown once. It has 256 bits, so a hash without a key is enough to keep a reader of the database from using it. */
export const newSecretText = (): string => randomBytes(32).toString('base64url')

export const hashOfSecret = (secret: string): string => createHash('sha256').update(secret).digest('base64url')

export const isSecretOf = (hash: string, secret: string): boolean => isSameText(hashOfSecret(secret), hash)

/** The token in the Authorization header (RFC 6750 §2.1). */
export function bearerTokenIn(authorization: string | undefined): string | undefined {
  return /^Bearer +([\w~+/.-]{1,1024}=*)$/i.exec(authorization ?? '')?.[1]
}
