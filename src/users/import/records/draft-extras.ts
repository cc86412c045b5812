import { nameKey, type Pool } from '../../../pools/pool.ts'
import { quotaExceeded } from '../../../pools/quotas.ts'
import { type Device, deviceGroupKeyOf, isDeviceSalt, sealDeviceVerifier } from '../../devices/device.ts'
import { maxMergedSubs } from '../../merging/merged-subs.ts'
import { sealSoftwareSecret } from '../../mfa/software-token.ts'
import type { SoftwareTokenRow } from '../../mfa/software-token-repository.ts'
import type { Passkey } from '../../passkeys/passkey.ts'
import { isImportAlgorithm, readImportedHash } from '../../passwords/imported-hash.ts'
import { type PasswordOwner, sealImportedHash } from '../../passwords/sealed-password.ts'
import { type ImportedDevice, type ImportedPasskey, type ImportedRecord, type LeftOut, UnreadableRecordError } from './imported-record.ts'
import { isSub, type RecordContext, usernameShape } from './record-context.ts'

/** What is stored of a user in other tables than the user's own. */
export type UserExtras = {
  /** The names of the user's groups. */
  readonly groups: readonly string[]
  readonly totp: SoftwareTokenRow | undefined
  readonly passkeys: readonly Passkey[]
  readonly devices: readonly Device[]
  readonly formerPasswords: readonly { readonly password: string; readonly setAt: number }[]
  /** Names of merged users, which find this user. */
  readonly mergedNames: readonly string[]
}

/** `keepsId` says whether the `sub` is the id that the record has. */
type Owner = PasswordOwner & { readonly keepsId: boolean }

/** @throws UnreadableRecordError when the record exceeds a quota */
export function draftExtras(context: RecordContext, record: ImportedRecord, owner: Owner) {
  const leftOut: LeftOut[] = []
  const count = <Item>(reason: LeftOut, all: readonly unknown[], kept: readonly Item[]): readonly Item[] => {
    leftOut.push(...Array<LeftOut>(all.length - kept.length).fill(reason))
    return kept
  }
  const totp = draftTotp(context, record, owner)
  if (record.totp !== undefined && totp === undefined) leftOut.push('totp')
  const passkeys = record.passkeys.flatMap((passkey) => draftPasskey(context, passkey, owner) ?? [])
  const devices = record.devices.flatMap((device) => draftDevice(context, device, owner) ?? [])
  const formerPasswords = record.passwordHistory.flatMap((former) => {
    if (!isImportAlgorithm(former.algorithm) || readImportedHash(former.algorithm, former.hash) === undefined) return []
    const password = sealImportedHash(context.secrets, owner, { algorithm: former.algorithm, hash: former.hash })
    return [{ password, setAt: Math.min(former.replacedAt ?? context.now, context.now) }]
  })
  const extras: UserExtras = {
    groups: draftGroups(context, record, leftOut),
    totp,
    passkeys: count(
      'passkeys',
      record.passkeys,
      uniqueBy(passkeys, ({ id }) => id),
    ),
    devices: count('devices', record.devices, uniqueBy(devices, ({ key }) => key).slice(0, maximumDevices)),
    formerPasswords: count('passwordHistory', record.passwordHistory, orderedHistory(formerPasswords)),
    mergedNames: mergedNamesOf(context.pool, record),
  }
  const { quotas } = context
  if (extras.passkeys.length > quotas.passkeysPerUser) throw new UnreadableRecordError(quotaExceeded(quotas, 'passkeysPerUser'))
  return { extras, leftOut }
}

/** More devices of one user are not imported, and no more former passwords: a pool compares with 24 of them at most. */
const maximumDevices = 100
const maximumHistory = 24

/** Each time of a user is later than the one before, so that the order of the passwords is kept. The newest one stands first. */
function orderedHistory<Former extends { readonly setAt: number }>(newestFirst: readonly Former[]): Former[] {
  let before = Number.POSITIVE_INFINITY
  return newestFirst.slice(0, maximumHistory).map((former) => {
    before = Math.min(former.setAt, before - 1)
    return { ...former, setAt: before }
  })
}

/** The pattern of group names in the API. */
export const groupNameShape = /^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$/u

