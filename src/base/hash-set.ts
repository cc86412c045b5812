import { createHash } from 'node:crypto'

/** A hash of the text with 64 bits. Never 0. */
export const hashOf = (text: string): bigint => createHash('sha1').update(text).digest().readBigUInt64LE(0) || 1n

export type HashSet = {
  /** False when the set has the hash already. */
  add(hash: bigint): boolean
}

/** A set of hashes that takes some 16 to 32 bytes for each of them, for sets of many millions. */
export function createHashSet(): HashSet {
  // Open addressing. At most half of the slots are used.
  let slots = new BigUint64Array(1_024)
  let size = 0

  function insert(into: BigUint64Array, hash: bigint): boolean {
    const mask = into.length - 1
    for (let at = Number(hash & 0xffff_ffffn) & mask; ; at = (at + 1) & mask) {
      if (into[at] === hash) return false
      if (into[at] !== 0n) continue
      into[at] = hash
      return true
    }
  }

  return {
    add(hash) {
      if (!insert(slots, hash)) return false
      size++
      if (size * 2 <= slots.length) return true
      const larger = new BigUint64Array(slots.length * 2)
      for (const stored of slots) if (stored !== 0n) insert(larger, stored)
      slots = larger
      return true
    },
  }
}
