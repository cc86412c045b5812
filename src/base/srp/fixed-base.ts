import { generator, modulus } from './group.ts'

/** Powers of g by a table, which costs a quarter of a general power: the exponent's bytes only select factors. */
export type FixedBase = {
  /** Computes one row of the table (about 1 ms). False once there is none left to compute. */
  prepareRow(): boolean
  /** g^e mod N; the exponent is at most 32 big-endian bytes. Completes the table if need be. */
  power(exponent: Uint8Array): bigint
}

const exponentBytes = 32

/**
 * Row i holds g^(j · 256^(i + 1)) for each value j of one byte. The exponent's last byte has no row: with g = 2 it is a
 * shift. So a power is 30 products, and the table 31 × 256 numbers of 384 bytes, about 3 MB.
 */
const rowCount = exponentBytes - 1

/**
 * Which entries are read, and how long it takes, depends on the exponent (x, which comes from a password, or b, used once).
 * Noticing that takes code on the same processor; across a network it drowns in the rest of a request.
 */
export function createFixedBase(): FixedBase {
  const rows: bigint[][] = []
  let rowBase = generator ** 256n

  function prepareRow(): boolean {
    if (rows.length === rowCount) return false
    const row = [1n]
    for (let j = 1, entry = 1n; j < 256; j++) {
      entry = reduce(entry * rowBase) % modulus
      row.push(entry)
    }
    rowBase = ((row[255] ?? 0n) * rowBase) % modulus
    rows.push(row)
    return true
  }

  return {
    prepareRow,

    power(exponent) {
      if (exponent.length > exponentBytes) throw new RangeError(`The exponent has ${exponent.length} bytes, more than ${exponentBytes}.`)
      while (prepareRow());
      const last = exponent.length - 1
      let product = 1n << BigInt(exponent[last] ?? 0)
      for (let i = 0; i < last; i++) product = reduce(product * (rows[i]?.[exponent[last - 1 - i] ?? 0] ?? 0n))
      return product % modulus
    },
  }
}

/**
 * Three cuts, in bits (77, 64 and 57 machine words): where a factor of 3,649 bits meets one of 3,072, each fold removes
 * half of what is above the next cut, and the result has 3,649 bits again.
 */
const cuts = [4928, 4096, 3648].map((bits) => ({ bits, shift: BigInt(bits), residue: (1n << BigInt(bits)) % modulus }))

/**
 * Brings a product down to a congruent number that is short enough for the next product: whatever lies above a cut is
 * multiplied by 2^cut mod N and added back. Three such folds take a third of the time of V8's division.
 */
function reduce(product: bigint): bigint {
  let folded = product
  for (const { bits, shift, residue } of cuts) folded = BigInt.asUintN(bits, folded) + (folded >> shift) * residue
  return folded
}
