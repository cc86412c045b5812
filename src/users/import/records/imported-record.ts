import type { MfaMethod } from '../../../pools/pool.ts'
import type { UserStatus } from '../../user.ts'

/**
 * What a record of a file says about a user, whatever the format of the file. Whether the pool allows it is not checked yet. Times are in
 * epoch milliseconds. A member that the record does not have is undefined, or an empty list.
 */
export type ImportedRecord = {
  /** The id of the user in the system that the file comes from. It becomes the `sub` if it has that form. */
  readonly id: string | undefined
  /** Names that the user could be stored under, the best one first. */
  readonly usernames: readonly string[]
  readonly status: UserStatus | undefined
  readonly enabled: boolean
  readonly createdAt: number | undefined
  readonly updatedAt: number | undefined
  readonly attributes: ReadonlyMap<string, string>
  /** Members of the record that no standard attribute stands for. */
  readonly otherValues: readonly OtherValue[]
  readonly groups: readonly string[]
  readonly password: PasswordText | undefined
  readonly passwordExpiresAt: number | undefined
  readonly passwordHistory: readonly (PasswordText & { readonly replacedAt: number | undefined })[]
  readonly mfa: ImportedMfa | undefined
  readonly totp: ImportedTotp | undefined
  readonly passkeys: readonly ImportedPasskey[]
  readonly devices: readonly ImportedDevice[]
  readonly identities: readonly ImportedIdentity[]
  readonly mergedSubs: readonly string[]
  readonly mergedNames: readonly string[]
  /** What the reader of the format could not take over. */
  readonly leftOut: readonly LeftOut[]
}

/** A value of the record, as text, and the names of the members that lead to it, joined by points: `user_metadata.color`. */
export type OtherValue = { readonly path: string; readonly name: string; readonly value: string }

/** A password hash: an algorithm of `imported-hash.ts` or `SRP`, and its text. */
export type PasswordText = { readonly algorithm: string; readonly hash: string }

export type ImportedMfa = {
  readonly enabled: readonly MfaMethod[]
  readonly preferred: MfaMethod | undefined
  readonly byOptions: boolean
  readonly passkey: boolean
}

/** An authenticator app with SHA-1, six digits and 30 seconds. The secret is Base32 in capitals, without padding. */
export type ImportedTotp = { readonly secret: string; readonly name: string | undefined; readonly lastStep: number }

export type ImportedPasskey = {
  /** base64url */
  readonly id: string
  readonly publicKey: Buffer
  readonly counter: number
  /** Undefined when the record does not say it: then the job has to. */
  readonly relyingPartyId: string | undefined
  readonly transports: readonly string[]
  readonly attachment: 'platform' | 'cross-platform' | undefined
  readonly name: string
  readonly createdAt: number | undefined
  readonly lastUsedAt: number | undefined
}

export type ImportedDevice = {
  readonly key: string
  readonly groupKey: string
  readonly name: string | undefined
  readonly verifier: { readonly salt: Buffer; readonly verifier: Buffer } | undefined
  readonly remembered: boolean
  readonly lastIp: string | undefined
  readonly createdAt: number | undefined
  readonly updatedAt: number | undefined
  readonly lastAuthenticatedAt: number | undefined
}

export type ImportedIdentity = {
  readonly provider: string
  readonly userId: string
  readonly attributeName: string | undefined
  readonly issuer: string | undefined
  readonly primary: boolean
  readonly createdAt: number | undefined
}

/** A group that a file describes in a line of its own. */
export type ImportedGroup = {
  readonly name: string
  readonly description: string | null
  readonly roleArn: string | null
  readonly precedence: number | null
  readonly createdAt: number | undefined
  readonly updatedAt: number | undefined
}

/** What a record can have that is left out while its user is imported. The texts stand in the log and in the summary of the job. */
export const leftOutTexts = {
  devices: 'devices that cannot prove themselves here',
  emptyGroups: 'groups with a name that is not allowed',
  ids: 'ids that cannot be a sub',
  identities: 'identities of providers that the pool does not have',
  messageFactors: 'second factors by message that the pool does not offer or that have no address',
  names: 'names of merged users that other users have',
  otherFactors: 'second factors of kinds that the pool does not have',
  passkeys: 'passkeys that cannot work with this relying party or user',
  passwordHistory: 'former passwords of unknown algorithms',
  totp: 'authenticator apps with other settings than SHA-1, six digits and 30 seconds',
  values: 'values without an attribute in the pool',
} as const

export type LeftOut = keyof typeof leftOutTexts

/** Why a record cannot be read. The message stands in the log of the job, and has no personal data. */
export class UnreadableRecordError extends Error {
  override readonly name = 'UnreadableRecordError'
}
