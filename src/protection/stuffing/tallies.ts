import type { RiskReason } from '../risk/assessment.ts'
import { type Network, networksOf } from './networks.ts'
import { isTooMuch, usersOf, withOutcome } from './tally.ts'
import { createEntries, type Entries } from './tally-entries.ts'
import { createTallyWriter, type TallyWriter, type WriterOptions } from './tally-writer.ts'

/** The tallies of a process. They are merged with those of other processes in the database. */
export type Tallies = {
  /** Counts an outcome for each of the networks. Waits for the database only when one of them has to be slowed down because of it. */
  count(poolId: string, networks: readonly Network[], outcome: 'failed' | 'passed', user: number): Promise<void>
  /**
   * How suspicious the address is because of the sign-ins that failed from it and from its network: ten times the decimal logarithm of the
   * users who failed per user who signed in, from 0 to 15 points. 0 while only few users failed. Reads memory only.
   */
  reasonOf(poolId: string, ip: string | undefined): RiskReason
  forget(poolId: string, network: string): void
  /** Writes what is counted. */
  write(): Promise<void>
  /** Writes what is counted, and stops. */
  close(): Promise<void>
}

/**
 * From how many users on who failed a network is written. A network with one or two may be that of a user who has forgotten the password or
 * the name. In a flood of addresses, most have one user each, and are not written.
 */
const fewestUsers = 3

/** The surroundings of an address say less about it. */
const weights: Readonly<Record<Network['kind'], number>> = { address: 1, network: 0.5 }
const mostPoints = 15

export function createTallies(options: WriterOptions): Tallies {
  const { clock } = options
  const entries: Entries = createEntries((entry) => writer.remove(entry))
  const isKept: Parameters<typeof createTallyWriter>[0]['isKept'] = (entry) => entries.find(entry.poolId, entry.network.name) === entry
  const writer: TallyWriter = createTallyWriter({ ...options, isKept })

  return {
    async count(poolId, networks, outcome, user) {
      const now = clock.now()
      let isUrgent = false
      for (const network of networks) {
        const entry = entries.use(poolId, network, now)
        entry.tally = withOutcome(entry.tally, outcome, user, now)
        if (outcome === 'failed') entry.hasNewFailure = true
        if (!entry.isStored && usersOf(entry.tally, now).failed < fewestUsers) continue
        writer.add(entry)
        isUrgent ||= outcome === 'failed' && entry.tally.slowedUntil <= now && isTooMuch(entry.tally, network.kind, now)
      }
      if (isUrgent) await writer.write()
    },

    reasonOf(poolId, ip) {
      const now = clock.now()
      const points = networksOf(ip).map(({ name, kind }) => {
        const tally = entries.find(poolId, name)?.tally
        if (tally === undefined) return 0
        const { failed, passed } = usersOf(tally, now)
        if (failed < fewestUsers) return 0
        return weights[kind] * 10 * Math.log10((failed + 1) / (passed + 1))
      })
      return { name: 'network-failures', points: Math.round(10 * Math.min(Math.max(0, ...points), mostPoints)) / 10 }
    },

    forget(poolId, network) {
      const entry = entries.find(poolId, network)
      if (entry === undefined) return
      entries.forget(entry)
      writer.remove(entry)
    },

    write: writer.write,
    close: writer.write,
  }
}
