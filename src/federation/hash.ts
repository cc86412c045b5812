import { createHash } from 'node:crypto'

/** SHA-256 of random texts: whoever reads the database can use none of them. */
export const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url')
