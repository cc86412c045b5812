import { keyedHash, keyIdOf, openSealed, type SealingKey } from './sealing-key.ts'
import { fixedPurposes, lastingPurposes, lastingPurposesOfPool, type SecretPurpose } from './secret-purposes.ts'

/**
 * Subkeys of a master key in a form that can be stored (JSON). An installation that has them opens, and compares with, what was sealed or
 * hashed under that master key for these purposes. It seals nothing under them.
 */
export type LastingSubkeys = {
  /** Stored in each value that was sealed under the master key; base64. */
  readonly keyId: string
  /** The only pool whose values are accepted; null for all. */
  readonly poolId: string | null
  /** The subkeys by purpose; base64. */
  readonly subkeys: Readonly<Partial<Record<SecretPurpose, string>>>
}

/** Which purposes have the subkeys of the first master key, see `fixedPurposes`. */
export type FixedSubkeys = ReadonlyMap<SecretPurpose, Buffer>

/** The subkeys that an installation keeps of other installations. */
export class KeptSubkeys {
  readonly stored: readonly LastingSubkeys[]
  readonly #entries: readonly Entry[]

  constructor(stored: readonly LastingSubkeys[]) {
    this.stored = stored
    this.#entries = stored.map(({ keyId, poolId, subkeys }) => ({
      keyId: Buffer.from(keyId, 'base64'),
      poolId,
      subkeys: new Map(Object.entries(subkeys).map(([purpose, key]) => [purpose as SecretPurpose, Buffer.from(key, 'base64')])),
    }))
  }

  /** `poolOf` returns the pool that an opened value is for. A subkey of one pool opens nothing without it. */
  open(purpose: SecretPurpose, sealed: Buffer, context: string, poolOf?: (plain: Buffer) => unknown): Buffer | undefined {
    for (const { keyId, poolId, subkeys } of this.#entries) {
      const subkey = subkeys.get(purpose)
      if (subkey === undefined || !keyId.equals(keyIdOf(sealed))) continue
      const plain = openSealed(subkey, sealed, context)
      if (plain !== undefined && (poolId === null || poolOf?.(plain) === poolId)) return plain
    }
    return undefined
  }

  /** The keyed hashes of the parts. A subkey of one pool hashes only parts that name the pool where all callers name it. */
  macs(purpose: SecretPurpose, parts: readonly string[]): readonly Buffer[] {
    return this.#entries.flatMap(({ poolId, subkeys }) => {
      const subkey = subkeys.get(purpose)
      return subkey === undefined || !isFor(poolId, parts) ? [] : [keyedHash(subkey, parts)]
    })
  }

  /** The subkey that takes the place of a fixed one for the pool that the parts name. */
  fixedSubkey(purpose: SecretPurpose, parts: readonly string[]): Buffer | undefined {
    return this.#entries
      .find(({ poolId, subkeys }) => poolId !== null && subkeys.has(purpose) && isFor(poolId, parts))
      ?.subkeys.get(purpose)
  }
}

type Entry = { readonly keyId: Buffer; readonly poolId: string | null; readonly subkeys: FixedSubkeys }

/** The pool is the first part, or the second after a word that says what is hashed. A user or client chooses later parts only. */
const isFor = (poolId: string | null, parts: readonly string[]) => poolId === null || parts.slice(0, 2).includes(poolId)

/**
 * Those of the subkeys that serve the pool, bound to it: what a backup of the pool has, and what a server keeps that restores it. The
 * subkeys that were bound to the pool before come first, because `fixedSubkey` takes the first one.
 */
export function boundToPool(poolId: string, all: readonly LastingSubkeys[]): readonly LastingSubkeys[] {
  const isLasting = (purpose: string) => lastingPurposesOfPool.includes(purpose as SecretPurpose)
  return [...all.filter((entry) => entry.poolId === poolId), ...all.filter((entry) => entry.poolId === null)].map(({ keyId, subkeys }) => ({
    keyId,
    poolId,
    subkeys: Object.fromEntries(Object.entries(subkeys).filter(([purpose]) => isLasting(purpose))),
  }))
}

/** The subkeys of a master key that a backup of everything has. `fixed` has the subkeys of `fixedPurposes`. */
export function lastingSubkeysOf(key: SealingKey<SecretPurpose>, fixed: FixedSubkeys): LastingSubkeys {
  const subkeys = lastingPurposes.map((purpose) => [purpose, (fixed.get(purpose) ?? key.subkey(purpose)).toString('base64')])
  return { keyId: key.id.toString('base64'), poolId: null, subkeys: Object.fromEntries(subkeys) }
}

/** The subkeys of `fixedPurposes` among stored ones. Undefined when one is missing. */
export function readFixed(subkeys: LastingSubkeys['subkeys']): FixedSubkeys | undefined {
  const entries = fixedPurposes.map((purpose) => [purpose, Buffer.from(subkeys[purpose] ?? '', 'base64')] as const)
  return entries.every(([, key]) => key.length > 0) ? new Map(entries) : undefined
}
