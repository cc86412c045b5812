import { createHash } from 'node:crypto'

/** SHA-256 of a random text. The database stores only the hash, so a reader of the database does not learn the text. */
export const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url')
