import { argon2i, argon2id, bcrypt, createHMAC, createMD5, createSHA1, createSHA256, createSHA512, pbkdf2, scrypt } from 'hash-wasm'
import type { ImportAlgorithm } from '../../../src/users/passwords/imported-hash.ts'

/** Hashes that another library (hash-wasm, in WebAssembly) computes, in the text forms that the import takes. */

const salt = Buffer.from('0123456789abcdef')
export const b64 = (bytes: Uint8Array | string) => Buffer.from(bytes).toString('base64')
const unpadded = (bytes: Uint8Array) => b64(bytes).replace(/=+$/, '')

export const digests = { md5: createMD5, sha1: createSHA1, sha256: createSHA256, sha512: createSHA512 }
type DigestName = keyof typeof digests

/** The digest of the message, and the digest of that, and so on. */
export async function repeatedDigest(name: DigestName, message: Uint8Array, rounds = 1): Promise<Uint8Array> {
  const hasher = await digests[name]()
  let bytes = message
  for (let round = 0; round < rounds; round += 1) bytes = hasher.init().update(bytes).digest('binary')
  return bytes
}

async function salted(name: DigestName, place: 'prefix' | 'suffix', password: string, rounds: number): Promise<string> {
  const bytes = Buffer.from(password)
  const message = place === 'prefix' ? [salt, bytes] : [bytes, salt]
  const key = await repeatedDigest(name, Buffer.concat(message), rounds)
  return `$${name}$salt=${place},n=${rounds}$${b64(salt)}$${b64(key)}`
}

async function hmac(name: DigestName, password: string): Promise<string> {
  const hasher = await createHMAC(digests[name](), salt)
  return `$hmac-${name}$${b64(hasher.init().update(Buffer.from(password)).digest('binary'))}$${b64(salt)}`
}

async function derived(name: Exclude<DigestName, 'md5'>, password: string, iterations: number, hashLength: number): Promise<Uint8Array> {
  return pbkdf2({ password, salt, iterations, hashLength, hashFunction: digests[name](), outputType: 'binary' })
}

const argon2 = (hash: typeof argon2id, cost: { memorySize: number; iterations: number; parallelism: number }) => (password: string) =>
  hash({ password, salt, hashLength: 32, outputType: 'encoded', ...cost })

async function scryptKey(password: string, cost: { costFactor: number; blockSize: number; parallelism: number }): Promise<Uint8Array> {
  return scrypt({ password, salt, hashLength: 32, outputType: 'binary', ...cost })
}

/** Makes a hash of a password. The name says what is special about the form. */
export type OtherHash = {
  readonly algorithm: ImportAlgorithm
  readonly form: string
  readonly make: (password: string) => Promise<string>
  /** hash-wasm refuses the empty password for some algorithms. */
  readonly needsPassword?: true
}

export const otherHashes: readonly OtherHash[] = [
  { algorithm: 'BCRYPT', form: 'cost 5', make: (password) => bcrypt({ password, salt, costFactor: 5 }), needsPassword: true },
  {
    algorithm: 'SCRYPT',
    form: 'the logarithm of N, and p above 1',
    make: async (password) =>
      `$scrypt$ln=10,r=8,p=3$${unpadded(salt)}$${unpadded(await scryptKey(password, { costFactor: 1024, blockSize: 8, parallelism: 3 }))}`,
    needsPassword: true,
  },
  {
    algorithm: 'SCRYPT',
    form: 'N itself',
    make: async (password) =>
      `$scrypt$ln=2048,r=8,p=1$${b64(salt)}$${b64(await scryptKey(password, { costFactor: 2048, blockSize: 8, parallelism: 1 }))}`,
    needsPassword: true,
  },
  {
    algorithm: 'ARGON2ID',
    form: 'four lanes',
    make: argon2(argon2id, { memorySize: 256, iterations: 3, parallelism: 4 }),
    needsPassword: true,
  },
  {
    algorithm: 'ARGON2I',
    form: 'one lane',
    make: argon2(argon2i, { memorySize: 128, iterations: 4, parallelism: 1 }),
    needsPassword: true,
  },
  {
    algorithm: 'PBKDF2_SHA1',
    form: 'a key of 64 bytes',
    make: async (password) => `$pbkdf2-sha1$i=1300,l=64$${b64(salt)}$${b64(await derived('sha1', password, 1300, 64))}`,
  },
  {
    algorithm: 'PBKDF2_SHA1',
    form: 'without the name of the digest',
    make: async (password) => `$pbkdf2$1000$${unpadded(salt)}$${unpadded(await derived('sha1', password, 1000, 20))}`,
  },
  {
    algorithm: 'PBKDF2_SHA256',
    form: 'i and l',
    make: async (password) => `$pbkdf2-sha256$i=2000,l=32$${b64(salt)}$${b64(await derived('sha256', password, 2000, 32))}`,
  },
  {
    algorithm: 'PBKDF2_SHA512',
    form: 'a number alone',
    make: async (password) => `$pbkdf2-sha512$2100$${b64(salt)}$${b64(await derived('sha512', password, 2100, 64))}`,
  },
  ...(['md5', 'sha1', 'sha256', 'sha512'] as const).flatMap((name): OtherHash[] => [
    { algorithm: nameOf(name), form: 'salt before', make: (password) => salted(name, 'prefix', password, 1) },
    { algorithm: nameOf(name), form: 'salt after, 1,000 rounds', make: (password) => salted(name, 'suffix', password, 1000) },
    { algorithm: `HMAC_${nameOf(name)}`, form: 'the salt as key', make: (password) => hmac(name, password) },
    {
      algorithm: nameOf(name),
      form: 'LDAP',
      make: async (password) => `{${ldapName(name)}}${b64(await digestAndSalt(name, password))}`,
    },
  ]),
]

function nameOf(name: DigestName) {
  return name.toUpperCase() as 'MD5' | 'SHA1' | 'SHA256' | 'SHA512'
}

const ldapName = (name: DigestName) => `S${name === 'sha1' ? 'SHA' : nameOf(name)}`

async function digestAndSalt(name: DigestName, password: string): Promise<Buffer> {
  return Buffer.concat([await repeatedDigest(name, Buffer.concat([Buffer.from(password), salt])), salt])
}
