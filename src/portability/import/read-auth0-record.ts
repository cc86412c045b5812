import { isObject } from '../../base/is-object.ts'
import type { ImportedIdentity, ImportedRecord, LeftOut, PasswordText } from '../../users/import/records/imported-record.ts'
import type { FormatReader } from '../../users/import/records/record-format.ts'
import { readCustomHash } from './auth0-hash.ts'
import {
  blankRecord,
  definedValues,
  flagOf,
  flagText,
  isoTimeOf,
  type Json,
  memberOf,
  objectOf,
  objectsOf,
  otherValuesOf,
  textOf,
} from './fields.ts'
import { selfDescribingHash } from './password-texts.ts'
import { mfaWith, totpWith } from './totp-texts.ts'

/**
 * Reads users of Auth0: the lines of an export of users, the lines of an export of password hashes, and the list that its bulk import takes.
 */
export const auth0Reader: FormatReader = { usersMember: undefined, read: (record) => ({ kind: 'user', user: readUser(record) }) }

function readUser(record: Json): ImportedRecord {
  const id = idOf(record)
  const [email, phone, username] = ['email', 'phone_number', 'username'].map((name) => textOf(record, name))
  const factors = readFactors(record)
  const { identities, leftOut } = readIdentities(record)
  const phoneNumber = phone ?? factors.phone
  return {
    ...blankRecord,
    id,
    usernames: [username, email, phone, id].filter((name) => name !== undefined),
    enabled: flagOf(record, 'blocked') !== true,
    createdAt: timeOf(record, 'created_at'),
    updatedAt: timeOf(record, 'updated_at'),
    attributes: definedValues({
      email,
      email_verified: email && flagText(flagOf(record, 'email_verified') ?? false),
      phone_number: phoneNumber,
      phone_number_verified: phoneNumber && flagText(flagOf(record, 'phone_verified') ?? phone === undefined),
      name: textOf(record, 'name'),
      given_name: textOf(record, 'given_name'),
      family_name: textOf(record, 'family_name'),
      nickname: textOf(record, 'nickname'),
      picture: textOf(record, 'picture'),
      locale: textOf(record, 'locale'),
    }),
    otherValues: ['user_metadata', 'app_metadata'].flatMap((name) => otherValuesOf(objectOf(record, name), name)),
    password: readPassword(record),
    totp: factors.totp === undefined ? undefined : totpWith(factors.totp),
    mfa: mfaWith({ totp: factors.totp !== undefined, sms: factors.phone !== undefined, email: factors.email }),
    identities,
    leftOut,
  }
}

/** The id with its connection: `auth0|…`. The list of a bulk import, and the export of hashes, leave `auth0|` out. */
function idOf(record: Json): string | undefined {
  const given = textOf(record, 'user_id')
  if (given !== undefined) return given
  const id = memberOf(record, '_id')
  const text = isObject(id) ? textOf(id, '$oid') : textOf(record, '_id')
  return text === undefined || text.includes('|') ? text : `auth0|${text}`
}

/** A time, or MongoDB's form of it. */
function timeOf(record: Json, name: string): number | undefined {
  const value = memberOf(record, name)
  return isObject(value) ? isoTimeOf(value, '$date') : isoTimeOf(record, name)
}

function readPassword(record: Json): PasswordText | undefined {
  const bcrypt = textOf(record, 'passwordHash') ?? textOf(record, 'password_hash')
  if (bcrypt !== undefined) return selfDescribingHash(bcrypt)
  const custom = objectOf(record, 'custom_password_hash')
  return custom && readCustomHash(custom)
}

function readFactors(record: Json) {
  let totp: string | undefined
  let phone: string | undefined
  let email = false
  for (const factor of objectsOf(record, 'mfa_factors')) {
    const app = objectOf(factor, 'totp')
    const sms = objectOf(factor, 'phone')
    if (app !== undefined) totp ??= textOf(app, 'secret')
    if (sms !== undefined) phone ??= textOf(sms, 'value')
    if (objectOf(factor, 'email') !== undefined) email = true
  }
  return { totp, phone, email }
}

/** Auth0's names of social providers, and the names that such providers have in a pool. */
const providerNames: Readonly<Record<string, string>> = {
  'google-oauth2': 'Google',
  facebook: 'Facebook',
  apple: 'SignInWithApple',
  amazon: 'LoginWithAmazon',
}

/** Ways to sign in at Auth0 itself. */
const ownProviders: readonly string[] = ['auth0', 'email', 'sms']

function readIdentities(record: Json): { identities: readonly ImportedIdentity[]; leftOut: readonly LeftOut[] } {
  const foreign = objectsOf(record, 'identities').filter((identity) => !ownProviders.includes(textOf(identity, 'provider') ?? ''))
  const identities = foreign.flatMap((identity): ImportedIdentity[] => {
    const [name, connection, value] = [textOf(identity, 'provider'), textOf(identity, 'connection'), memberOf(identity, 'user_id')]
    const userId = typeof value === 'number' ? String(value) : textOf(identity, 'user_id')
    const provider = name !== undefined && Object.hasOwn(providerNames, name) ? providerNames[name] : (connection ?? name)
    if (provider === undefined || userId === undefined) return []
    return [{ provider, userId, attributeName: undefined, issuer: undefined, primary: false, createdAt: undefined }]
  })
  return { identities, leftOut: Array<LeftOut>(foreign.length - identities.length).fill('identities') }
}
