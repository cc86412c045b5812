/** The names of digests in `node:crypto`. */
export type Digest = 'md5' | 'sha1' | 'sha256' | 'sha512'

type SaltAndKey = { readonly salt: Buffer; readonly key: Buffer }
type ScryptCost = { readonly cost: number; readonly blockSize: number; readonly parallelization: number }

/** A hash that was read. `key` is what the computation with the right password gives. */
export type ImportedHash =
  | { readonly kind: 'BCRYPT'; readonly hash: string }
  | ({ readonly kind: 'SCRYPT' } & ScryptCost & SaltAndKey)
  | ({
      readonly kind: 'ARGON2'
      readonly variant: 'argon2id' | 'argon2i'
      readonly memory: number
      readonly passes: number
      readonly parallelism: number
    } & SaltAndKey)
  | ({ readonly kind: 'PBKDF2'; readonly digest: Digest; readonly iterations: number } & SaltAndKey)
  | ({ readonly kind: 'FIREBASE_SCRYPT'; readonly signerKey: Buffer } & ScryptCost & SaltAndKey)
  | { readonly kind: 'DIGEST'; readonly digest: Digest; readonly rounds: number; readonly message: Message; readonly key: Buffer }
  | ({ readonly kind: 'PHPASS'; readonly digest: 'md5' | 'sha512'; readonly rounds: number } & SaltAndKey)
  | { readonly kind: 'HMAC'; readonly digest: Digest; readonly secret: Buffer; readonly key: Buffer }
  | SrpVerifierHash

/** What is hashed: texts before, between and after the places of the password. */
export type Message = readonly [Buffer, Buffer, ...Buffer[]]

/** A verifier of SRP, which was made for this pool name and username. */
export type SrpVerifierHash = {
  readonly kind: 'SRP'
  readonly group: string
  readonly username: string
  readonly salt: Buffer
  /** 384 bytes. */
  readonly verifier: Buffer
}
