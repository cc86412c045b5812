/**
 * Roughly which values were seen, in bounded memory: the smallest hashes of the values. As long as there are at most `capacity` values, all
 * hashes are kept and the count is exact. Beyond that, only the hashes below `limit` are kept, and their density gives the count (a theta
 * sketch: Dasgupta, Lang, Rhodes and Thaler, "A Framework for Estimating Stream Expression Cardinalities", 2016).
 */
export type Sketch = {
  /** Hashes below this number are kept. */
  readonly limit: number
  /** In ascending order, without duplicates. Each is an unsigned integer of 32 bits. */
  readonly hashes: readonly number[]
}

/** With 64 hashes a count is right to about an eighth (1 / √64). Limits are much coarser than that. */
const capacity = 64

const allHashes = 2 ** 32

export const emptySketch: Sketch = { limit: allHashes, hashes: [] }

export function withHash(sketch: Sketch, hash: number): Sketch {
  return hash >= sketch.limit || sketch.hashes.includes(hash) ? sketch : union(sketch, { limit: allHashes, hashes: [hash] })
}

export function union(one: Sketch, other: Sketch): Sketch {
  const limit = Math.min(one.limit, other.limit)
  const hashes = [...new Set([...one.hashes, ...other.hashes])].filter((hash) => hash < limit).sort((a, b) => a - b)
  return { limit: hashes[capacity] ?? limit, hashes: hashes.slice(0, capacity) }
}

/** About how many values were seen. */
export function countOf({ limit, hashes }: Sketch): number {
  return Math.round((hashes.length * allHashes) / limit)
}

/** About how many values were seen in `one` and not in `other`. */
export function countOfOnly(one: Sketch, other: Sketch): number {
  const limit = Math.min(one.limit, other.limit)
  const others = new Set(other.hashes)
  return countOf({ limit, hashes: one.hashes.filter((hash) => hash < limit && !others.has(hash)) })
}
