import { isObject } from '../../base/is-object.ts'
import { type MfaMethod, mfaMethods } from '../../pools/pool.ts'
import type {
  ImportedDevice,
  ImportedGroup,
  ImportedIdentity,
  ImportedMfa,
  ImportedPasskey,
  ImportedRecord,
  ImportedTotp,
  PasswordText,
} from '../../users/import/records/imported-record.ts'
import { UnreadableRecordError } from '../../users/import/records/imported-record.ts'
import type { FormatReader, ReadRecord } from '../../users/import/records/record-format.ts'
import type { UserStatus } from '../../users/user.ts'
import { usersFileVersion } from '../users-file/user-record.ts'
import {
  bytesOf,
  countOf,
  flagOf,
  isoTimeOf,
  type Json,
  memberOf,
  objectOf,
  objectsOf,
  requiredText,
  textOf,
  textsOf,
  wrongType,
} from './fields.ts'

/** Reads the lines of a users file: docs/users-file.md. */
export const lifeguardReader: FormatReader = { usersMember: undefined, checkHead, read }

function checkHead(line: string): string | undefined {
  let head: unknown
  try {
    head = JSON.parse(line.replace(/^\uFEFF/, ''))
  } catch {
    head = undefined
  }
  if (!isObject(head) || memberOf(head, 'lifeguard') !== 'users') {
    return 'The first line of the file is not that of a users file: {"lifeguard":"users","version":1}.'
  }
  const version = memberOf(head, 'version')
  if (version === usersFileVersion) return undefined
  return `The file has the version ${JSON.stringify(version)?.slice(0, 20)}, but this program reads version ${usersFileVersion}.`
}

function read(record: Json): ReadRecord {
  if (memberOf(record, 'end') === true) return { kind: 'nothing' }
  if (memberOf(record, 'group') !== undefined) return { kind: 'group', group: readGroup(record) }
  return { kind: 'user', user: readUser(record) }
}

function readGroup(record: Json): ImportedGroup {
  requireKnownMembers(record, ['group', 'description', 'roleArn', 'precedence', 'createdAt', 'updatedAt'])
  return {
    name: requiredText(record, 'group'),
    description: textOf(record, 'description') ?? null,
    roleArn: textOf(record, 'roleArn') ?? null,
    precedence: countOf(record, 'precedence') ?? null,
    createdAt: isoTimeOf(record, 'createdAt'),
    updatedAt: isoTimeOf(record, 'updatedAt'),
  }
}

const userMembers = [
  ...['username', 'sub', 'status', 'enabled', 'createdAt', 'updatedAt', 'attributes', 'groups'],
  ...['password', 'passwordExpiresAt', 'passwordHistory', 'mfa', 'totp', 'passkeys', 'devices', 'identities', 'mergedSubs', 'mergedNames'],
]

const statuses: readonly UserStatus[] = ['UNCONFIRMED', 'CONFIRMED', 'FORCE_CHANGE_PASSWORD', 'RESET_REQUIRED', 'EXTERNAL_PROVIDER']

function readUser(record: Json): ImportedRecord {
  requireKnownMembers(record, userMembers)
  const password = objectOf(record, 'password')
  return {
    id: textOf(record, 'sub'),
    usernames: [requiredText(record, 'username')],
    status: readOneOf(record, 'status', statuses),
    enabled: flagOf(record, 'enabled') ?? true,
    createdAt: isoTimeOf(record, 'createdAt'),
    updatedAt: isoTimeOf(record, 'updatedAt'),
    attributes: readAttributes(record),
    otherValues: [],
    groups: textsOf(record, 'groups'),
    password: password && readPassword(password),
    passwordExpiresAt: isoTimeOf(record, 'passwordExpiresAt'),
    passwordHistory: objectsOf(record, 'passwordHistory').map((former) => ({
      ...readPassword(former),
      replacedAt: isoTimeOf(former, 'replacedAt'),
    })),
    mfa: readMfa(objectOf(record, 'mfa')),
    totp: readTotp(objectOf(record, 'totp')),
    passkeys: objectsOf(record, 'passkeys').map(readPasskey),
    devices: objectsOf(record, 'devices').map(readDevice),
    identities: objectsOf(record, 'identities').map(readIdentity),
    mergedSubs: textsOf(record, 'mergedSubs'),
    mergedNames: textsOf(record, 'mergedNames'),
    leftOut: [],
  }
}

