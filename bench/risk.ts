// How well the risk of a sign-in is computed. A generator makes the sign-ins of a year with the structure that was published of a real
// service, and four attackers try some users. The real code computes the points; no server runs. Run: npm run bench:risk

import { performance } from 'node:perf_hooks'
import { noThreatProtection } from '../src/pools/extensions/threat-protection-extension.ts'
import { computeRisk } from '../src/protection/risk/assess.ts'
import { longestHistory } from '../src/protection/risk/history-repository.ts'
import { levels, levelValue } from '../src/protection/risk/levels.ts'
import type { World } from '../src/protection/risk/score.ts'
import type { EarlierSignIn } from '../src/protection/risk/signals.ts'
import type { Traits } from '../src/protection/traits.ts'
import { attackerAddressIn, browserAt, commonBrowser, createCountries, createPerson, type Person, signInOf } from './risk/people.ts'
import { createRandom, type Random } from './risk/random.ts'

const seed = 20_261_129
const numberOfUsers = Number(process.env['USERS'] ?? 3000)
const attacksOfEach = 6000
const dayMs = 86_400_000

/** What the attackers know of the user, as in ref. Wiefling et al., ACM TOPS 2022. */
const attackers = {
  naive: (random: Random, _person: Person, day: number) => ({
    ...attackerAddressIn(random, random.choose(countries), 0.05),
    ...commonBrowser(random, day),
  }),
  VPN: (random: Random, { country }: Person, day: number) => ({
    ...attackerAddressIn(random, country, 0.05),
    ...commonBrowser(random, day),
  }),
  targeted: (random: Random, { country, browsers }: Person, day: number) => ({
    ...attackerAddressIn(random, country, 0.05),
    ...browserAt(random, random.choose(browsers), day),
  }),
  'very targeted': (random: Random, { country, places, browsers }: Person, day: number) => {
    const place = random.choose(places)
    return {
      ip: `${place.network}.${random.integer(60_000)}`,
      network: place.network,
      country: country.code,
      ...browserAt(random, random.choose(browsers), day),
    }
  },
} as const satisfies Record<string, (random: Random, person: Person, day: number) => Traits>

type Attacker = keyof typeof attackers

const countries = createCountries()
const random = createRandom(seed)

type Signing = { readonly user: number; readonly at: number }

const people = Array.from({ length: numberOfUsers }, () => createPerson(random, countries))
const signings: readonly Signing[] = people
  .flatMap(({ signIns }, user) => Array.from({ length: signIns + 1 }, () => ({ user, at: random.integer(365 * 1000) / 1000 })))
  .sort((one, other) => one.at - other.at)

const counts = new Map<string, number>()
const tally = (key: string) => counts.set(key, (counts.get(key) ?? 0) + 1)
const world: World = {
  get signIns() {
    return counts.get('sign-ins') ?? 0
  },
  get users() {
    return counts.get('users') ?? 0
  },
  count: (level, value) => counts.get(`${level} ${value}`) ?? 0,
}

const histories: EarlierSignIn[][] = people.map(() => [])
/** The points of the sign-ins of each user, in their order. The first one is the sign-up. */
const legitimate: number[][] = people.map(() => [])
const attacked: Record<Attacker, number[]> = { naive: [], VPN: [], targeted: [], 'very targeted': [] }
let [assessments, milliseconds] = [0, 0]

function pointsOf(user: number, traits: Traits, now: number): number | undefined {
  const history = histories[user] ?? []
  const began = performance.now()
  const { points } = computeRisk({ traits, history, world, thresholds: noThreatProtection.thresholds, others: [], now })
  milliseconds += performance.now() - began
  assessments++
  return points
}

const attackChance = (attacksOfEach / signings.length) * 1.3
for (const { user, at } of signings) {
  const person = people[user] as Person
  const history = histories[user] as EarlierSignIn[]
  const now = at * dayMs
  const traits = signInOf(random, person, countries, at)
  if (history.length > 0) legitimate[user]?.push(pointsOf(user, traits, now) ?? 0)
  for (const [name, attack] of Object.entries(attackers)) {
    if (history.length > 0 && random.chance(attackChance))
      attacked[name as Attacker].push(pointsOf(user, attack(random, person, at), now) ?? 0)
  }
  if (history.length === 0) tally('users')
  tally('sign-ins')
  for (const level of levels) tally(`${level} ${levelValue(traits, level)}`)
  history.unshift({ traits, at: now })
  history.length = Math.min(history.length, longestHistory)
}

/** The points that this share of the attacks reaches or exceeds. */
function thresholdFor(points: readonly number[], share: number): number {
  const sorted = [...points].sort((one, other) => other - one)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

/** The median of how often a user is asked in the first sign-ins, of the users who have so many. */
function timesAsked(threshold: number, first: number): number {
  const times = legitimate
    .filter((points) => points.length >= first)
    .map((points) => points.slice(0, first).filter((one) => one >= threshold).length)
    .sort((one, other) => one - other)
  return times[Math.floor(times.length / 2)] ?? 0
}

const published: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '0.98': { naive: '1 / 1', VPN: '2 / 2', targeted: '2 / 2' },
  '0.99': { naive: '2 / 2', VPN: '3 / 3', targeted: '4 / 3' },
  '0.995': { naive: '3 / 2', VPN: '4 / 4', targeted: '5 / 4' },
  '0.999': { naive: '7 / 6', VPN: '8 / 8', targeted: '8 / 9' },
}

console.log(`${numberOfUsers} users, ${signings.length} sign-ins, seed ${seed}`)
console.log('Median of how often a legitimate user is asked in the first 12 / 40 sign-ins; in brackets the published figure.\n')
console.log(`| attacks asked | ${Object.keys(attackers).join(' | ')} |\n|---|---|---|---|---|`)
for (const share of ['0.98', '0.99', '0.995', '0.999']) {
  const cells = Object.keys(attackers).map((name) => {
    const threshold = thresholdFor(attacked[name as Attacker], Number(share))
    const theirs = published[share]?.[name]
    return `${timesAsked(threshold, 12)} / ${timesAsked(threshold, 40)} at ${threshold}${theirs === undefined ? '' : ` (${theirs})`}`
  })
  console.log(`| ${share} | ${cells.join(' | ')} |`)
}
const all = legitimate.flat()
console.log('\nShare of sign-ins at or above some points: legitimate, then the attackers')
for (const points of [-10, -5, 0, 4, 8, 12, 14, 16, 20]) {
  const shareOf = (list: readonly number[]) => ((100 * list.filter((one) => one >= points).length) / list.length).toFixed(1)
  console.log(
    `${points}: ${shareOf(all)} % | ${Object.values(attacked)
      .map((list) => `${shareOf(list)} %`)
      .join(' | ')}`,
  )
}
console.log(`\nOne assessment takes ${((1000 * milliseconds) / assessments).toFixed(1)} µs (without the reading of the history).`)
