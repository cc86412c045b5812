import type { ImportedRecord, ImportedTotp, LeftOut, PasswordText } from '../../users/import/records/imported-record.ts'
import type { FormatReader, RecordOptions } from '../../users/import/records/record-format.ts'
import {
  blankRecord,
  bytesOf,
  countOf,
  definedValues,
  epochTimeOf,
  flagOf,
  flagText,
  type Json,
  objectOf,
  objectsOf,
  otherValuesOf,
  requiredText,
  textOf,
  textsOf,
} from './fields.ts'
import { digestText, hmacText, pbkdf2Text, phpassText, selfDescribingHash, unknownAlgorithm } from './password-texts.ts'
import { base32Of, isOurScheme, mfaWith, totpWith } from './totp-texts.ts'

/** Reads the users of FusionAuth, in the form of its import requests and of its user objects. */
export const fusionAuthReader: FormatReader = {
  usersMember: 'users',
  read: (record, options) => ({ kind: 'user', user: readUser(record, options) }),
}

function readUser(record: Json, { rolesAsGroups }: RecordOptions): ImportedRecord {
  const [id, username, email] = ['id', 'username', 'email'].map((name) => textOf(record, name))
  const phone = textOf(record, 'phoneNumber') ?? textOf(record, 'mobilePhone')
  const factors = readFactors(record)
  const roles = objectsOf(record, 'registrations').flatMap((registration) => textsOf(registration, 'roles'))
  const groups = objectsOf(record, 'memberships').map((membership) => requiredText(membership, 'groupId'))
  const password = readPassword(record)
  return {
    ...blankRecord,
    id,
    usernames: [username, email, phone, id].filter((name) => name !== undefined),
    status: password !== undefined && flagOf(record, 'passwordChangeRequired') ? 'FORCE_CHANGE_PASSWORD' : undefined,
    enabled: flagOf(record, 'active') ?? true,
    createdAt: epochTimeOf(record, 'insertInstant'),
    updatedAt: epochTimeOf(record, 'lastUpdateInstant'),
    attributes: definedValues({
      email,
      email_verified: email && flagText(isVerified(record, 'email')),
      phone_number: phone,
      phone_number_verified: phone && flagText(isVerified(record, 'phoneNumber')),
      name: textOf(record, 'fullName'),
      given_name: textOf(record, 'firstName'),
      middle_name: textOf(record, 'middleName'),
      family_name: textOf(record, 'lastName'),
      birthdate: textOf(record, 'birthDate'),
      picture: textOf(record, 'imageUrl'),
      zoneinfo: textOf(record, 'timezone'),
      locale: textsOf(record, 'preferredLanguages')[0],
    }),
    otherValues: otherValuesOf(objectOf(record, 'data'), 'data'),
    groups: [...new Set([...groups, ...(rolesAsGroups ? roles : [])])],
    password,
    totp: factors.totp,
    mfa: mfaWith({ ...factors, totp: factors.totp !== undefined }),
    leftOut: factors.leftOut,
  }
}

/** Whether the address of this kind is verified. Older versions have one flag, for the e-mail address. */
function isVerified(record: Json, type: 'email' | 'phoneNumber'): boolean {
  const identity = objectsOf(record, 'identities').find((one) => textOf(one, 'type') === type)
  if (identity !== undefined) return flagOf(identity, 'verified') ?? false
  return type === 'email' && (flagOf(record, 'verified') ?? false)
}

function readPassword(record: Json): PasswordText | undefined {
  const text = textOf(record, 'password')
  if (text === undefined) return undefined
  const scheme = requiredText(record, 'encryptionScheme')
  const factor = countOf(record, 'factor') ?? 1
  if (scheme === 'bcrypt') return selfDescribingHash(`$2a$${String(factor).padStart(2, '0')}$${textOf(record, 'salt') ?? ''}${text}`)
  // Neither the salt nor the hash of phpass is in base64.
  const phpass = { salt: textOf(record, 'salt') ?? '', rounds: factor, hash: text }
  if (scheme === 'phpass-md5') return phpassText('md5', phpass)
  if (scheme === 'phpass-sha512') return phpassText('sha512', phpass)
  const [salt, key] = [bytesOf(record, 'salt') ?? Buffer.alloc(0), bytesOf(record, 'password') ?? Buffer.alloc(0)]
  switch (scheme) {
    case 'salted-pbkdf2-hmac-sha256':
    case 'salted-pbkdf2-hmac-sha256-512':
      return pbkdf2Text('sha256', factor, salt, key)
    case 'salted-pbkdf2-hmac-sha512-512':
      return pbkdf2Text('sha512', factor, salt, key)
    case 'salted-sha256':
      return digestText('sha256', { salt, place: 'suffix', rounds: factor, key })
    case 'salted-md5':
      return digestText('md5', { salt, place: 'suffix', rounds: factor, key })
    case 'salted-hmac-sha256':
      return hmacText('sha256', salt, key)
    default:
      throw unknownAlgorithm()
  }
}

/** The second factors. Of several apps the first one is taken over. */
function readFactors(record: Json) {
  let totp: ImportedTotp | undefined
  const leftOut: LeftOut[] = []
  const methods = objectsOf(objectOf(record, 'twoFactor') ?? {}, 'methods')
  const has = (name: string) => methods.some((method) => textOf(method, 'method') === name)
  for (const method of methods) {
    const kind = textOf(method, 'method')
    if (kind === 'sms' || kind === 'email') continue
    const secret = kind === 'authenticator' && totp === undefined ? bytesOf(method, 'secret') : undefined
    const settings = objectOf(method, 'authenticator') ?? {}
    const scheme = {
      algorithm: textOf(settings, 'algorithm'),
      digits: countOf(settings, 'codeLength'),
      period: countOf(settings, 'timeStep'),
    }
    if (secret === undefined) leftOut.push('otherFactors')
    else if (isOurScheme(scheme)) totp = totpWith(base32Of(secret))
    else leftOut.push('totp')
  }
  return { totp, sms: has('sms'), email: has('email'), leftOut }
}
