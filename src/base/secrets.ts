import { timingSafeEqual } from 'node:crypto'
import { boundToPool, type FixedSubkeys, KeptSubkeys, type LastingSubkeys, lastingSubkeysOf, readFixed } from './lasting-subkeys.ts'
import { createSealingKey, ivOf, keyedHash, keyIdOf, readSealed, type SealingKey, sealMarkLength, sealMarkStart } from './sealing-key.ts'
import { fixedPurposes, type SecretPurpose } from './secret-purposes.ts'

/** Sealing and keyed hashing under subkeys of the master key. While the master key is being changed, there are two master keys. */
export type Secrets = {
  /**
   * AES-256-GCM under the purpose's subkey; the result is base64url. `context` (such as pool id and sub) is
   * authenticated but not stored: a sealed value that is copied into another row does not open there.
   */
  seal(purpose: SecretPurpose, plain: string | Buffer, context?: string): string
  /**
   * Undefined when the value was altered, or sealed for another purpose, context or master key. `poolOf` returns the pool that an opened
   * value is for: without it, values of a restored pool's former installation do not open (see lasting-subkeys.ts).
   */
  open(purpose: SecretPurpose, sealed: string, context?: string, poolOf?: (plain: Buffer) => unknown): Buffer | undefined
  /**
   * Seals a value anew under the master key that `seal` uses. Returns the same text if the value is sealed under that key already. The
   * value keeps its IV, because `sealMark` depends on the IV. Using a random IV again is safe here, since the key is another one.
   * @throws Error when the value does not open
   */
  reseal(purpose: SecretPurpose, sealed: string, context?: string): string
  /** HMAC-SHA-256 under the purpose's subkey, over the parts, each with its length. */
  mac(purpose: SecretPurpose, ...parts: readonly string[]): Buffer
  /** The `mac` of the parts under each of the master keys and of the kept subkeys, to find a row by it. */
  macs(purpose: SecretPurpose, ...parts: readonly string[]): readonly Buffer[]
  /** Whether `given` (base64url) is the `mac` of the parts under one of the master keys or of the kept subkeys. Takes constant time. */
  isMac(purpose: SecretPurpose, given: string, ...parts: readonly string[]): boolean
}

/** What the database stores about the master key. */
export type MasterKeyRecord = {
  /** Identifies the key to seal under: a keyed hash, see `proofOf`. */
  readonly proof: string
  /**
   * The subkeys that must not change with the master key, sealed under the key of `proof`; see `fixedPurposes`. Undefined until the
   * master key was changed for the first time.
   */
  readonly lastingSubkeys: string | undefined
  /** The subkeys that this installation keeps of others, sealed under the key of `proof`. Undefined until something was restored. */
  readonly keptSubkeys: string | undefined
}

/** A record that has everything, ready to be stored. */
export type FullMasterKeyRecord = MasterKeyRecord & { readonly lastingSubkeys: string; readonly keptSubkeys: string }

/** The master key and, while the master key is being changed, the previous one. */
export type KeyRing = {
  readonly secrets: Secrets
  readonly proofs: { readonly current: string; readonly previous: string | undefined }
  /** Makes `secrets` seal under the key of `record` from now on. Returns false and changes nothing when the ring does not have that key. */
  adopt(record: MasterKeyRecord): boolean
  /** The record to store so that the current key becomes the one to seal under. */
  recordForCurrent(): FullMasterKeyRecord
  /** The subkeys that a backup of everything has, or that a backup of one pool has. */
  lastingSubkeys(poolId?: string): readonly LastingSubkeys[]
  /** The record of an installation that is restored from a backup of everything with these subkeys. */
  recordForRestored(subkeys: readonly LastingSubkeys[]): FullMasterKeyRecord
  /**
   * The record of this installation after the pool was restored from a backup with these subkeys. Subkeys that were kept for the pool
   * before are left out. Call `adopt` with the stored record first.
   */
  recordForRestoredPool(poolId: string, subkeys: readonly LastingSubkeys[]): FullMasterKeyRecord
  /** To seal values anew under `key`: `reseal` opens what this ring opens. */
  sealingUnder(key: Buffer): Secrets
  /** To seal values anew under the key of this ring: `reseal` opens what was sealed under `key`. */
  openingAlso(key: Buffer): Secrets
}

/** `masterKey` is 32 random bytes. */
export function createSecrets(masterKey: Buffer): Secrets {
  return createKeyRing(masterKey).secrets
}

/** Makes a key ring that seals under `current` until `adopt` selects a key. It opens values that were sealed under either key. */
export function createKeyRing(current: Buffer, previous?: Buffer): KeyRing {
  const currentKey: Key = createSealingKey(current)
  const previousKey: Key | undefined = previous && createSealingKey(previous)
  const keys = previousKey === undefined ? [currentKey] : [currentKey, previousKey]
  const ring: Ring = { keys, sealing: currentKey, fixed: fixedSubkeysOf(currentKey), kept: new KeptSubkeys([]) }
  const secrets = secretsOf(ring)

  return {
    secrets,
    proofs: { current: proofOf(currentKey), previous: previousKey && proofOf(previousKey) },

    adopt(record) {
      const named = keys.find((key) => equalTexts(proofOf(key), record.proof))
      if (named !== undefined) Object.assign(ring, { sealing: named, ...readRecord(named, record) })
      return named !== undefined
    },

    recordForCurrent: () => recordOf(currentKey, ring.fixed, ring.kept.stored),

    lastingSubkeys(poolId) {
      const others = keys.filter((key) => key !== ring.sealing)
      const all = [...[ring.sealing, ...others].map((key) => lastingSubkeysOf(key, ring.fixed)), ...ring.kept.stored]
      return poolId === undefined ? all : boundToPool(poolId, all)
    },

    recordForRestored(subkeys) {
      const fixed = readFixed(subkeys[0]?.subkeys ?? {})
      if (fixed === undefined) throw new Error('The backup lacks the subkeys of the installation.')
      // The subkeys of this ring's own keys must not outlive these keys.
      const isOwn = (subkey: string | undefined) => keys.some((key) => key.subkey('refresh-token').toString('base64') === subkey)
      const others = subkeys.filter((entry) => !isOwn(entry.subkeys['refresh-token']))
      return recordOf(ring.sealing, fixed, others)
    },

    recordForRestoredPool(poolId, subkeys) {
      const others = ring.kept.stored.filter((entry) => entry.poolId !== poolId)
      return recordOf(ring.sealing, ring.fixed, [...others, ...boundToPool(poolId, subkeys)])
    },

    sealingUnder(key) {
      const sealing: Key = createSealingKey(key)
      return secretsOf({ ...ring, keys: [sealing, ...keys], sealing })
    },

    openingAlso: (key) => secretsOf({ ...ring, keys: [...keys, createSealingKey(key)] }),
  }
}

