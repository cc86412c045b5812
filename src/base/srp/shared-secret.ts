import { generalPower } from './general-power.ts'
import { modulus, modulusBytes, toFixedBytes, toInteger } from './group.ts'

/** The inputs of S on the server. `a` and `verifier` are residues of 384 bytes; `u` has 32 bytes; `b` has any length. */
export type SharedSecretInput = { readonly a: Uint8Array; readonly verifier: Uint8Array; readonly u: Uint8Array; readonly b: Uint8Array }

export const scramblerBytes = 32

/** S = (A · v^u)^b mod N (RFC 5054 §2.6) as 384 bytes. Takes two modular exponentiations, about a millisecond. */
export function sharedSecret({ a, verifier, u, b }: SharedSecretInput): Buffer {
  const product = (toInteger(a) * toInteger(generalPower(verifier, u))) % modulus
  return generalPower(toFixedBytes(product), b)
}

const verifierStart = modulusBytes
const scramblerStart = verifierStart + modulusBytes
const secretStart = scramblerStart + scramblerBytes

/** Packs the inputs into one byte array: posting an object of four arrays to a thread costs four times as much. */
export function packSharedSecret({ a, verifier, u, b }: SharedSecretInput): Uint8Array {
  if (a.length !== modulusBytes || verifier.length !== modulusBytes || u.length !== scramblerBytes || b.length === 0)
    throw new RangeError('A, v, u or b has the wrong length.')
  const packed = new Uint8Array(secretStart + b.length)
  packed.set(a)
  packed.set(verifier, verifierStart)
  packed.set(u, scramblerStart)
  packed.set(b, secretStart)
  return packed
}

export function unpackSharedSecret(packed: Uint8Array): SharedSecretInput {
  return {
    a: packed.subarray(0, verifierStart),
    verifier: packed.subarray(verifierStart, scramblerStart),
    u: packed.subarray(scramblerStart, secretStart),
    b: packed.subarray(secretStart),
  }
}
