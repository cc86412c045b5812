import { createHmac, hash, hkdfSync, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'
import { modulus, modulusBytes, readHex, toFixedBytes, toInteger, toSignedBytes, toSignedForm, writeHex } from './group.ts'
import type { SrpPowers } from './powers.ts'
import { scramblerBytes } from './shared-secret.ts'

/**
 * SRP-6a as in Cognito's clients. For a user, `group` is the part of the pool id after the underscore, and `name` the stored username. For
 * a remembered device they are the device group key and the device key. be(n) is the format of integers that `toSignedBytes` makes.
 */

const saltBytes = 16
const exponentBytes = 32
const sessionKeyBytes = 16

/** The first byte is never zero: clients handle a leading zero differently (some hash the text, some the integer). */
export function newSalt(): Buffer {
  const salt = randomBytes(saltBytes)
  salt[0] = randomInt(1, 256)
  return salt
}

/** x = H(be(salt) ‖ H(group ‖ name ‖ ":" ‖ password)), 32 bytes. The verifier is g^x. */
export function srpX(group: string, name: string, password: string, salt: Uint8Array): Buffer {
  const inner = sha256(Buffer.from(`${group}${name}:${password}`))
  return sha256(Buffer.concat([toSignedForm(salt), inner]))
}

/** Reads A in hex. Undefined when it is not hex, or a multiple of N, for which S would be 0 (RFC 5054 §2.5.4). */
export function readClientPublic(hex: string): bigint | undefined {
  const a = readHex(hex)
  return a === undefined || a % modulus === 0n ? undefined : a
}

/**
 * Reads a verifier that a client made, as clients do for a device: be(v), with or without the zero byte of its sign. Returns 384 bytes for
 * SrpPowers. Undefined when the verifier is not a residue, and for 0, 1 and N − 1, with which every password would be accepted.
 */
export function readVerifier(bytes: Uint8Array): Buffer | undefined {
  if (bytes.length > modulusBytes + 1) return undefined
  const verifier = toInteger(bytes)
  return verifier > 1n && verifier < modulus - 1n ? toFixedBytes(verifier) : undefined
}

/** u = H(be(A) ‖ be(B)), 32 bytes, over the integers as sent. */
export function scrambler(a: bigint, b: bigint): Buffer {
  return sha256(Buffer.concat([toSignedBytes(a), toSignedBytes(b)]))
}

/** K: 16 bytes of HKDF-SHA-256 (RFC 5869) over be(S) with be(u) as salt. */
export function sessionKey(u: Uint8Array, s: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', toSignedForm(s), toSignedForm(u), 'Caldera Derived Key', sessionKeyBytes))
}

/** What the client signs with K: its identity, the decoded SECRET_BLOCK of the server, and the time as the client formats it. */
export type Claim = { readonly group: string; readonly name: string; readonly secretBlock: Uint8Array; readonly timestamp: string }

/** The bytes of PASSWORD_CLAIM_SIGNATURE, which clients send in Base64. */
export function claimSignature(key: Uint8Array, claim: Claim): Buffer {
  return createHmac('sha256', key).update(claim.group).update(claim.name).update(claim.secretBlock).update(claim.timestamp).digest()
}

/**
 * The server's answer to A: SRP_B in hex, and the state for verifyClaim (A mod N, u and b, 448 bytes), which is secret.
 *
 * RFC 5054 requires a g that generates the whole group, but Cognito's 2 generates only the squares. So B − k·v is a square for the true
 * v = g^x, and for half of the wrong ones. With about forty values of B an attacker could find the password in a dictionary without
 * answering any challenge. So we send k·v − g^b half of the time. Clients cannot see the difference: −1 is not a square mod N, so B − k·v
 * can be anything. The client's S is then ± ours, depending on the parity of its exponent; verifyClaim accepts both.
 */
export async function openExchange(
  powers: Pick<SrpPowers, 'publicB'>,
  verifier: Uint8Array,
  a: bigint,
): Promise<{ publicB: string; state: Buffer }> {
  const b = randomBytes(exponentBytes)
  const publicB = toInteger(await powers.publicB(verifier, b, randomInt(2) === 0 ? 1 : -1))
  const state = Buffer.concat([toFixedBytes(a % modulus), scrambler(a, publicB), b])
  return { publicB: writeHex(publicB), state }
}

const scramblerStart = modulusBytes
const exponentStart = scramblerStart + scramblerBytes
const stateBytes = exponentStart + exponentBytes

/**
 * Whether the client's signature (Base64) proves that the client knows the password of the verifier. `state` is the one that openExchange
 * returned. Never check two signatures with one state.
 */
export async function verifyClaim(
  powers: Pick<SrpPowers, 'sharedSecret'>,
  proof: { readonly verifier: Uint8Array; readonly state: Uint8Array; readonly claim: Claim; readonly signature: string },
): Promise<boolean> {
  const { verifier, state, claim } = proof
  if (state.length !== stateBytes) throw new RangeError(`The state of an SRP exchange has ${stateBytes} bytes, not ${state.length}.`)
  const a = state.subarray(0, scramblerStart)
  const u = state.subarray(scramblerStart, exponentStart)
  // With u = 0, S would not depend on the verifier. A client can achieve u = 0 only by inverting SHA-256.
  if (u.every((byte) => byte === 0)) return false
  const s = await powers.sharedSecret({ a, verifier, u, b: state.subarray(exponentStart) })
  const negated = toFixedBytes((modulus - toInteger(s)) % modulus)
  const signature = Buffer.from(proof.signature, 'base64')
  const matches = [s, negated].map((secret) => equal(claimSignature(sessionKey(u, secret), claim), signature))
  return matches.includes(true)
}

function equal(expected: Buffer, actual: Buffer): boolean {
  return expected.length === actual.length && timingSafeEqual(expected, actual)
}

function sha256(bytes: Buffer): Buffer {
  return hash('sha256', bytes, 'buffer')
}