function draftGroups({ quotas }: RecordContext, record: ImportedRecord, leftOut: LeftOut[]): readonly string[] {
  const groups = [...new Set(record.groups)]
  const allowed = groups.filter((name) => groupNameShape.test(name))
  leftOut.push(...Array<LeftOut>(groups.length - allowed.length).fill('emptyGroups'))
  if (allowed.length > quotas.groupsPerUser) throw new UnreadableRecordError(quotaExceeded(quotas, 'groupsPerUser'))
  return allowed
}

/** The lengths, in characters of Base32, of a secret of 40 to 1,280 bits. */
const totpSecretShape = /^[A-Z2-7]{8,256}$/

function draftTotp({ secrets, now }: RecordContext, { totp }: ImportedRecord, owner: Owner): SoftwareTokenRow | undefined {
  if (totp === undefined || !totpSecretShape.test(totp.secret)) return undefined
  const { poolId, sub } = owner
  return {
    poolId,
    sub,
    secret: sealSoftwareSecret(secrets, owner, totp.secret),
    deviceName: totp.name?.slice(0, 256) ?? null,
    step: totp.lastStep,
    now,
  }
}

const transports: ReadonlySet<string> = new Set(['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'])

/** Undefined for a passkey of another relying party, or of another user handle than the `sub`, which cannot work here. */
function draftPasskey({ relyingPartyId, now }: RecordContext, passkey: ImportedPasskey, owner: Owner): Passkey | undefined {
  const isUsable = owner.keepsId && relyingPartyId !== undefined && passkey.relyingPartyId === relyingPartyId
  const isWellFormed = /^[A-Za-z0-9_-]{1,1400}$/.test(passkey.id) && passkey.publicKey.length > 0 && passkey.publicKey.length <= 4096
  if (!isUsable || !isWellFormed) return undefined
  const { poolId, sub } = owner
  const createdAt = Math.min(passkey.createdAt ?? now, now)
  return {
    ...passkey,
    poolId,
    sub,
    relyingPartyId,
    transports: [...new Set(passkey.transports)].filter((transport) => transports.has(transport)),
    name: passkey.name.slice(0, 256),
    createdAt,
    lastUsedAt: passkey.lastUsedAt === undefined ? null : Math.min(passkey.lastUsedAt, now),
  }
}

/** The pattern of device keys in the API. */
const deviceKeyShape = /^(?=.{1,55}$)[\w-]+_[0-9a-f-]+$/

/** Undefined for a device whose password is bound to another device group key: it could not prove itself. */
function draftDevice({ secrets, now }: RecordContext, device: ImportedDevice, owner: Owner): Device | undefined {
  const { verifier, key } = device
  if (!deviceKeyShape.test(key)) return undefined
  if (verifier !== undefined && device.groupKey !== deviceGroupKeyOf(secrets, owner)) return undefined
  if (verifier !== undefined && (!isDeviceSalt(verifier.salt) || verifier.verifier.length !== 384)) return undefined
  const { poolId, sub } = owner
  const createdAt = Math.min(device.createdAt ?? now, now)
  return {
    poolId,
    sub,
    key,
    name: device.name?.slice(0, 1024) ?? null,
    verifier: verifier === undefined ? null : sealDeviceVerifier(secrets, owner, key, verifier),
    remembered: device.remembered,
    lastIp: device.lastIp?.slice(0, 64) ?? null,
    createdAt,
    updatedAt: Math.min(device.updatedAt ?? createdAt, now),
    lastAuthenticatedAt: Math.min(device.lastAuthenticatedAt ?? createdAt, now),
  }
}

function uniqueBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): readonly Item[] {
  return [...new Map(items.map((item) => [keyOf(item), item])).values()]
}

/** The names of merged users, in the form in which names are compared. */
function mergedNamesOf(pool: Pool, record: ImportedRecord): readonly string[] {
  const names = record.mergedNames.filter((name) => usernameShape.test(name)).map((name) => nameKey(pool, name))
  return [...new Set([...names.slice(0, maxMergedSubs), ...record.mergedSubs.filter(isSub).slice(0, maxMergedSubs)])]
}
