/** The numbers of Cognito's SRP-6a and their formats: the 3072-bit MODP group 15 of RFC 3526 §4, with generator 2. */

export const modulusBytes = 384

const modulusHex =
  'FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD' +
  'EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED' +
  'EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F' +
  '83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B' +
  'E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510' +
  '15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7' +
  'ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C' +
  'BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF'

/** N, a safe prime. */
export const modulus = BigInt(`0x${modulusHex}`)

/** g. */
export const generator = 2n

/** k = SHA-256(be(N) ‖ be(g)), where be(g) is the single byte 2: Cognito does not pad g to the length of N as RFC 5054 does. */
export const multiplier = 0x538282c4354742d7cbbde2359fcf67f9f5b3a6b08791e5011b43b8a5b66d9ee6n

/** The non-negative integer of big-endian bytes; 0 for no bytes. */
export function toInteger(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`)
}

/** The 384 big-endian bytes of a residue, with its leading zeros. `residue` is in 0 … N − 1. */
export function toFixedBytes(residue: bigint): Buffer {
  return Buffer.from(residue.toString(16).padStart(modulusBytes * 2, '0'), 'hex')
}

/**
 * be(n): the shortest big-endian two's complement of a non-negative integer (Java's BigInteger.toByteArray). It has a leading zero byte
 * when the top bit is set. Cognito hashes every integer in this format.
 */
export function toSignedBytes(integer: bigint): Buffer {
  const hex = integer.toString(16)
  const whole = hex.length % 2 === 0 ? hex : `0${hex}`
  return Buffer.from(whole >= '8' ? `00${whole}` : whole, 'hex')
}

/**
 * The shortest big-endian two's complement of an integer, as `toSignedBytes` makes it. Here the integer is given as at least one big-endian
 * byte, with or without leading zeros.
 */
export function toSignedForm(bytes: Uint8Array): Buffer {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start++
  const rest = bytes.subarray(start)
  return Buffer.concat((rest[0] ?? 0) < 0x80 ? [rest] : [zeroByte, rest])
}

const zeroByte = Buffer.of(0)

/** More than N needs (768 digits), and short enough for fast arithmetic. */
const hexText = /^[0-9a-fA-F]{1,1024}$/

/** Undefined unless the text consists of 1 to 1,024 hexadecimal digits. */
export function readHex(text: string): bigint | undefined {
  return hexText.test(text) ? BigInt(`0x${text}`) : undefined
}

/** Hex without leading zeros, like A, B and the salt of Cognito and its clients. */
export function writeHex(integer: bigint): string {
  return integer.toString(16)
}
