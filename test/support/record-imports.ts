import { createCipheriv } from 'node:crypto'
import type { UserImportJobType } from '@aws-sdk/client-cognito-identity-provider'
import { argon2id, bcrypt, createSHA1, createSHA256, createSHA512, md5, pbkdf2, scrypt, sha256, sha512 } from 'hash-wasm'
import { logOf, startJob, upload, waitForJobEnd } from './imports.ts'
import { callLifeguard } from './lifeguard-operations.ts'
import type { TestServer } from './test-server.ts'

export type RecordFormat = 'LIFEGUARD' | 'AUTH0' | 'FIREBASE' | 'KEYCLOAK' | 'FUSIONAUTH' | 'KRATOS'

/** Imports a file of records. Returns the ended job and its log. */
export async function importRecords(
  server: TestServer,
  UserPoolId: string,
  Format: RecordFormat,
  file: string | Buffer<ArrayBuffer>,
  options: object = {},
): Promise<UserImportJobType & { readonly log: readonly string[] }> {
  const { UserRecordsImportJob } = await callLifeguard(server, 'CreateUserRecordsImportJob', {
    ...{ UserPoolId, JobName: 'records', Format },
    ...options,
  })
  const response = await upload(UserRecordsImportJob.PreSignedUrl, file)
  if (response.status !== 200) throw new Error(`The upload was answered with ${response.status}: ${await response.text()}`)
  const key = { UserPoolId, JobId: String(UserRecordsImportJob.JobId) }
  await startJob(server, key)
  return { ...(await waitForJobEnd(server, key)), log: await logOf(server, key) }
}

/** A users file with these lines. */
export function usersFile(records: readonly object[], head: object = { lifeguard: 'users', version: 1 }): string {
  return [head, ...records, { end: true }].map((line) => JSON.stringify(line)).join('\n')
}

const saltOf = (length: number) => Uint8Array.from({ length }, (_, at) => at * 7 + 1)
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

/** Hashes of a password, made by another library than that of the server. */
export const bcryptOf = (password: string, costFactor = 5) => bcrypt({ password, salt: saltOf(16), costFactor, outputType: 'encoded' })

export const argon2idOf = (password: string) =>
  argon2id({ password, salt: saltOf(16), parallelism: 1, iterations: 2, memorySize: 512, hashLength: 32, outputType: 'encoded' })

/** Salt and key in base64. */
export async function pbkdf2Of(password: string, digest: 'sha1' | 'sha256' | 'sha512', iterations: number, hashLength: number) {
  const hashFunction = { sha1: createSHA1, sha256: createSHA256, sha512: createSHA512 }[digest]()
  const salt = saltOf(16)
  const key = await pbkdf2({ password, salt, iterations, hashLength, hashFunction, outputType: 'binary' })
  return { salt: base64(salt), key: base64(key) }
}

/** FusionAuth's form: the digest of password and salt, `rounds` times. */
export async function saltedDigestOf(password: string, digest: 'md5' | 'sha256', rounds: number) {
  const salt = saltOf(16)
  let bytes: Uint8Array = Buffer.concat([Buffer.from(password), salt])
  for (let round = 0; round < rounds; round++) bytes = Buffer.from(await (digest === 'md5' ? md5 : sha256)(bytes), 'hex')
  return { salt: base64(salt), key: base64(bytes) }
}

/** Salt and hash of phpass, in its own digits: six bits each, the lowest first. */
export async function phpassOf(password: string, digest: 'md5' | 'sha512', rounds: number) {
  const salt = 'IQRaTwmf'
  const compute = async (bytes: Uint8Array) => Buffer.from(await (digest === 'md5' ? md5 : sha512)(bytes), 'hex')
  let bytes = await compute(Buffer.from(salt + password))
  for (let round = 0; round < rounds; round++) bytes = await compute(Buffer.concat([bytes, Buffer.from(password)]))
  const letters = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  const bits = [...bytes].map((byte) => [...byte.toString(2).padStart(8, '0')].reverse().join('')).join('')
  const groups = bits.match(/.{1,6}/g) ?? []
  // Three bytes make four digits, so no digit reaches over a group of three bytes.
  const key = groups.map((group) => letters[Number.parseInt([...group.padEnd(6, '0')].reverse().join(''), 2)]).join('')
  return { salt, key: key.slice(0, digest === 'md5' ? 22 : 43) }
}

/** The parameters of a Firebase project, and a hash under them. */
export const firebaseHash = { SignerKey: base64(saltOf(64)), SaltSeparator: 'Bw==', Rounds: 8, MemoryCost: 10 }

export async function firebaseOf(password: string) {
  const salt = Buffer.from('salt of ana')
  const full = Buffer.concat([salt, Buffer.from(firebaseHash.SaltSeparator, 'base64')])
  const costFactor = 2 ** firebaseHash.MemoryCost
  const cost = { costFactor, blockSize: firebaseHash.Rounds, parallelism: 1, hashLength: 32 }
  const key = await scrypt({ password, salt: full, ...cost, outputType: 'binary' })
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  const hash = Buffer.concat([cipher.update(Buffer.from(firebaseHash.SignerKey, 'base64')), cipher.final()])
  return { salt: salt.toString('base64'), passwordHash: hash.toString('base64') }
}
