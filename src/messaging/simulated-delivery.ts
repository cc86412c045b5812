import type { Secrets } from '../base/secrets.ts'
import { type ContactAttribute, nameKey, type Pool } from '../pools/pool.ts'
import { pickByShare, type Shares } from '../pools/user-statistics/user-statistics.ts'

const emailAddress = /^[^\s@]+@[^\s@]+$/
const phoneNumber = /^\+\d{5,}$/
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** The first letters of e-mail addresses and (below) of their domains. The more common a letter is, the more often it stands here. */
const usualInitials = 'aaaabbbccccdddeeefgghijjjjkkklllmmmmnnnopppqrrrsssstttuvwxyz'
const usualDomains = `${'g'.repeat(26)}aaabcdefhhhhhhiiiijklmmmnooooopqrstuvwwxyyyyyyz1`
const usualPhoneLengths = [11, 11, 11, 11, 12, 12, 13, 10] as const

/** The attribute that an address belongs to. Undefined for a name that is not an address. */
export function addressIn(name: string): ContactAttribute | undefined {
  if (emailAddress.test(name)) return 'email'
  return phoneNumber.test(name) ? 'phone_number' : undefined
}

/**
 * A made-up address for a decoy, or for a user without an address of this kind. The same name always gets the same address. A name that is
 * an address of this kind is returned itself. Any other name gets an address that looks, once masked, like those of the pool's users. The
 * caller must always mask the result.
 */
export function simulateAddress(secrets: Secrets, pool: Pool, name: string, attribute: ContactAttribute): string {
  // A pool that ignores case shows a real address as it is stored, not as the caller typed it. A decoy's address must look like that, too.
  const key = nameKey(pool, name)
  const bytes = secrets.mac('decoy', pool.id, `delivery-${attribute}`, key)
  if (addressIn(name) === attribute) return key
  return attribute === 'email' ? simulateEmail(pool, key, bytes) : simulatePhoneNumber(pool, bytes)
}

function simulateEmail({ userStatistics }: Pool, name: string, bytes: Buffer): string {
  const sharesInitial = position(bytes, 0) < (userStatistics?.namesakes ?? 32) && !uuid.test(name)
  const [first = 'a'] = name
  const initial = sharesInitial ? first : (drawOf(userStatistics?.initials, bytes, 1) ?? pick(usualInitials, bytes, 2))
  const domain = drawOf(userStatistics?.domains, bytes, 3) ?? pick(usualDomains, bytes, 4)
  return `${initial}@${domain}`
}

function simulatePhoneNumber({ userStatistics }: Pool, bytes: Buffer): string {
  const length = Number(drawOf(userStatistics?.phoneLengths, bytes, 4) ?? pick(usualPhoneLengths, bytes, 5))
  const end = (bytes.readUInt32BE(0) % 10_000).toString().padStart(4, '0')
  return `+${'1'.padEnd(length - 4, '0')}${end}`
}

const position = (bytes: Buffer, at: number): number => (bytes[at] ?? 0) & 63

const drawOf = (shares: Shares | undefined, bytes: Buffer, at: number): string | undefined =>
  shares && pickByShare(shares, position(bytes, at))

const pick = <T>(from: ArrayLike<T>, bytes: Buffer, at: number): T => from[(bytes[at] ?? 0) % from.length] as T
