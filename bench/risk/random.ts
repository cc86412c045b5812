/** Random choices that are the same in every run. */
export type Random = ReturnType<typeof createRandom>

export function createRandom(seed: number) {
  let state = seed
  /** mulberry32: a small generator in the public domain; good enough to make histories. */
  function next(): number {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const shares = new Map<string, readonly number[]>()
  /** The sums of 1/rank^exponent up to each rank. */
  function zipfSums(length: number, exponent: number): readonly number[] {
    const key = `${length} ${exponent}`
    const known = shares.get(key)
    if (known !== undefined) return known
    let sum = 0
    const sums = Array.from({ length }, (_, rank) => {
      sum += 1 / (rank + 1) ** exponent
      return sum
    })
    shares.set(key, sums)
    return sums
  }
  function weighted<Item>(items: readonly (readonly [Item, number])[]): Item {
    let left = next() * items.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [item, weight] of items) {
      left -= weight
      if (left <= 0) return item
    }
    return (items[0] as readonly [Item, number])[0]
  }
  return {
    chance: (probability: number) => next() < probability,
    integer: (below: number) => Math.floor(next() * below),
    /** Of the normal distribution (Box and Muller). */
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    choose: <Item>(items: readonly Item[]): Item => items[Math.floor(next() * items.length)] as Item,
    weighted,
    /** The earlier an item stands, the more often it is chosen. */
    zipf<Item>(items: readonly Item[], exponent: number): Item {
      const sums = zipfSums(items.length, exponent)
      const target = next() * (sums.at(-1) ?? 0)
      const index = sums.findIndex((sum) => sum >= target)
      return items[Math.max(0, index)] as Item
    },
    /** One of some dozens of details; the same for the same owner. */
    detailOf: (owner: string) => [...owner].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 37, 7),
  }
}
