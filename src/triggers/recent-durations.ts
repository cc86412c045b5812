/**
 * How long the trigger functions of each pool took lately in this process. Requests about users who do not exist wait as long, so that the
 * time does not reveal which users exist.
 */
export type RecentDurations = {
  add(poolId: string, trigger: string, milliseconds: number): void
  /** One of the latest durations, at random; 0 when no duration is kept. */
  pick(poolId: string, trigger: string): number
}

const durationsPerTrigger = 16
/** The most triggers, in all pools, whose durations are kept. Beyond that, the trigger that was invoked longest ago is dropped. */
const maxTriggers = 10_000

export function createRecentDurations(): RecentDurations {
  const byKey = new Map<string, number[]>()
  const keyOf = (poolId: string, trigger: string) => `${poolId} ${trigger}`
  return {
    add(poolId, trigger, milliseconds) {
      const key = keyOf(poolId, trigger)
      const durations = byKey.get(key) ?? []
      byKey.delete(key)
      byKey.set(key, [...durations.slice(1 - durationsPerTrigger), milliseconds])
      const oldest = byKey.size > maxTriggers ? byKey.keys().next().value : undefined
      if (oldest !== undefined) byKey.delete(oldest)
    },

    pick(poolId, trigger) {
      const durations = byKey.get(keyOf(poolId, trigger)) ?? []
      return durations[Math.floor(Math.random() * durations.length)] ?? 0
    },
  }
}
