import { createHash, randomBytes } from 'node:crypto'

/** The token of a link that a message carries: 256 random bits. */
export const newLinkToken = (): string => randomBytes(32).toString('base64url')

/** Other texts are no token, and are not looked up. */
export const isLinkToken = (text: string): boolean => /^[\w-]{43}$/.test(text)

/** A token is random, so a hash without a key is enough to keep a reader of the database from using it. */
export const hashOfLinkToken = (token: string): string => createHash('sha256').update(token).digest('base64url')
