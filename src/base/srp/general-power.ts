import { constants, createPublicKey, publicEncrypt } from 'node:crypto'
import { modulus, modulusBytes, toFixedBytes, toInteger } from './group.ts'

const modulusBase64 = toFixedBytes(modulus).toString('base64url')

/**
 * base^exponent mod N as 384 big-endian bytes. It is "RSA encryption" without padding under the public key (N, exponent):
 * the one door through which Node hands a bare modular power to OpenSSL's assembler, five times as fast as BigInt. N has
 * exactly 3072 bits, the most for which OpenSSL accepts a public exponent of more than 64 bits.
 *
 * OpenSSL takes public exponents for public, so the time depends on the exponent. Ours are u, which the client knows, and
 * b, which is drawn for one exchange and never used again, so that no attacker can average a measurement.
 *
 * @param base any residue, 384 big-endian bytes at most
 * @param exponent big-endian bytes of an integer > 0
 */
export function generalPower(base: Uint8Array, exponent: Uint8Array): Buffer {
  const key = createPublicKey({
    format: 'jwk',
    key: { kty: 'RSA', n: modulusBase64, e: Buffer.from(exponent).toString('base64url') },
  })
  return publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, toResidue(base))
}

/** OpenSSL wants exactly 384 bytes, less than N. */
function toResidue(base: Uint8Array): Buffer {
  const integer = toInteger(base)
  if (base.length === modulusBytes && integer < modulus) return Buffer.from(base.buffer, base.byteOffset, base.byteLength)
  return toFixedBytes(integer % modulus)
}
