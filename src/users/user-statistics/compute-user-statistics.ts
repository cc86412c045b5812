import { computeShares, type UserStatistics } from '../../pools/user-statistics/user-statistics.ts'
import type { User } from '../user.ts'
import { kindOf, type RegisteredFactors, serializeUserKind } from './user-kind.ts'

export type SampledUser = { readonly user: User } & RegisteredFactors

/** The smallest number of users to compute statistics from. Statistics of fewer users could reveal something about one of them. */
export const minimumSample = 20

/** Undefined when the sample is too small. */
export function computeUserStatistics(sample: readonly SampledUser[], now: number): UserStatistics | undefined {
  const counted = sample.filter(({ user }) => isCounted(user))
  if (counted.length < minimumSample) return undefined
  const addresses = counted.flatMap(({ user: { username, attributes } }) => {
    const { email } = attributes
    return email
      ? [{ initial: initialOf(email), domain: initialOf(email.slice(email.lastIndexOf('@') + 1)), usernameInitial: initialOf(username) }]
      : []
  })
  const unlikeUsername = addresses.filter(({ initial, usernameInitial }) => initial !== usernameInitial)
  const { same = 0 } = computeShares(addresses.map(({ initial, usernameInitial }) => (initial === usernameInitial ? 'same' : 'other')))
  return {
    users: counted.length,
    drawnAt: now,
    kinds: computeShares(counted.map((sampled) => serializeUserKind(kindOf(sampled.user, sampled)))),
    domains: computeShares(addresses.map(({ domain }) => domain)),
    initials: computeShares(unlikeUsername.map(({ initial }) => initial)),
    namesakes: same,
    phoneLengths: computeShares(
      counted.flatMap(({ user }) => (user.attributes['phone_number'] ? [countDigits(user.attributes['phone_number'])] : [])),
    ),
  }
}

/**
 * Whether decoys may resemble this user. They may not resemble a user whose answers reveal a state (disabled, or with a password to
 * reset), or a user of an identity provider, who gets the same answers as an unknown user.
 */
function isCounted({ enabled, status }: User): boolean {
  return enabled && status !== 'EXTERNAL_PROVIDER' && status !== 'RESET_REQUIRED'
}

/** The first character, which a masked address shows. */
function initialOf(text: string): string {
  const [first = ''] = text
  return first
}

const countDigits = (phoneNumber: string): string => String(phoneNumber.replace(/\D/g, '').length)
