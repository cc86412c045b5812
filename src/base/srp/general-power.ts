import { constants, createPublicKey, publicEncrypt } from 'node:crypto'
import { modulus, modulusBytes, toFixedBytes, toInteger } from './group.ts'

const modulusBase64 = toFixedBytes(modulus).toString('base64url')

/**
 * base^exponent mod N as 384 big-endian bytes. It is "RSA encryption" without padding under the public key (N, exponent). This is Node's
 * only way to a modular exponentiation with OpenSSL's assembler, which is five times as fast as BigInt. N has exactly 3072 bits, the
 * maximum for which OpenSSL accepts a public exponent of more than 64 bits.
 *
 * OpenSSL does not hide public exponents, so the time depends on the exponent. Our exponents are u, which the client knows, and b, which is
 * random and used for one exchange, so that an attacker cannot average measurements.
 *
 * @param base big-endian bytes of an integer ≥ 0
 * @param exponent big-endian bytes of an integer > 0
 */
export function generalPower(base: Uint8Array, exponent: Uint8Array): Buffer {
  const key = createPublicKey({
    format: 'jwk',
    key: { kty: 'RSA', n: modulusBase64, e: Buffer.from(exponent).toString('base64url') },
  })
  return publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, toResidue(base))
}

/** OpenSSL requires exactly 384 bytes, with a value below N. */
function toResidue(base: Uint8Array): Buffer {
  const integer = toInteger(base)
  if (base.length === modulusBytes && integer < modulus) return Buffer.from(base.buffer, base.byteOffset, base.byteLength)
  return toFixedBytes(integer % modulus)
}
