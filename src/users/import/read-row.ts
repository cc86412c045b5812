import { uuidv7 } from '../../base/ids.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { requireRequiredAttributes } from '../../pools/attribute-rules.ts'
import type { ContactAttribute, Pool } from '../../pools/pool.ts'
import { draftNewUser } from '../admin/create-user-rules.ts'
import { readCognitoHash } from '../passwords/cognito-hash.ts'
import type { HashAlgorithm } from '../passwords/imported-hash.ts'
import { sealImportedHash } from '../passwords/sealed-password.ts'
import { type Attributes, isVerified, type MfaPreferences, type User } from '../user.ts'
import { nameNewUser } from '../user-names.ts'
import { readLine, splitFields } from './csv.ts'
import { hashColumn, mfaColumn, usernameColumn } from './header.ts'
import type { UserExtras } from './records/draft-extras.ts'
import type { LeftOut } from './records/imported-record.ts'
import { usernameShape } from './records/record-context.ts'

export type RowContext = {
  readonly pool: Pool
  readonly columns: readonly string[]
  readonly algorithm: HashAlgorithm | null
  readonly secrets: Secrets
  readonly now: number
}

/** The user of a row, or why the row cannot be imported. Only records of other formats than CSV have extras. */
export type ImportRow =
  | { readonly user: User; readonly extras?: UserExtras; readonly leftOut?: readonly LeftOut[] }
  | { readonly problem: string }

/** The user of a line; undefined for an empty line. Whether the user's names are free is not checked here. */
export function readRow(context: RowContext, line: Buffer): ImportRow | undefined {
  const read = readLine(line)
  if ('problem' in read) return read
  if (read.text === '') return undefined
  const fields = splitFields(read.text)
  if (fields.length !== context.columns.length) {
    return { problem: `The row has ${fields.length} fields where the header has ${context.columns.length}.` }
  }
  const values = new Map(context.columns.map((column, at) => [column, fields[at] ?? '']))
  try {
    return draftImportedUser(context, values)
  } catch (error) {
    if (error instanceof ApiError) return { problem: error.message.trim().replaceAll('\n', ' ') }
    throw error
  }
}

function draftImportedUser(context: RowContext, values: ReadonlyMap<string, string>): ImportRow {
  const { pool, now } = context
  const username = values.get(usernameColumn) ?? ''
  if (!usernameShape.test(username)) return { problem: `The row has no valid ${usernameColumn}.` }
  const sub = uuidv7(now)
  const fields = readAttributeFields(values)
  const named = nameNewUser(pool, { sub, username, attributes: fields })
  const draft = draftNewUser(pool, { sub, username, attributes: withoutUnusedFlags(fields, named.attributes) })
  requireRequiredAttributes(pool, draft.attributes)
  if (!pool.autoVerifiedAttributes.some((name) => draft.attributes[name] && isVerified(draft.attributes, name))) {
    return {
      problem: 'The User Record does not set any of the auto verified attributes to true. (Example: email_verified to true).',
    }
  }
  const mfa = readMfa(pool, draft.attributes, values.get(mfaColumn) ?? '')
  if (mfa !== null && 'problem' in mfa) return mfa
  const password = readHash(context, draft, values.get(hashColumn) ?? '')
  if (password !== null && typeof password === 'object') return password
  const status = password !== null || signsInByCode(pool, draft.attributes) ? 'CONFIRMED' : 'RESET_REQUIRED'
  return {
    user: { ...draft, status, password, enabled: true, passwordExpiresAt: null, signedOutAt: null, mfa, createdAt: now, updatedAt: now },
  }
}

/** The attributes of a row. Their names come from the header, which was checked against the schema. An empty field sets no attribute. */
function readAttributeFields(values: ReadonlyMap<string, string>): Attributes {
  const attributes: Record<string, string> = {}
  for (const [name, value] of values) {
    if (value === '' || name === usernameColumn || name === mfaColumn || name === hashColumn) continue
    if (name === 'email_verified' || name === 'phone_number_verified') attributes[name] = value.toLowerCase()
    else attributes[name] = name === 'birthdate' ? readBirthdate(value) : value
  }
  return attributes
}

/** Removes the flag `email_verified` or `phone_number_verified` when it is false and the user has no such address: files often have it. */
function withoutUnusedFlags(fields: Attributes, named: Attributes): Attributes {
  const isUnused = (contact: ContactAttribute) => fields[`${contact}_verified`] === 'false' && !named[contact]
  const unused = (['email', 'phone_number'] as const).filter(isUnused).map((contact) => `${contact}_verified`)
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !unused.includes(name)))
}

/** Turns `mm/dd/yyyy` into the attribute's format `yyyy-mm-dd` (OpenID Connect Core §5.1). Returns any other text unchanged. */
function readBirthdate(value: string): string {
  const [, month, day, year] = /^(\d\d)\/(\d\d)\/(\d{4})$/.exec(value) ?? []
  return year === undefined ? value : `${year}-${month}-${day}`
}

/** The MFA preferences of the row. A file can activate only SMS codes. */
function readMfa(pool: Pool, attributes: Attributes, field: string): MfaPreferences | null | { problem: string } {
  const value = field.toLowerCase()
  if (value !== '' && value !== 'true' && value !== 'false') return { problem: `${mfaColumn} must be true or false.` }
  if (value === 'true' && pool.mfa === 'OFF') return { problem: `${mfaColumn} is true, but MFA is off in the user pool.` }
  if (value === 'false' && pool.mfa === 'ON') return { problem: `${mfaColumn} is false, but the user pool requires MFA.` }
  if (value !== 'true' || !pool.mfaFactors.sms) return null
  if (!attributes['phone_number']) return { problem: `${mfaColumn} is true, but the row has no phone_number.` }
  return { enabled: ['SMS_MFA'], preferred: 'SMS_MFA', byOptions: false }
}

function readHash(
  { algorithm, secrets }: RowContext,
  owner: Pick<User, 'poolId' | 'sub' | 'username'>,
  hash: string,
): string | null | { problem: string } {
  if (hash === '') return null
  if (algorithm === null) return { problem: `The row has a ${hashColumn}, but the import job has no PasswordHashingAlgorithm.` }
  if (readCognitoHash(algorithm, hash) === undefined) return { problem: `The ${hashColumn} is malformed, or its cost is above the limit.` }
  return sealImportedHash(secrets, owner, { algorithm, hash })
}

function signsInByCode(pool: Pool, attributes: Attributes): boolean {
  const reachable = (name: 'email' | 'phone_number') => Boolean(attributes[name]) && isVerified(attributes, name)
  return pool.allowedFirstFactors.some(
    (factor) => (factor === 'EMAIL_OTP' && reachable('email')) || (factor === 'SMS_OTP' && reachable('phone_number')),
  )
}
