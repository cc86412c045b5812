import { createPublicKey, type JsonWebKeyInput } from 'node:crypto'
import { isObject } from '../../base/is-object.ts'
import { invalidParameter } from '../../contract/api-error.ts'
import type { PublicJwk } from './client-extensions.ts'

const mostKeys = 20
/** The most characters of a key. Those of RSA with 8192 bits have about 1,400. */
const longestKey = 4096
/** The least size of an RSA key whose signatures are accepted (RFC 7518 §3.3). */
const leastBits = 2048

/** Members of a private or symmetric key (RFC 7518 §6). */
const privateMembers: readonly string[] = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/**
 * Reads a set of public keys for signatures (RFC 7517 §5).
 * @throws ApiError InvalidParameterException when it is no such set, has a private key, a symmetric one or a weak one, or is too large
 */
export function readPublicKeys(set: unknown, where: string): readonly PublicJwk[] {
  const keys = isObject(set) ? set['keys'] : undefined
  if (!Array.isArray(keys) || keys.length === 0) throw invalidParameter(`${where} must be a JWK set: an object with the list keys.`)
  if (keys.length > mostKeys) throw invalidParameter(`${where} has more than ${mostKeys} keys.`)
  for (const [at, key] of keys.entries()) requirePublicKey(key, `${where}.keys[${at}]`)
  const ids = keys.map((key: PublicJwk) => key['kid'])
  if (keys.length > 1 && (ids.includes(undefined) || new Set(ids).size < ids.length)) {
    throw invalidParameter(`${where}: with more than one key, each needs a kid of its own.`)
  }
  return keys
}

function requirePublicKey(jwk: unknown, where: string): void {
  const problem = problemOf(jwk)
  if (problem !== undefined) throw invalidParameter(`${where}${problem}`)
}

/** Why the key cannot check signatures, as the end of a sentence about it. Undefined when it can. */
function problemOf(jwk: unknown): string | undefined {
  if (!isObject(jwk) || JSON.stringify(jwk).length > longestKey) return ' is no JWK.'
  if (privateMembers.some((name) => jwk[name] !== undefined)) return ' is a private or symmetric key. Send the public key only.'
  if ((jwk['use'] ?? 'sig') !== 'sig') return ' is not for signatures (use).'
  const kid = jwk['kid']
  if (kid !== undefined && (typeof kid !== 'string' || kid === '')) return ': kid must be a text.'
  return isStrongKey(jwk) ? undefined : ' must be a key of RSA (from 2048 bits on), of P-256, P-384 or P-521, or Ed25519.'
}

/** The keys for signatures among the first ones of a published set. Keys of other kinds are skipped: a set may be for several purposes. */
export function usableKeysOf(set: Readonly<Record<string, unknown>>): readonly PublicJwk[] {
  const keys = Array.isArray(set['keys']) ? set['keys'].slice(0, mostKeys) : []
  return keys.filter((key) => problemOf(key) === undefined)
}

const curves: readonly unknown[] = ['P-256', 'P-384', 'P-521', 'Ed25519']

function isStrongKey(jwk: Record<string, unknown>): boolean {
  try {
    const key = createPublicKey({ key: jwk as JsonWebKeyInput['key'], format: 'jwk' })
    return jwk['kty'] === 'RSA' ? (key.asymmetricKeyDetails?.modulusLength ?? 0) >= leastBits : curves.includes(jwk['crv'])
  } catch {
    return false
  }
}
