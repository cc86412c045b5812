import type { ContactAttribute, Pool } from '../../pools/pool.ts'
import { columnsOf, hashColumn, mfaColumn, usernameColumn } from '../../users/import/header.ts'
import type { HashAlgorithm } from '../../users/passwords/imported-hash.ts'
import { isVerified } from '../../users/user.ts'
import { cognitoHashText } from './cognito-hash-text.ts'
import { type LeftOut, type LeftOutCode, leaveOutPrivateParts } from './left-out.ts'
import { hasLastingPassword, writeLastingPassword } from './password-state.ts'
import type { ExportedUser } from './user-record-of.ts'
import type { UsersFormat } from './users-format.ts'

/** The most characters in a row, which is Cognito's limit. */
const maxRowCharacters = 16_000

/**
 * The file that Cognito's import jobs take, with all columns of GetCSVHeader. Without `algorithm` the column of hashes is empty.
 *
 * @param algorithm the PasswordHashingAlgorithm of the job. A file has hashes of one algorithm only
 */
export function cognitoCsvFormat(pool: Pool, algorithm: HashAlgorithm | undefined): UsersFormat {
  const columns = columnsOf(pool)
  return {
    extension: '.cognito.csv',
    begin: () => `${columns.map(escapeCommas).join(',')}\n`,
    write(user, leftOut) {
      const reason = reasonToLeaveOut(pool, user)
      if (reason !== undefined) return leave(leftOut, reason, user)
      const fields = fieldsOf(pool, user, leftOut)
      if (algorithm !== undefined) {
        const hash = writeLastingPassword(user, leftOut, (read) => cognitoHashText(algorithm, read))
        if (hash !== undefined) fields.set(hashColumn, hash)
      } else if (hasLastingPassword(user)) {
        leftOut.add(user.password?.algorithm === 'SRP' ? 'password-srp' : 'password-algorithm', user)
      }
      const row = columns.map((column) => escapeCommas(fields.get(column) ?? '')).join(',')
      if ([...row].length > maxRowCharacters) return leave(leftOut, 'user-too-large', user)
      leaveOutRest(user, leftOut)
      return `${row}\n`
    },
    separator: '',
    end: () => '',
  }
}

function leave(leftOut: LeftOut, code: LeftOutCode, user: ExportedUser): undefined {
  leftOut.add(code, user)
}

/** An import confirms and enables every user. So users who must not sign in here do not go into the file. */
function reasonToLeaveOut(pool: Pool, user: ExportedUser): LeftOutCode | undefined {
  if (!user.enabled) return 'user-disabled'
  if (user.status === 'UNCONFIRMED') return 'user-unconfirmed'
  if (user.status === 'EXTERNAL_PROVIDER') return 'user-of-provider'
  const verified: readonly ContactAttribute[] =
    pool.autoVerifiedAttributes.length > 0 ? pool.autoVerifiedAttributes : ['email', 'phone_number']
  const isReachable = (name: ContactAttribute) => Boolean(user.attributes[name]) && isVerified(user.attributes, name)
  if (!verified.some(isReachable)) return 'user-without-address'
  return isWritable(usernameOf(pool, user)) ? undefined : 'user-name'
}

/** In a pool whose users sign in with an address, the address is the username of the file. */
function usernameOf(pool: Pool, user: ExportedUser): string {
  const address = pool.usernameAttributes.map((name) => user.attributes[name]).find(Boolean)
  return address ?? user.username
}

function fieldsOf(pool: Pool, user: ExportedUser, leftOut: LeftOut): Map<string, string> {
  const fields = new Map<string, string>([
    [usernameColumn, usernameOf(pool, user)],
    [mfaColumn, mfaField(pool, user)],
  ])
  for (const [name, value] of Object.entries(user.attributes)) {
    if (isWritable(value) && !fields.has(name)) fields.set(name, name === 'birthdate' ? writeBirthdate(value) : value)
    else leftOut.add('attributes', user)
  }
  return fields
}

/**
 * A file has no way to write a line end. A backslash at the end of a field would escape the comma that follows. NUL characters are refused.
 */
const isWritable = (value: string): boolean => !/[\r\n\0]|\\$/.test(value)

/** A comma inside a field is written `\,`. Quotation marks and other backslashes stand for themselves. */
const escapeCommas = (value: string): string => value.replaceAll(',', '\\,')

/** Turns `yyyy-mm-dd` (OpenID Connect Core §5.1) into the `mm/dd/yyyy` of the file. Returns any other text unchanged. */
function writeBirthdate(value: string): string {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(value) ?? []
  return year === undefined ? value : `${month}/${day}/${year}`
}

/** A file activates SMS codes at most. Empty where `false` would be refused, because the pool requires MFA. */
function mfaField(pool: Pool, user: ExportedUser): string {
  if (user.mfa?.enabled.includes('SMS_MFA') && user.attributes['phone_number'] && pool.mfa !== 'OFF') return 'true'
  return pool.mfa === 'ON' ? '' : 'false'
}

function leaveOutRest(user: ExportedUser, leftOut: LeftOut): void {
  leftOut.add('sub', user)
  if (user.groups !== undefined) leftOut.add('groups', user)
  if (user.mfa?.enabled.some((method) => method !== 'SMS_MFA') || user.mfa?.passkey) leftOut.add('mfa-preferences', user)
  if (user.totp !== undefined) leftOut.add('totp', user)
  if (user.passkeys !== undefined) leftOut.add('passkeys', user)
  if (user.identities !== undefined) leftOut.add('identities', user)
  if (user.passwordHistory !== undefined) leftOut.add('password-history', user)
  leaveOutPrivateParts(leftOut, user)
}
