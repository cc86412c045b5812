import type { Network } from './networks.ts'
import { emptyTally, type Tally } from './tally.ts'

/** What this process knows about a network. */
export type Entry = {
  readonly poolId: string
  readonly network: Network
  /** When this process began to count. */
  startedAt: number
  tally: Tally
  /** Whether the database has a row for the network. */
  isStored: boolean
  hasNewFailure: boolean
}

/** The networks that a process keeps in memory. The one that was used least lately makes room for a new one. */
export type Entries = {
  /** The entry of the network, which is made if it is missing. */
  use(poolId: string, network: Network, now: number): Entry
  find(poolId: string, network: string): Entry | undefined
  forget(entry: Entry): void
}

/** The most networks in memory. Most have few users, and take about 1 KB; none takes more than 5 KB. */
const mostEntries = 10_000

const keyOf = (poolId: string, network: string): string => `${poolId} ${network}`

/** Calls `whenDropped` when an entry had to make room. */
export function createEntries(whenDropped: (entry: Entry) => void): Entries {
  /** In the order of their latest use. */
  const entries = new Map<string, Entry>()

  function dropOldest(): void {
    for (const [key, entry] of entries) {
      entries.delete(key)
      whenDropped(entry)
      return
    }
  }

  return {
    use(poolId, network, now) {
      const key = keyOf(poolId, network.name)
      const entry = entries.get(key) ?? { poolId, network, startedAt: now, tally: emptyTally, isStored: false, hasNewFailure: false }
      entries.delete(key)
      entries.set(key, entry)
      if (entries.size > mostEntries) dropOldest()
      return entry
    },
    find: (poolId, network) => entries.get(keyOf(poolId, network)),
    forget: ({ poolId, network }) => void entries.delete(keyOf(poolId, network.name)),
  }
}