type Key = SealingKey<SecretPurpose>

type Ring = {
  readonly keys: readonly Key[]
  /** The one of `keys` that new values are sealed under. */
  sealing: Key
  fixed: FixedSubkeys
  kept: KeptSubkeys
}

function secretsOf(ring: Ring): Secrets {
  const keyOf = (sealed: Buffer) => ring.keys.find(({ id }) => timingSafeEqual(keyIdOf(sealed), id))
  const macUnder = (key: Key, purpose: SecretPurpose, parts: readonly string[]) => {
    const fixed = ring.fixed.get(purpose)
    return keyedHash(fixed === undefined ? key.subkey(purpose) : (ring.kept.fixedSubkey(purpose, parts) ?? fixed), parts)
  }
  const allMacs = (purpose: SecretPurpose, parts: readonly string[]) => {
    const own = ring.keys.map((key) => macUnder(key, purpose, parts))
    return ring.fixed.has(purpose) ? own : [...own, ...ring.kept.macs(purpose, parts)]
  }

  function open(purpose: SecretPurpose, text: string, context: string, poolOf?: (plain: Buffer) => unknown): Buffer | undefined {
    const sealed = readSealed(text)
    if (sealed === undefined) return undefined
    return keyOf(sealed)?.open(purpose, sealed, context) ?? ring.kept.open(purpose, sealed, context, poolOf)
  }

  return {
    seal: (purpose, plain, context = '') => ring.sealing.seal(purpose, plain, context),
    open: (purpose, sealed, context = '', poolOf) => open(purpose, sealed, context, poolOf),

    reseal(purpose, text, context = '') {
      const sealed = readSealed(text)
      if (sealed !== undefined && keyOf(sealed) === ring.sealing) return text
      const plain = open(purpose, text, context)
      if (sealed === undefined || plain === undefined)
        throw new Error('A sealed value cannot be opened: it was altered, or sealed under another master key.')
      return ring.sealing.seal(purpose, plain, context, ivOf(sealed))
    },

    mac: (purpose, ...parts) => macUnder(ring.sealing, purpose, parts),

    macs: (purpose, ...parts) => allMacs(purpose, parts),

    isMac(purpose, given, ...parts) {
      const bytes = Buffer.from(given, 'base64url')
      const matches = allMacs(purpose, parts).map((hash) => bytes.length === hash.length && timingSafeEqual(bytes, hash))
      return matches.includes(true)
    },
  }
}

/** A keyed hash that identifies a key without revealing it. */
const proofOf = (key: Key): string => keyedHash(key.subkey('master-key-check'), ['lifeguard']).toString('base64')

const fixedSubkeysOf = (key: Key): FixedSubkeys => new Map(fixedPurposes.map((purpose) => [purpose, key.subkey(purpose)]))

/** Keeps the two texts of a record apart. */
const keptContext = 'kept'

function recordOf(key: Key, fixed: FixedSubkeys, kept: readonly LastingSubkeys[]): FullMasterKeyRecord {
  const subkeys = [...fixed].map(([purpose, subkey]) => [purpose, subkey.toString('base64')])
  const seal = (content: unknown, context: string) => key.seal('lasting-subkeys', JSON.stringify(content), context)
  return { proof: proofOf(key), lastingSubkeys: seal(Object.fromEntries(subkeys), ''), keptSubkeys: seal(kept, keptContext) }
}

function readRecord(key: Key, { lastingSubkeys, keptSubkeys }: MasterKeyRecord): Pick<Ring, 'fixed' | 'kept'> {
  const fixed = lastingSubkeys === undefined ? fixedSubkeysOf(key) : readFixed(openJson(key, lastingSubkeys, '') ?? {})
  const kept = keptSubkeys === undefined ? [] : openJson<readonly LastingSubkeys[]>(key, keptSubkeys, keptContext)
  if (fixed !== undefined && kept !== undefined) return { fixed, kept: new KeptSubkeys(kept) }
  throw new Error('The lasting subkeys in the database cannot be opened with the master key.')
}

function openJson<T extends object>(key: Key, text: string, context: string): T | undefined {
  const sealed = readSealed(text)
  const plain = sealed && key.open('lasting-subkeys', sealed, context)
  return plain && (JSON.parse(plain.toString()) as T)
}

function equalTexts(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/**
 * Random text inside a sealed value. It is different each time a value is sealed, and unchanged when the value is sealed anew under another
 * master key. Compare this text, not the sealed values, to find out whether a stored value was replaced.
 */
export function sealMark(sealed: string): string {
  const start = sealed.indexOf(':') + 1 + sealMarkStart
  return sealed.slice(start, start + sealMarkLength)
}
