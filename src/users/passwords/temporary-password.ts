import { randomInt } from 'node:crypto'
import { dayMs } from '../../base/durations.ts'
import type { PasswordPolicy, Pool } from '../../pools/pool.ts'

const upper = 'ABCDEFGHJKLMNPQRSTUVWXYZ'
const lower = 'abcdefghijkmnopqrstuvwxyz'
const digits = '23456789'
const symbols = '!@#$%&*-+=?'

const pick = (alphabet: string): string => alphabet[randomInt(alphabet.length)] ?? ''

/** A random password that satisfies every policy with this minimum length. It has no characters that people confuse, such as l and 1. */
export function newTemporaryPassword(policy: PasswordPolicy): string {
  const length = Math.max(policy.minimumLength, 12)
  const characters = [pick(upper), pick(lower), pick(digits), pick(symbols)]
  while (characters.length < length) characters.push(pick(upper + lower + digits + symbols))
  for (let last = characters.length - 1; last > 0; last--) {
    const other = randomInt(last + 1)
    const swapped = characters[last] ?? ''
    characters[last] = characters[other] ?? ''
    characters[other] = swapped
  }
  return characters.join('')
}

/** When a temporary password that is made now expires. 0 days in the policy mean the default of 7. */
export function temporaryPasswordEnd(pool: Pool, now: number): number {
  return now + (pool.passwordPolicy.temporaryPasswordValidityDays || 7) * dayMs
}
