import { timingSafeEqual } from 'node:crypto'
import { createSealingKey, ivOf, keyedHash, keyIdOf, readSealed, type SealingKey, sealMarkLength, sealMarkStart } from './sealing-key.ts'

/** What a value is sealed or hashed for. Each purpose has its own subkey, so a value that was sealed for one purpose opens for no other. */
export type SecretPurpose =
  | 'access-key'
  | 'browser-devices'
  | 'client-secret'
  | 'code'
  | 'decoy'
  | 'feedback'
  | 'former-pool'
  | 'device'
  | 'device-request'
  | 'device-step'
  | 'dpop-nonce'
  | 'domain-session'
  | 'identity-provider'
  | 'import'
  | 'import-upload'
  | 'lasting-subkeys'
  | 'login-provider'
  | 'master-key-check'
  | 'message'
  | 'message-cap'
  | 'page-step'
  | 'pagination'
  | 'passkey-registration'
  | 'password'
  | 'provider-sign-in'
  | 'refresh-token'
  | 'role-session'
  | 'signing-key'
  | 'sign-in-state'
  | 'sign-up-session'
  | 'software-token'
  | 'stuffing'
  | 'test-code'
  | 'trigger-answer'
  | 'trigger-invocation'
  | 'user-code'
  | 'work-proof'

/** Sealing and keyed hashing under subkeys of the master key. While the master key is being changed, there are two master keys. */
export type Secrets = {
  /**
   * AES-256-GCM under the purpose's subkey; the result is base64url. `context` (such as pool id and sub) is
   * authenticated but not stored: a sealed value that is copied into another row does not open there.
   */
  seal(purpose: SecretPurpose, plain: string | Buffer, context?: string): string
  /** Undefined when the value was altered, or sealed for another purpose, context or master key. */
  open(purpose: SecretPurpose, sealed: string, context?: string): Buffer | undefined
  /**
   * Seals a value anew under the master key that `seal` uses. Returns the same text if the value is sealed under that key already. The
   * value keeps its IV, because `sealMark` depends on the IV. Using a random IV again is safe here, since the key is another one.
   * @throws Error when the value does not open
   */
  reseal(purpose: SecretPurpose, sealed: string, context?: string): string
  /** HMAC-SHA-256 under the purpose's subkey, over the parts, each with its length. */
  mac(purpose: SecretPurpose, ...parts: readonly string[]): Buffer
  /** The `mac` of the parts under each of the master keys, to find a row by it. */
  macs(purpose: SecretPurpose, ...parts: readonly string[]): readonly Buffer[]
  /** Whether `given` (base64url) is the `mac` of the parts under one of the master keys. Takes constant time. */
  isMac(purpose: SecretPurpose, given: string, ...parts: readonly string[]): boolean
}

/** What the database stores about the master key. */
export type MasterKeyRecord = {
  /** Identifies the key to seal under: a keyed hash, see `proofOf`. */
  readonly proof: string
  /**
   * The subkeys that must not change with the master key, sealed under the key of `proof`; see `lastingPurposes`. Undefined until the
   * master key was changed for the first time.
   */
  readonly lastingSubkeys: string | undefined
}

/** The master key and, while the master key is being changed, the previous one. */
export type KeyRing = {
  readonly secrets: Secrets
  readonly proofs: { readonly current: string; readonly previous: string | undefined }
  /** Makes `secrets` seal under the key of `record` from now on. Returns false and changes nothing when the ring does not have that key. */
  adopt(record: MasterKeyRecord): boolean
  /** The record to store so that the current key becomes the one to seal under. */
  recordForCurrent(): MasterKeyRecord & { readonly lastingSubkeys: string }
}

/**
 * Decoys, and the group keys that devices store, must not change with the master key. So keyed hashes for these purposes stay under the
 * subkeys of the first master key.
 */
const lastingPurposes = ['decoy', 'device'] as const satisfies readonly SecretPurpose[]

/** `masterKey` is 32 random bytes. */
export function createSecrets(masterKey: Buffer): Secrets {
  return createKeyRing(masterKey).secrets
}

