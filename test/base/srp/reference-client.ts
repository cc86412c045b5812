import { createHash, createHmac } from 'node:crypto'

/**
 * The client's side of an SRP exchange, written from the formulas with integers and hex text. It shares no code with the server, so that
 * one mistake cannot be in both.
 */

const n = BigInt(
  '0xFFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD' +
    'EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED' +
    'EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F' +
    '83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B' +
    'E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510' +
    '15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7' +
    'ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C' +
    'BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF',
)

/** base^exponent mod N by squaring, bit by bit. */
export function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let square = ((base % n) + n) % n
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % n
    square = (square * square) % n
  }
  return result
}

/** The integer in big-endian hex digits. Their number is even, and `00` stands before a first digit of 8 to f. */
export function padHex(integer: bigint): string {
  const hex = integer.toString(16)
  const even = hex.length % 2 === 1 ? `0${hex}` : hex
  return /^[89a-f]/.test(even) ? `00${even}` : even
}

function hashHex(hex: string): string {
  return createHash('sha256').update(Buffer.from(hex, 'hex')).digest('hex')
}

const k = BigInt(`0x${hashHex(padHex(n) + padHex(2n))}`)

export function clientX(account: { group: string; name: string; password: string; saltHex: string }): bigint {
  const inner = createHash('sha256').update(`${account.group}${account.name}:${account.password}`).digest('hex')
  return BigInt(`0x${hashHex(padHex(BigInt(`0x${account.saltHex}`)) + inner)}`)
}

export function clientU(publicA: bigint, publicB: bigint): bigint {
  return BigInt(`0x${hashHex(padHex(publicA) + padHex(publicB))}`)
}

export function clientS(x: bigint, a: bigint, u: bigint, publicB: bigint): bigint {
  return power(publicB - k * power(2n, x), a + u * x)
}

export function clientKey(u: bigint, s: bigint): Buffer {
  const extracted = createHmac('sha256', Buffer.from(padHex(u), 'hex'))
    .update(Buffer.from(padHex(s), 'hex'))
    .digest()
  return createHmac('sha256', extracted).update('Caldera Derived Key\u0001').digest().subarray(0, 16)
}

type Account = { group: string; name: string; password: string; saltHex: string }

/** PASSWORD_CLAIM_SIGNATURE of a client that chose `a` and received `publicB` (hex). */
export function clientSignature(
  account: Account,
  a: bigint,
  { publicB, secretBlock, timestamp }: { publicB: string; secretBlock: Buffer; timestamp: string },
): string {
  const b = BigInt(`0x${publicB}`)
  const u = clientU(power(2n, a), b)
  const key = clientKey(u, clientS(clientX(account), a, u, b))
  const message = Buffer.concat([Buffer.from(account.group + account.name), secretBlock, Buffer.from(timestamp)])
  return createHmac('sha256', key).update(message).digest('base64')
}
