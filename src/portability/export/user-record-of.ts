import type { Secrets } from '../../base/secrets.ts'
import { type Device, deviceGroupKeyOf, openDeviceVerifier } from '../../users/devices/device.ts'
import { identitiesOf, type LinkedIdentity } from '../../users/linked-identities/linked-identity.ts'
import { mergedSubsAttribute, mergedSubsOf } from '../../users/merging/merged-subs.ts'
import { openSoftwareSecret } from '../../users/mfa/software-token.ts'
import type { UsedSoftwareToken } from '../../users/mfa/software-token-repository.ts'
import type { Passkey } from '../../users/passkeys/passkey.ts'
import { atFormerPool } from '../../users/passwords/at-former-pool.ts'
import { exportableHash } from '../../users/passwords/sealed-password.ts'
import type { MfaPreferences, User } from '../../users/user.ts'
import type { DeviceRecord, IdentityRecord, MfaRecord, PasskeyRecord, TotpRecord, UserRecord } from '../users-file/user-record.ts'

/** A user, and the rows of other tables about the user. */
export type UserWithRows = {
  readonly user: User
  readonly groups: readonly string[]
  readonly formerPasswords: readonly { readonly password: string; readonly setAt: number }[]
  readonly softwareToken: UsedSoftwareToken | undefined
  readonly passkeys: readonly Passkey[]
  readonly devices: readonly Device[]
  readonly mergedNames: readonly string[]
}

/** A record as an export has it: it always names its user. */
export type ExportedUser = UserRecord & Required<Pick<UserRecord, 'sub' | 'status' | 'enabled' | 'createdAt' | 'updatedAt' | 'attributes'>>

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString()

/** Leaves out the members that are null or undefined, empty lists too. */
function withoutEmpty<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], null | undefined> } {
  const isEmpty = (member: unknown) => member == null || (Array.isArray(member) && member.length === 0)
  return Object.fromEntries(Object.entries(value).filter(([, member]) => !isEmpty(member))) as never
}

/** Whether a password is stored here. The password of a user who was copied may still be at the former pool. */
function hasPassword(user: User): user is User & { readonly password: string } {
  return user.password !== null && user.password !== atFormerPool
}

/**
 * All that is stored about the user, with secrets in clear.
 *
 * @throws Error when a sealed value of the user cannot be opened
 */
export function userRecordOf(secrets: Secrets, rows: UserWithRows): ExportedUser {
  const { user } = rows
  const { identities: _identities, [mergedSubsAttribute]: _mergedSubs, ...attributes } = user.attributes
  return withoutEmpty({
    username: user.username,
    sub: user.sub,
    status: user.status,
    enabled: user.enabled,
    createdAt: iso(user.createdAt),
    updatedAt: iso(user.updatedAt),
    attributes,
    groups: rows.groups,
    password: hasPassword(user) ? exportableHash(secrets, user, user.password) : undefined,
    passwordExpiresAt: user.passwordExpiresAt === null ? undefined : iso(user.passwordExpiresAt),
    passwordHistory: rows.formerPasswords.map(({ password, setAt }) => ({
      ...exportableHash(secrets, user, password),
      replacedAt: iso(setAt),
    })),
    mfa: user.mfa && mfaRecordOf(user.mfa),
    totp: rows.softwareToken && totpRecordOf(secrets, user, rows.softwareToken),
    passkeys: rows.passkeys.map(passkeyRecordOf),
    devices: rows.devices.map((device) => deviceRecordOf(secrets, device)),
    identities: identitiesOf(user.attributes).map(identityRecordOf),
    mergedSubs: mergedSubsOf(user.attributes),
    mergedNames: rows.mergedNames,
  })
}

function mfaRecordOf({ enabled, preferred, byOptions, passkey }: MfaPreferences): MfaRecord {
  return { enabled, ...withoutEmpty({ preferred, byOptions: byOptions || undefined, passkey: passkey || undefined }) }
}

function totpRecordOf(secrets: Secrets, user: User, token: UsedSoftwareToken): TotpRecord {
  const secret = openSoftwareSecret(secrets, user, token.secret)
  return withoutEmpty({ secret, name: token.deviceName, lastStep: token.lastStep })
}

function passkeyRecordOf(passkey: Passkey): PasskeyRecord {
  return withoutEmpty({
    id: passkey.id,
    publicKey: passkey.publicKey.toString('base64url'),
    counter: passkey.counter,
    relyingPartyId: passkey.relyingPartyId,
    transports: passkey.transports,
    attachment: passkey.attachment,
    name: passkey.name,
    createdAt: iso(passkey.createdAt),
    lastUsedAt: passkey.lastUsedAt === null ? undefined : iso(passkey.lastUsedAt),
  })
}

function deviceRecordOf(secrets: Secrets, device: Device): DeviceRecord {
  const stored = openDeviceVerifier(secrets, device)
  return withoutEmpty({
    key: device.key,
    groupKey: deviceGroupKeyOf(secrets, device),
    name: device.name,
    verifier: stored && { salt: stored.salt.toString('base64'), verifier: stored.verifier.toString('base64') },
    remembered: device.remembered,
    lastIp: device.lastIp,
    createdAt: iso(device.createdAt),
    updatedAt: iso(device.updatedAt),
    lastAuthenticatedAt: iso(device.lastAuthenticatedAt),
  })
}

function identityRecordOf(identity: LinkedIdentity): IdentityRecord {
  return withoutEmpty({
    provider: identity.providerName,
    providerType: identity.providerType,
    userId: identity.userId,
    attributeName: identity.attributeName,
    issuer: identity.issuer,
    primary: identity.primary,
    createdAt: iso(identity.dateCreated),
  })
}