/** Makes a key ring that seals under `current` until `adopt` selects a key. It opens values that were sealed under either key. */
export function createKeyRing(current: Buffer, previous?: Buffer): KeyRing {
  const currentKey: Key = createSealingKey(current)
  const previousKey: Key | undefined = previous && createSealingKey(previous)
  const keys = previousKey === undefined ? [currentKey] : [currentKey, previousKey]
  const ring: Ring = { keys, sealing: currentKey, lasting: lastingSubkeysOf(currentKey) }
  const secrets = secretsOf(ring)

  return {
    secrets,
    proofs: { current: proofOf(currentKey), previous: previousKey && proofOf(previousKey) },

    adopt({ proof, lastingSubkeys }) {
      const named = keys.find((key) => equalTexts(proofOf(key), proof))
      if (named === undefined) return false
      const lasting = lastingSubkeys === undefined ? lastingSubkeysOf(named) : readLasting(secrets.open('lasting-subkeys', lastingSubkeys))
      if (lasting === undefined) throw new Error('The lasting subkeys in the database cannot be opened with the master key.')
      Object.assign(ring, { sealing: named, lasting })
      return true
    },

    recordForCurrent() {
      const subkeys = [...ring.lasting].map(([purpose, key]) => [purpose, key.toString('base64')])
      const lastingSubkeys = currentKey.seal('lasting-subkeys', JSON.stringify(Object.fromEntries(subkeys)), '')
      return { proof: proofOf(currentKey), lastingSubkeys }
    },
  }
}

type Key = SealingKey<SecretPurpose>

type Ring = {
  readonly keys: readonly Key[]
  /** The one of `keys` that new values are sealed under. */
  sealing: Key
  lasting: ReadonlyMap<SecretPurpose, Buffer>
}

function secretsOf(ring: Ring): Secrets {
  const keyOf = (sealed: Buffer) => ring.keys.find(({ id }) => timingSafeEqual(keyIdOf(sealed), id))
  const macKey = (key: Key, purpose: SecretPurpose) => ring.lasting.get(purpose) ?? key.subkey(purpose)

  function open(purpose: SecretPurpose, text: string, context: string): Buffer | undefined {
    const sealed = readSealed(text)
    return sealed && keyOf(sealed)?.open(purpose, sealed, context)
  }

  return {
    seal: (purpose, plain, context = '') => ring.sealing.seal(purpose, plain, context),
    open: (purpose, sealed, context = '') => open(purpose, sealed, context),

    reseal(purpose, text, context = '') {
      const sealed = readSealed(text)
      if (sealed !== undefined && keyOf(sealed) === ring.sealing) return text
      const plain = open(purpose, text, context)
      if (sealed === undefined || plain === undefined)
        throw new Error('A sealed value cannot be opened: it was altered, or sealed under another master key.')
      return ring.sealing.seal(purpose, plain, context, ivOf(sealed))
    },

    mac: (purpose, ...parts) => keyedHash(macKey(ring.sealing, purpose), parts),

    macs: (purpose, ...parts) => ring.keys.map((key) => keyedHash(macKey(key, purpose), parts)),

    isMac(purpose, given, ...parts) {
      const bytes = Buffer.from(given, 'base64url')
      const matches = ring.keys.map((key) => {
        const hash = keyedHash(macKey(key, purpose), parts)
        return bytes.length === hash.length && timingSafeEqual(bytes, hash)
      })
      return matches.includes(true)
    },
  }
}

/** A keyed hash that identifies a key without revealing it. */
const proofOf = (key: Key): string => keyedHash(key.subkey('master-key-check'), ['lifeguard']).toString('base64')

function lastingSubkeysOf(key: Key): ReadonlyMap<SecretPurpose, Buffer> {
  return new Map(lastingPurposes.map((purpose) => [purpose, key.subkey(purpose)]))
}

function readLasting(opened: Buffer | undefined): ReadonlyMap<SecretPurpose, Buffer> | undefined {
  if (opened === undefined) return undefined
  const subkeys = JSON.parse(opened.toString()) as Record<(typeof lastingPurposes)[number], string>
  return new Map(lastingPurposes.map((purpose) => [purpose, Buffer.from(subkeys[purpose], 'base64')]))
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
