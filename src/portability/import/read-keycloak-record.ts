import type { ImportedRecord, LeftOut } from '../../users/import/records/imported-record.ts'
import { UnreadableRecordError } from '../../users/import/records/imported-record.ts'
import type { FormatReader, RecordOptions } from '../../users/import/records/record-format.ts'
import {
  blankRecord,
  definedValues,
  epochTimeOf,
  flagOf,
  flagText,
  type Json,
  objectOf,
  objectsOf,
  requiredText,
  textOf,
  textsOf,
  wrongType,
} from './fields.ts'
import { readCredentials } from './keycloak-credentials.ts'
import { mfaWith } from './totp-texts.ts'

/** Reads the users of a realm file of Keycloak. */
export const keycloakReader: FormatReader = {
  usersMember: 'users',
  read: (record, options) => ({ kind: 'user', user: readUser(record, options) }),
}

function readUser(record: Json, options: RecordOptions): ImportedRecord {
  if (textOf(record, 'serviceAccountClientId') !== undefined)
    throw new UnreadableRecordError('The record is a service account, not a user.')
  const [id, username, email] = [textOf(record, 'id'), requiredText(record, 'username'), textOf(record, 'email')]
  const { values, standard } = readAttributes(record)
  const credentials = readCredentials(objectsOf(record, 'credentials'), options.relyingPartyId)
  const mustChange = textsOf(record, 'requiredActions').includes('UPDATE_PASSWORD')
  const groups = textsOf(record, 'groups').map((path) => path.replace(/^\//, ''))
  return {
    ...blankRecord,
    ...credentials,
    id,
    usernames: [username, email, id].filter((name) => name !== undefined),
    status: mustChange && credentials.password !== undefined ? 'FORCE_CHANGE_PASSWORD' : undefined,
    enabled: flagOf(record, 'enabled') ?? true,
    createdAt: epochTimeOf(record, 'createdTimestamp'),
    attributes: new Map([
      ...definedValues({
        email,
        email_verified: email && flagText(flagOf(record, 'emailVerified') ?? false),
        given_name: textOf(record, 'firstName'),
        family_name: textOf(record, 'lastName'),
      }),
      ...standard,
    ]),
    otherValues: values,
    groups: [...new Set([...groups, ...(options.rolesAsGroups ? rolesOf(record) : [])])],
    mfa: mfaWith({ totp: credentials.totp !== undefined, passkey: credentials.hasSecurityKey }),
    identities: objectsOf(record, 'federatedIdentities').map((identity) => ({
      provider: requiredText(identity, 'identityProvider'),
      userId: requiredText(identity, 'userId'),
      attributeName: undefined,
      issuer: undefined,
      primary: false,
      createdAt: undefined,
    })),
    leftOut: credentials.leftOut satisfies readonly LeftOut[],
  }
}

/** The attributes of Keycloak's own claims, and the standard attributes for them. */
const standardNames: Readonly<Record<string, string>> = {
  phoneNumber: 'phone_number',
  phone_number: 'phone_number',
  phoneNumberVerified: 'phone_number_verified',
  phone_number_verified: 'phone_number_verified',
  locale: 'locale',
  nickname: 'nickname',
  picture: 'picture',
  website: 'website',
  gender: 'gender',
  birthdate: 'birthdate',
  zoneinfo: 'zoneinfo',
  middleName: 'middle_name',
}

function readAttributes(record: Json) {
  const standard = new Map<string, string>()
  const values: { path: string; name: string; value: string }[] = []
  for (const [name, list] of Object.entries(objectOf(record, 'attributes') ?? {})) {
    const value = attributeValue(name, list)
    const standardName = Object.hasOwn(standardNames, name) ? standardNames[name] : undefined
    if (value === undefined) continue
    if (standardName !== undefined) standard.set(standardName, value)
    else values.push({ path: `attributes.${name}`, name, value })
  }
  return { standard, values }
}

/** Keycloak's attributes are lists. A list with one text is that text; a longer one is JSON. */
function attributeValue(name: string, list: unknown): string | undefined {
  const texts = Array.isArray(list) ? list : [list]
  if (!texts.every((text): text is string => typeof text === 'string'))
    throw wrongType(`attributes.${name.slice(0, 50)}`, 'a list of texts')
  return texts.length > 1 ? JSON.stringify(texts) : texts[0] || undefined
}

/** The roles that every user of a realm has say nothing about a user. */
function rolesOf(record: Json): readonly string[] {
  return textsOf(record, 'realmRoles').filter((role) => !/^(default-roles-|offline_access$|uma_authorization$)/.test(role))
}
