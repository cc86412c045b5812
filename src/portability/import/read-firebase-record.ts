import type { ImportedIdentity, ImportedRecord, PasswordText } from '../../users/import/records/imported-record.ts'
import { UnreadableRecordError } from '../../users/import/records/imported-record.ts'
import type { FirebaseHash, FormatReader, RecordOptions } from '../../users/import/records/record-format.ts'
import {
  blankRecord,
  bytesOf,
  definedValues,
  epochTimeOf,
  flagOf,
  flagText,
  type Json,
  objectInText,
  objectsOf,
  otherValuesOf,
  requiredText,
  textOf,
} from './fields.ts'
import { mfaWith } from './totp-texts.ts'

/** Reads the file that `firebase auth:export` writes as JSON. */
export const firebaseReader: FormatReader = {
  usersMember: 'users',
  read: (record, options) => ({ kind: 'user', user: readUser(record, options) }),
}

function readUser(record: Json, { firebaseHash }: RecordOptions): ImportedRecord {
  const id = requiredText(record, 'localId')
  const email = textOf(record, 'email')
  const phones = objectsOf(record, 'mfaInfo').flatMap((factor) => textOf(factor, 'phoneInfo') ?? [])
  const phone = textOf(record, 'phoneNumber') ?? phones[0]
  const others = objectsOf(record, 'mfaInfo').length - phones.filter((number) => number === phone).length
  return {
    ...blankRecord,
    id,
    usernames: [email, phone, id].filter((name) => name !== undefined),
    enabled: flagOf(record, 'disabled') !== true,
    createdAt: epochTimeOf(record, 'createdAt'),
    attributes: definedValues({
      email,
      email_verified: email && flagText(flagOf(record, 'emailVerified') ?? false),
      phone_number: phone,
      // Firebase has only phone numbers that a code has verified.
      phone_number_verified: phone && 'true',
      name: textOf(record, 'displayName'),
      picture: textOf(record, 'photoUrl') ?? textOf(record, 'photoURL'),
    }),
    otherValues: otherValuesOf(objectInText(record, 'customAttributes'), 'customAttributes'),
    password: readPassword(record, firebaseHash),
    // Codes go to the only number that a user has here. A second factor at another number cannot come.
    mfa: mfaWith({ totp: false, sms: phone !== undefined && phones.includes(phone) }),
    identities: objectsOf(record, 'providerUserInfo').flatMap(readIdentity),
    leftOut: Array<'otherFactors'>(others).fill('otherFactors'),
  }
}

function readPassword(record: Json, parameters: FirebaseHash | undefined): PasswordText | undefined {
  const hash = bytesOf(record, 'passwordHash')
  if (hash === undefined) return undefined
  if (parameters === undefined) {
    throw new UnreadableRecordError("The record has a password hash, but the job does not have the project's hash parameters.")
  }
  const salt = bytesOf(record, 'salt') ?? Buffer.alloc(0)
  const { memoryCost, rounds, saltSeparator, signerKey } = parameters
  const fields = [`ln=${memoryCost},r=${rounds},p=1`, salt.toString('base64'), hash.toString('base64'), saltSeparator, signerKey]
  return { algorithm: 'FIREBASE_SCRYPT', hash: `$firescrypt$${fields.join('$')}` }
}

/** Firebase's ids of providers, and the names that such providers have in a pool. */
const providerNames: Readonly<Record<string, string>> = {
  'google.com': 'Google',
  'facebook.com': 'Facebook',
  'apple.com': 'SignInWithApple',
}

function readIdentity(info: Json): ImportedIdentity[] {
  const [id, userId] = [textOf(info, 'providerId'), textOf(info, 'rawId')]
  if (id === undefined || userId === undefined || id === 'password' || id === 'phone') return []
  const provider = Object.hasOwn(providerNames, id) ? (providerNames[id] ?? id) : id.replace(/^(oidc|saml)\./, '')
  return [{ provider, userId, attributeName: undefined, issuer: undefined, primary: false, createdAt: undefined }]
}
