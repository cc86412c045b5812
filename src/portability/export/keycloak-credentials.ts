import type { Digest } from '../../users/passwords/hash-types.ts'
import type { PasskeyRecord, TotpRecord } from '../users-file/user-record.ts'
import { type ReadHash, readHash } from './password-state.ts'
import type { ExportedUser } from './user-record-of.ts'

/** Keycloak's CredentialRepresentation. The two texts are JSON themselves. `createdDate` is in epoch milliseconds. */
export type KeycloakCredential = {
  readonly type: 'password' | 'password-history' | 'otp' | 'webauthn-passwordless'
  readonly userLabel?: string
  readonly createdDate?: number
  readonly secretData: string
  readonly credentialData: string
}

/** Keycloak's names of PBKDF2, by the digest. */
const pbkdf2Names: Readonly<Partial<Record<Digest, string>>> = { sha1: 'pbkdf2', sha256: 'pbkdf2-sha256', sha512: 'pbkdf2-sha512' }

/** What Keycloak without extensions can check: Argon2 (from version 24 on) and PBKDF2. */
export function keycloakPassword({ hash }: ReadHash, type: 'password' | 'password-history' = 'password'): KeycloakCredential | undefined {
  if (hash.kind !== 'ARGON2' && hash.kind !== 'PBKDF2') return undefined
  const data = hash.kind === 'ARGON2' ? argon2Data(hash) : pbkdf2Data(hash)
  if (data === undefined) return undefined
  const secret = { value: hash.key.toString('base64'), salt: hash.salt.toString('base64'), additionalParameters: {} }
  return { type, secretData: JSON.stringify(secret), credentialData: JSON.stringify(data) }
}

function argon2Data(hash: Extract<ReadHash['hash'], { kind: 'ARGON2' }>) {
  const parameters = {
    hashLength: [String(hash.key.length)],
    memory: [String(hash.memory)],
    type: [hash.variant === 'argon2id' ? 'id' : 'i'],
    version: ['1.3'],
    parallelism: [String(hash.parallelism)],
  }
  return { hashIterations: hash.passes, algorithm: 'argon2', additionalParameters: parameters }
}

function pbkdf2Data({ digest, iterations }: Extract<ReadHash['hash'], { kind: 'PBKDF2' }>) {
  const algorithm = pbkdf2Names[digest]
  return algorithm && { hashIterations: iterations, algorithm, additionalParameters: {} }
}

/** The former passwords that Keycloak can check. */
export function keycloakHistory(user: ExportedUser): readonly KeycloakCredential[] {
  return (user.passwordHistory ?? []).flatMap(({ replacedAt, ...password }) => {
    const read = readHash(password)
    const credential = read && keycloakPassword(read, 'password-history')
    return credential === undefined ? [] : [{ ...credential, ...dated(replacedAt) }]
  })
}

export function keycloakOtp({ secret, name }: TotpRecord): KeycloakCredential {
  const data = { subType: 'totp', digits: 6, counter: 0, period: 30, algorithm: 'HmacSHA1', secretEncoding: 'BASE32' }
  return {
    type: 'otp',
    ...(name !== undefined && { userLabel: name }),
    secretData: JSON.stringify({ value: secret }),
    credentialData: JSON.stringify(data),
  }
}

/** The model of the authenticator is not stored here. Keycloak uses it only to restrict registrations. */
const unknownAuthenticator = '00000000-0000-0000-0000-000000000000'

/** Keycloak has the credential id in base64, and the public key, a COSE_Key, in base64url. */
export function keycloakPasskey(passkey: PasskeyRecord): KeycloakCredential {
  const data = {
    aaguid: unknownAuthenticator,
    credentialId: Buffer.from(passkey.id, 'base64url').toString('base64'),
    counter: passkey.counter,
    credentialPublicKey: passkey.publicKey,
    attestationStatementFormat: 'none',
    transports: passkey.transports ?? [],
  }
  return {
    type: 'webauthn-passwordless',
    ...(passkey.name !== undefined && { userLabel: passkey.name }),
    ...dated(passkey.createdAt),
    secretData: '{}',
    credentialData: JSON.stringify(data),
  }
}

const dated = (time: string | undefined) => (time === undefined ? {} : { createdDate: Date.parse(time) })
