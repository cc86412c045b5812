import { createHash } from 'node:crypto'

/** A hash of the text with 64 bits. Never 0. */
export const hashOf = (text: string): bigint => createHash('sha1').update(text).digest().readBigUInt64LE(0) || 1n

export type HashSet = {
  readonly size: number
  /** False when the set has the hash already. */
  add(hash: bigint): boolean
  has(hash: bigint): boolean
}

/** How many parts a set has. Only one part grows at a time, so that it never takes long. */
const parts = 64n

/** A set of hashes that takes some 16 to 32 bytes for each of them, for sets of many millions. */
export function createHashSet(): HashSet {
  const tables = Array.from({ length: Number(parts) }, createTable)
  const tableOf = (hash: bigint) => tables[Number((hash >> 32n) % parts)] as Table
  return {
    get size() {
      return tables.reduce((sum, table) => sum + table.size(), 0)
    },
    add: (hash) => tableOf(hash).add(hash),
    has: (hash) => tableOf(hash).has(hash),
  }
}

type Table = { size(): number; add(hash: bigint): boolean; has(hash: bigint): boolean }

/** Open addressing. At most half of the slots are used. */
function createTable(): Table {
  let slots = new BigUint64Array(64)
  let size = 0

  /** The place of the hash, or the free one where it belongs. */
  function placeOf(within: BigUint64Array, hash: bigint): number {
    const mask = within.length - 1
    let at = Number(hash & 0xffff_ffffn) & mask
    while (within[at] !== 0n && within[at] !== hash) at = (at + 1) & mask
    return at
  }

  function grow(): void {
    const larger = new BigUint64Array(slots.length * 2)
    for (const stored of slots) if (stored !== 0n) larger[placeOf(larger, stored)] = stored
    slots = larger
  }

  return {
    size: () => size,
    has: (hash) => slots[placeOf(slots, hash)] === hash,
    add(hash) {
      const at = placeOf(slots, hash)
      if (slots[at] === hash) return false
      slots[at] = hash
      size++
      if (size * 2 > slots.length) grow()
      return true
    },
  }
}
