import { isObject } from '../../base/is-object.ts'
import type { ImportedPasskey, ImportedRecord, ImportedTotp, LeftOut, PasswordText } from '../../users/import/records/imported-record.ts'
import { UnreadableRecordError } from '../../users/import/records/imported-record.ts'
import type { FormatReader, RecordOptions } from '../../users/import/records/record-format.ts'
import {
  blankRecord,
  bytesOf,
  countOf,
  definedValues,
  flagOf,
  isoTimeOf,
  type Json,
  memberOf,
  objectOf,
  objectsOf,
  otherValuesOf,
  requiredText,
  textOf,
  textsOf,
} from './fields.ts'
import { selfDescribingHash } from './password-texts.ts'
import { isOurScheme, mfaWith, totpWith } from './totp-texts.ts'

/** Reads the identities of Ory Kratos, with their credentials. */
export const kratosReader: FormatReader = {
  usersMember: undefined,
  read: (record, options) => ({ kind: 'user', user: readUser(record, options) }),
}

/** The traits that attributes stand for. The schema of traits is free; these are the names of Ory's presets. */
const knownTraits: readonly string[] = ['email', 'phone', 'phone_number', 'username', 'name', 'picture', 'website']

function readUser(record: Json, options: RecordOptions): ImportedRecord {
  const traits = objectOf(record, 'traits') ?? {}
  const [email, username] = [textOf(traits, 'email'), textOf(traits, 'username')]
  const phone = textOf(traits, 'phone') ?? textOf(traits, 'phone_number')
  const id = textOf(record, 'id')
  const credentials = objectOf(record, 'credentials') ?? {}
  const totp = readTotp(configOf(credentials, 'totp'))
  const passkeys = readPasskeys(configOf(credentials, 'webauthn'), id, options.relyingPartyId)
  const hasCodes = objectOf(credentials, 'lookup_secret') !== undefined
  return {
    ...blankRecord,
    id,
    usernames: [username, email, phone, id].filter((name) => name !== undefined),
    enabled: textOf(record, 'state') !== 'inactive',
    createdAt: isoTimeOf(record, 'created_at'),
    updatedAt: isoTimeOf(record, 'updated_at'),
    attributes: definedValues({
      email,
      email_verified: email && String(isVerified(record, email)),
      phone_number: phone,
      phone_number_verified: phone && String(isVerified(record, phone)),
      ...readName(traits),
      picture: textOf(traits, 'picture'),
      website: textOf(traits, 'website'),
    }),
    otherValues: [
      ...otherValuesOf(traits, 'traits').filter(({ name }) => !knownTraits.includes(name)),
      ...['metadata_public', 'metadata_admin'].flatMap((name) => otherValuesOf(objectOf(record, name), name)),
    ],
    password: readPassword(configOf(credentials, 'password')),
    totp: totp === 'other' ? undefined : totp,
    mfa: mfaWith({ totp: totp !== undefined && totp !== 'other' }),
    passkeys: passkeys.kept,
    identities: objectsOf(configOf(credentials, 'oidc') ?? {}, 'providers').map((provider) => ({
      provider: requiredText(provider, 'provider'),
      userId: requiredText(provider, 'subject'),
      attributeName: undefined,
      issuer: undefined,
      primary: false,
      createdAt: undefined,
    })),
    leftOut: [
      ...Array<LeftOut>(passkeys.leftOut).fill('passkeys'),
      ...(totp === 'other' ? (['totp'] as const) : []),
      ...(hasCodes ? (['otherFactors'] as const) : []),
    ],
  }
}

function configOf(credentials: Json, type: string): Json | undefined {
  const credential = objectOf(credentials, type)
  return credential && objectOf(credential, 'config')
}

/** The name as one text, or as an object with a first and a last name. */
function readName(traits: Json) {
  const name = memberOf(traits, 'name')
  if (!isObject(name)) return { name: textOf(traits, 'name') }
  return { given_name: textOf(name, 'first'), family_name: textOf(name, 'last') }
}

function isVerified(record: Json, address: string): boolean {
  const isSame = (one: Json) => textOf(one, 'value')?.toLowerCase() === address.toLowerCase()
  return objectsOf(record, 'verifiable_addresses').some((one) => isSame(one) && flagOf(one, 'verified') === true)
}

function readPassword(config: Json | undefined): PasswordText | undefined {
  if (config === undefined) return undefined
  if (textOf(config, 'password') !== undefined) throw new UnreadableRecordError('Passwords that are not hashed are not imported.')
  const hash = textOf(config, 'hashed_password')
  return hash === undefined ? undefined : selfDescribingHash(hash)
}

/** `other` when the app makes other codes than those that are checked here. */
function readTotp(config: Json | undefined): ImportedTotp | undefined | 'other' {
  const text = config && textOf(config, 'totp_url')
  const url = text === undefined ? null : URL.parse(text)
  const secret = url?.searchParams.get('secret')
  if (!url || !secret) return undefined
  const parameter = (name: string) => url.searchParams.get(name) ?? undefined
  const [digits, period] = ['digits', 'period'].map((name) => Number(parameter(name) ?? (name === 'digits' ? 6 : 30)))
  return isOurScheme({ algorithm: parameter('algorithm'), digits, period }) ? totpWith(secret) : 'other'
}

/** A passkey remembers the user handle that it was made for. Here the handle is the text of the `sub`; Kratos as a rule has other handles. */
function readPasskeys(config: Json | undefined, id: string | undefined, relyingPartyId: string | undefined) {
  const credentials = objectsOf(config ?? {}, 'credentials')
  const handle = config && bytesOf(config, 'user_handle')
  if (credentials.length === 0 || handle?.toString() !== id) return { kept: [], leftOut: credentials.length }
  return { kept: credentials.map((credential) => readPasskey(credential, relyingPartyId)), leftOut: 0 }
}

function readPasskey(credential: Json, relyingPartyId: string | undefined): ImportedPasskey {
  return {
    id: (bytesOf(credential, 'id') ?? Buffer.alloc(0)).toString('base64url'),
    publicKey: bytesOf(credential, 'public_key') ?? Buffer.alloc(0),
    counter: countOf(objectOf(credential, 'authenticator') ?? {}, 'sign_count') ?? 0,
    relyingPartyId,
    transports: textsOf(credential, 'transport'),
    attachment: undefined,
    name: textOf(credential, 'display_name') ?? 'Passkey',
    createdAt: isoTimeOf(credential, 'added_at'),
    lastUsedAt: undefined,
  }
}
