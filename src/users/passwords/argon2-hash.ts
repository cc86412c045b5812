/**
 * The cost of the Argon2id hashes that we make (RFC 9106), by the recommendation of OWASP's Password Storage Cheat Sheet: kibibytes, passes
 * and lanes.
 */
export const argon2Cost = { memory: 19_456, passes: 2, parallelism: 1 } as const

export const argon2SaltBytes = 16
export const argon2KeyBytes = 32

const ownForm = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/

const start = `$argon2id$v=19$m=${argon2Cost.memory},t=${argon2Cost.passes},p=${argon2Cost.parallelism}$`

/** The PHC string of a hash of our cost. */
export function writeArgon2(salt: Uint8Array, key: Uint8Array): string {
  const fields = [salt, key].map((bytes) => Buffer.from(bytes).toString('base64').replace(/=+$/, ''))
  return start + fields.join('$')
}

/** Reads a PHC string of our cost, with the lengths that we use. Undefined for any other text. */
export function readOwnArgon2(text: string | undefined): { readonly salt: Buffer; readonly key: Buffer } | undefined {
  const [, salt, key] = ownForm.exec(text ?? '') ?? []
  if (salt === undefined || key === undefined) return undefined
  return { salt: Buffer.from(salt, 'base64'), key: Buffer.from(key, 'base64') }
}
