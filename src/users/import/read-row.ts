import { uuidv7 } from '../../base/ids.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { requireRequiredAttributes } from '../../pools/attribute-rules.ts'
import type { ContactAttribute, Pool } from '../../pools/pool.ts'
import { draftNewUser } from '../admin/create-user-rules.ts'
import { nameNewUser } from '../new-user-names.ts'
import { type HashAlgorithm, readImportedHash } from '../passwords/imported-hash.ts'
import { sealImportedHash } from '../passwords/sealed-import.ts'
import { type Attributes, isVerified, type MfaPreferences, type User } from '../user.ts'
import { readLine, splitFields } from './csv.ts'
import { hashColumn, mfaColumn, usernameColumn } from './header.ts'

/** What rows are read by. */
export type RowContext = {
  readonly pool: Pool
  readonly columns: readonly string[]
  readonly algorithm: HashAlgorithm | null
  readonly secrets: Secrets
  readonly now: number
}

/** A user as the row says, or why there can be none. */
export type ReadRow = { readonly user: User } | { readonly problem: string }

/** Undefined for an empty line. Whether the names are free is not known yet. */
export function readRow(context: RowContext, line: Buffer): ReadRow | undefined {
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

/** As in the API. */
const usernameShape = /^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$/u

function draftImportedUser(context: RowContext, values: ReadonlyMap<string, string>): ReadRow {
  const { pool, now } = context
  const username = values.get(usernameColumn) ?? ''
  if (!usernameShape.test(username)) return { problem: `The row has no valid ${usernameColumn}.` }
  const sub = uuidv7(now)
  const fields = readAttributeFields(values)
  const named = nameNewUser(pool, { sub, username, attributes: fields })
  const draft = draftNewUser(pool, { sub, username, attributes: withoutIdleFlags(fields, named.attributes) })
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

/** Names come from the header, which has been checked against the schema; an empty field says nothing. */
function readAttributeFields(values: ReadonlyMap<string, string>): Attributes {
  const attributes: Record<string, string> = {}
  for (const [name, value] of values) {
    if (value === '' || name === usernameColumn || name === mfaColumn || name === hashColumn) continue
    if (name === 'email_verified' || name === 'phone_number_verified') attributes[name] = value.toLowerCase()
    else attributes[name] = name === 'birthdate' ? readBirthdate(value) : value
  }
  return attributes
}

/** FALSE where the user has no address is how the column of a flag is usually filled; it says nothing. */
function withoutIdleFlags(fields: Attributes, named: Attributes): Attributes {
  const isIdle = (contact: ContactAttribute) => fields[`${contact}_verified`] === 'false' && !named[contact]
  const idle = (['email', 'phone_number'] as const).filter(isIdle).map((contact) => `${contact}_verified`)
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !idle.includes(name)))
}

/** The file says `mm/dd/yyyy`, the attribute is `yyyy-mm-dd` (OpenID Connect Core §5.1), which is taken as well. */
function readBirthdate(value: string): string {
  const [, month, day, year] = /^(\d\d)\/(\d\d)\/(\d{4})$/.exec(value) ?? []
  return year === undefined ? value : `${year}-${month}-${day}`
}

/** Whether the user is asked for codes by SMS, which is the only factor that a file can speak of. */
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
  if (algorithm === null) return { problem: `The row has a ${hashColumn}, but the import job does not say how it was made.` }
  if (readImportedHash(algorithm, hash) === undefined) return { problem: `The ${hashColumn} is malformed or costs too much.` }
  return sealImportedHash(secrets, owner, { algorithm, hash })
}

function signsInByCode(pool: Pool, attributes: Attributes): boolean {
  const reachable = (name: 'email' | 'phone_number') => Boolean(attributes[name]) && isVerified(attributes, name)
  return pool.allowedFirstFactors.some(
    (factor) => (factor === 'EMAIL_OTP' && reachable('email')) || (factor === 'SMS_OTP' && reachable('phone_number')),
  )
}
