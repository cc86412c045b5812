/** How long each pool's functions took lately in this process, so that strangers can be kept waiting as users are. */
export type RecentDurations = {
  note(poolId: string, trigger: string, milliseconds: number): void
  /** One of the last, at random; 0 while there was none. */
  pick(poolId: string, trigger: string): number
}

const remembered = 16
/** Pools and triggers that are remembered at once; those asked longest ago are forgotten. */
const mostKeys = 10_000

export function createRecentDurations(): RecentDurations {
  const byKey = new Map<string, number[]>()
  const keyOf = (poolId: string, trigger: string) => `${poolId} ${trigger}`
  return {
    note(poolId, trigger, milliseconds) {
      const key = keyOf(poolId, trigger)
      const durations = byKey.get(key) ?? []
      byKey.delete(key)
      byKey.set(key, [...durations.slice(1 - remembered), milliseconds])
      const oldest = byKey.size > mostKeys ? byKey.keys().next().value : undefined
      if (oldest !== undefined) byKey.delete(oldest)
    },

    pick(poolId, trigger) {
      const durations = byKey.get(keyOf(poolId, trigger)) ?? []
      return durations[Math.floor(Math.random() * durations.length)] ?? 0
    },
  }
}