/** The attributes that have members of their own in a record. */
const ownMembers: readonly string[] = ['sub', 'identities', 'merged_subs']

function readAttributes(record: Json): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>()
  for (const [name, value] of Object.entries(objectOf(record, 'attributes') ?? {})) {
    if (typeof value !== 'string') throw wrongType(`attributes.${name.slice(0, 50)}`, 'a text')
    if (ownMembers.includes(name)) throw new UnreadableRecordError(`The attribute ${name} has a member of its own in a users file.`)
    attributes.set(name, value)
  }
  return attributes
}

function readPassword(password: Json): PasswordText {
  return { algorithm: requiredText(password, 'algorithm'), hash: requiredText(password, 'hash') }
}

function readMfa(mfa: Json | undefined): ImportedMfa | undefined {
  if (mfa === undefined) return undefined
  const enabled = textsOf(mfa, 'enabled')
  if (!enabled.every((method) => mfaMethods.includes(method as MfaMethod))) throw wrongType('mfa.enabled', 'a list of MFA methods')
  return {
    enabled: enabled as MfaMethod[],
    preferred: readOneOf(mfa, 'preferred', mfaMethods),
    byOptions: flagOf(mfa, 'byOptions') ?? false,
    passkey: flagOf(mfa, 'passkey') ?? false,
  }
}

function readTotp(totp: Json | undefined): ImportedTotp | undefined {
  if (totp === undefined) return undefined
  return { secret: requiredText(totp, 'secret'), name: textOf(totp, 'name'), lastStep: countOf(totp, 'lastStep') ?? 0 }
}

function readPasskey(passkey: Json): ImportedPasskey {
  return {
    id: requiredText(passkey, 'id'),
    publicKey: bytesOf(passkey, 'publicKey') ?? Buffer.alloc(0),
    counter: countOf(passkey, 'counter') ?? 0,
    relyingPartyId: requiredText(passkey, 'relyingPartyId'),
    transports: textsOf(passkey, 'transports'),
    attachment: readOneOf(passkey, 'attachment', ['platform', 'cross-platform'] as const),
    name: textOf(passkey, 'name') ?? 'Passkey',
    createdAt: isoTimeOf(passkey, 'createdAt'),
    lastUsedAt: isoTimeOf(passkey, 'lastUsedAt'),
  }
}

function readDevice(device: Json): ImportedDevice {
  const verifier = objectOf(device, 'verifier')
  return {
    key: requiredText(device, 'key'),
    groupKey: requiredText(device, 'groupKey'),
    name: textOf(device, 'name'),
    verifier: verifier && {
      salt: bytesOf(verifier, 'salt') ?? Buffer.alloc(0),
      verifier: bytesOf(verifier, 'verifier') ?? Buffer.alloc(0),
    },
    remembered: flagOf(device, 'remembered') ?? false,
    lastIp: textOf(device, 'lastIp'),
    createdAt: isoTimeOf(device, 'createdAt'),
    updatedAt: isoTimeOf(device, 'updatedAt'),
    lastAuthenticatedAt: isoTimeOf(device, 'lastAuthenticatedAt'),
  }
}

function readIdentity(identity: Json): ImportedIdentity {
  return {
    provider: requiredText(identity, 'provider'),
    userId: requiredText(identity, 'userId'),
    attributeName: textOf(identity, 'attributeName'),
    issuer: textOf(identity, 'issuer'),
    primary: flagOf(identity, 'primary') ?? false,
    createdAt: isoTimeOf(identity, 'createdAt'),
  }
}

function readOneOf<Value extends string>(object: Json, name: string, values: readonly Value[]): Value | undefined {
  const text = textOf(object, name)
  if (text === undefined || values.includes(text as Value)) return text as Value | undefined
  throw wrongType(name, `one of ${values.join(', ')}`)
}

/** A misspelled member would be lost in silence. */
function requireKnownMembers(record: Json, members: readonly string[]): void {
  const unknown = Object.keys(record).find((name) => !members.includes(name))
  if (unknown !== undefined) throw new UnreadableRecordError(`The member ${JSON.stringify(unknown.slice(0, 50))} is unknown.`)
}
