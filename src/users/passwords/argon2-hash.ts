/**
 * The cost of the Argon2id hashes that we make (RFC 9106), by the recommendation of OWASP's Password Storage Cheat Sheet: kibibytes, passes
 * and lanes.
 */
export const argon2Cost = { memory: 19_456, passes: 2, parallelism: 1 } as const

export const argon2SaltBytes = 16
export const argon2KeyBytes = 32

const start = `$argon2id$v=19$m=${argon2Cost.memory},t=${argon2Cost.passes},p=${argon2Cost.parallelism}$`

/** The PHC string of a hash of our cost. */
export function writeArgon2(salt: Uint8Array, key: Uint8Array): string {
  const fields = [salt, key].map((bytes) => Buffer.from(bytes).toString('base64').replace(/=+$/, ''))
  return start + fields.join('$')
}

/** Whether the PHC string is one that `writeArgon2` could have written. */
export function isOwnArgon2(text: string): boolean {
  return text.startsWith(start) && /^[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/.test(text.slice(start.length))
}
