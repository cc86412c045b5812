import { randomInt } from 'node:crypto'
import { dayMs } from '../../base/durations.ts'
import type { PasswordPolicy, Pool } from '../../pools/pool.ts'

const upper = 'ABCDEFGHJKLMNPQRSTUVWXYZ'
const lower = 'abcdefghijkmnopqrstuvwxyz'
const digits = '23456789'
const symbols = '!@#$%&*-+=?'

const pick = (alphabet: string): string => alphabet[randomInt(alphabet.length)] ?? ''

/** A password that satisfies any policy of this length, without letters that people mistake for digits. */
export function newTemporaryPassword(policy: PasswordPolicy): string {
  const length = Math.max(policy.minimumLength, 12)
  const characters = [pick(upper), pick(lower), pick(digits), pick(symbols)]
  while (characters.length < length) characters.push(pick(upper + lower + digits + symbols))
  for (let last = characters.length - 1; last > 0; last--) {
    const other = randomInt(last + 1)
    const moved = characters[last] ?? ''
    characters[last] = characters[other] ?? ''
    characters[other] = moved
  }
  return characters.join('')
}

/** When a temporary password that is given out now dies; 0 days in the policy mean the default of 7. */
export function temporaryPasswordEnd(pool: Pool, now: number): number {
  return now + (pool.passwordPolicy.temporaryPasswordValidityDays || 7) * dayMs
}
