import { type Likeness, sharesOf } from '../../pools/likeness/likeness.ts'
import type { User } from '../user.ts'
import { type Belongings, kindOf, writeKind } from './kind.ts'

export type Sampled = { readonly user: User } & Belongings

/** Fewer users have nothing in common that could be told without telling of one of them. */
export const smallestSample = 20

/** What the users of a sample have in common; undefined when they are too few. */
export function drawLikeness(sample: readonly Sampled[], now: number): Likeness | undefined {
  const shown = sample.filter(({ user }) => isShown(user))
  if (shown.length < smallestSample) return undefined
  const addressed = shown.flatMap(({ user }) => {
    const { email } = user.attributes
    return email
      ? [{ initial: initialOf(email), domain: initialOf(email.slice(email.lastIndexOf('@') + 1)), name: initialOf(user.username) }]
      : []
  })
  const strangersToTheirName = addressed.filter(({ initial, name }) => initial !== name)
  const { same = 0 } = sharesOf(addressed.map(({ initial, name }) => (initial === name ? 'same' : 'other')))
  return {
    users: shown.length,
    drawnAt: now,
    kinds: sharesOf(shown.map((sampled) => writeKind(kindOf(sampled.user, sampled)))),
    domains: sharesOf(addressed.map(({ domain }) => domain)),
    initials: sharesOf(strangersToTheirName.map(({ initial }) => initial)),
    namesakes: same,
    phoneLengths: sharesOf(
      shown.flatMap(({ user }) => (user.attributes['phone_number'] ? [digitsOf(user.attributes['phone_number'])] : [])),
    ),
  }
}

/** Answers about the others say what they say about somebody who does not exist, or that they are disabled or have to be reset. */
function isShown({ enabled, status }: User): boolean {
  return enabled && status !== 'EXTERNAL_PROVIDER' && status !== 'RESET_REQUIRED'
}

/** As masks show it. */
function initialOf(text: string): string {
  const [first = ''] = text
  return first
}

const digitsOf = (phoneNumber: string): string => String(phoneNumber.replace(/\D/g, '').length)
