import { createHmac, randomBytes } from 'node:crypto'
import type { Secrets } from '../../base/secrets.ts'
import { sealedTable } from '../../storage/sealed-table.ts'
import type { User } from '../user.ts'

export type UserKey = Pick<User, 'poolId' | 'sub'>

/** The recovery codes of a user, as they are stored. The codes themselves are not. */
export type RecoveryCodeSet = {
  /** The key of the hashes, sealed. It is random and new for each set. */
  readonly hashKey: string
  /** The keyed hashes of the codes that are left. */
  readonly hashes: readonly string[]
  readonly createdAt: number
}

/** How many codes a user gets at a time. */
const codesInSet = 10

/** The digits and letters of Crockford's Base32, which has no I, L, O and U. Its 32 characters carry five bits each. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Characters that look like others, and what they are read as. */
const lookAlikes: Readonly<Record<string, string>> = { O: '0', I: '1', L: '1' }

/** Two groups of five characters: 50 bits. */
const groupLength = 5
const codeLength = 2 * groupLength

/** The longest text that is read as a code. */
const longestTyped = 64

/** New codes, such as `7K3QD-XN2VR`. They are shown once, and never stored. */
export function newRecoveryCodes(): readonly string[] {
  const codes = new Set<string>()
  while (codes.size < codesInSet) codes.add(newRecoveryCode())
  return [...codes]
}

function newRecoveryCode(): string {
  const code = Array.from(randomBytes(codeLength), (byte) => alphabet[byte % alphabet.length]).join('')
  return `${code.slice(0, groupLength)}-${code.slice(groupLength)}`
}

/** The code that a user typed, without its hyphen. Case and spaces do not count. Undefined when the text cannot be a recovery code. */
function readRecoveryCode(text: string): string | undefined {
  if (text.length > longestTyped) return undefined
  const letters = text.toUpperCase().replace(/[\s-]/g, '')
  const code = [...letters].map((letter) => lookAlikes[letter] ?? letter)
  return code.length === codeLength && code.every((letter) => alphabet.includes(letter)) ? code.join('') : undefined
}

/**
 * What is stored of new codes. The hashes have a key of their own, and this key is sealed. So a stolen database alone does not serve to test
 * guesses, and the codes go on to work when the key is sealed anew under another master key.
 */
export function newRecoveryCodeSet(secrets: Secrets, user: UserKey, codes: readonly string[], now: number): RecoveryCodeSet {
  const key = randomBytes(32)
  const hashes = codes.flatMap((code) => hashOf(key, code) ?? [])
  return { hashKey: secrets.seal('recovery-code', key, contextOf(user)), hashes, createdAt: now }
}

/**
 * The hash of the typed code, if it is one of the set. A user without codes is worked on in the same way, so that the time of the answer does
 * not tell them apart.
 */
export function findRecoveryCode(secrets: Secrets, user: UserKey, set: RecoveryCodeSet | undefined, typed: string): string | undefined {
  const context = contextOf(user)
  const key = secrets.open('recovery-code', set?.hashKey ?? secrets.seal('recovery-code', randomBytes(32), context), context)
  if (key === undefined) throw new Error(`The stored recovery codes of user ${user.sub} cannot be opened.`)
  const hash = hashOf(key, typed)
  return set?.hashes.find((stored) => stored === hash)
}

function hashOf(key: Buffer, typed: string): string | undefined {
  const code = readRecoveryCode(typed)
  return code && createHmac('sha256', key).update(code).digest('base64url')
}

const contextOf = ({ poolId, sub }: UserKey): string => `${poolId}/${sub}`

export const sealedRecoveryCodes = sealedTable('recovery_code_set', {
  key: ['pool_id', 'sub'],
  columns: {
    hash_key: (secrets, sealed, { pool_id: poolId, sub }) => secrets.reseal('recovery-code', sealed, contextOf({ poolId, sub })),
  },
})
