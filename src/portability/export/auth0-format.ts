import { auth0Password } from './auth0-password.ts'
import { type LeftOut, type LeftOutCode, leaveOutPrivateParts } from './left-out.ts'
import { writeLastingPassword } from './password-state.ts'
import type { ExportedUser } from './user-record-of.ts'
import type { UsersFormat } from './users-format.ts'

/** Auth0 takes files of at most 500 KB. */
const maxFileBytes = 500_000

/** The attributes that have members of their own in Auth0's schema, with the most characters that Auth0 keeps of each. */
const members: Readonly<Record<string, number>> = { name: 300, given_name: 150, family_name: 150, nickname: 300, picture: 2048 }

/** The file of Auth0's bulk import: an array of users. */
export function auth0Format(): UsersFormat {
  return {
    extension: '.auth0.json',
    maxFileBytes,
    begin: () => '[\n',
    write(user, leftOut) {
      const reason = reasonToLeaveOut(user)
      if (reason !== undefined) return leave(leftOut, reason, user)
      const text = JSON.stringify(userOf(user, leftOut))
      // The brackets around the only user of a file count as well.
      if (Buffer.byteLength(text) + 8 > maxFileBytes) return leave(leftOut, 'user-too-large', user)
      leaveOutRest(user, leftOut)
      return text
    },
    separator: ',\n',
    end: () => '\n]\n',
  }
}

function leave(leftOut: LeftOut, code: LeftOutCode, user: ExportedUser): undefined {
  leftOut.add(code, user)
}

/** Users who came from an identity provider come to Auth0 in the same way: with their first sign-in. */
function reasonToLeaveOut({ status, attributes }: ExportedUser): LeftOutCode | undefined {
  if (status === 'EXTERNAL_PROVIDER') return 'user-of-provider'
  return attributes['email'] ? undefined : 'user-without-email'
}

function userOf(user: ExportedUser, leftOut: LeftOut) {
  const { attributes } = user
  const factors = factorsOf(user)
  const password = writeLastingPassword(user, leftOut, auth0Password)
  return {
    user_id: user.sub,
    email: attributes['email'],
    email_verified: attributes['email_verified'] === 'true',
    ...usernameOf(user, leftOut),
    ...Object.fromEntries(Object.entries(attributes).filter(isMember)),
    ...(!user.enabled && { blocked: true }),
    ...(password !== undefined && { custom_password_hash: password }),
    app_metadata: appMetadataOf(user, leftOut),
    user_metadata: metadataOf(user, leftOut, ([name]) => !isAppAttribute(name)),
    ...(factors.length > 0 && { mfa_factors: factors }),
  }
}

/** Auth0 takes usernames of these characters, and none that looks like an address. Its users have one only where the connection asks for it. */
function usernameOf({ username, sub, ...user }: ExportedUser, leftOut: LeftOut): { readonly username?: string } {
  if (username === sub) return {}
  const isTaken = /^[\w.!#$'`+^~@-]{1,128}$/.test(username) && !/^[^@]+@[^@]+\.[^@]+$/.test(username)
  if (!isTaken) leftOut.add('username', { username, sub, ...user })
  return isTaken ? { username } : {}
}

/** Auth0 checks these members, and keeps texts of limited length. Values that do not fit go into the metadata. */
function isMember([name, value]: readonly [string, string]): boolean {
  const max = members[name]
  if (max === undefined || value === '' || value.length > max) return false
  return name !== 'picture' || /^https?:\/\/\S+$/.test(value)
}

/** Custom attributes may decide what a user may do. So they go where the user cannot change them. */
const isAppAttribute = (name: string): boolean => name.startsWith('custom:') || name.startsWith('dev:')

function appMetadataOf(user: ExportedUser, leftOut: LeftOut) {
  return {
    ...metadataOf(user, leftOut, ([name]) => isAppAttribute(name)),
    ...(user.groups && { groups: user.groups }),
    ...(user.mergedSubs && { merged_subs: user.mergedSubs }),
  }
}

/** The attributes that have no members of their own. Auth0 refuses names with a dot or a dollar sign. */
function metadataOf(user: ExportedUser, leftOut: LeftOut, isWanted: (entry: readonly [string, string]) => boolean) {
  const others = Object.entries(user.attributes).filter(
    (entry) => !isMember(entry) && entry[0] !== 'email' && entry[0] !== 'email_verified',
  )
  const wanted = others.filter(isWanted)
  if (wanted.some(([name]) => isRefused(name))) leftOut.add('attributes', user)
  return Object.fromEntries(wanted.filter(([name]) => !isRefused(name)))
}

const isRefused = (name: string): boolean => /[.$]/.test(name)

function factorsOf({ mfa, totp, attributes }: ExportedUser): readonly object[] {
  const { phone_number: phone = '', email } = attributes
  const isEnabled = (method: string) => mfa?.enabled.some((one) => one === method)
  return [
    ...(totp === undefined ? [] : [{ totp: { secret: totp.secret } }]),
    ...(isEnabled('SMS_MFA') && /^\+\d{1,15}$/.test(phone) ? [{ phone: { value: phone } }] : []),
    ...(isEnabled('EMAIL_OTP') ? [{ email: { value: email } }] : []),
  ]
}

function leaveOutRest(user: ExportedUser, leftOut: LeftOut): void {
  if (user.status === 'UNCONFIRMED') leftOut.add('status', user)
  if (user.mfa?.passkey) leftOut.add('mfa-preferences', user)
  if (user.passkeys !== undefined) leftOut.add('passkeys', user)
  if (user.identities !== undefined) leftOut.add('identities', user)
  if (user.passwordHistory !== undefined) leftOut.add('password-history', user)
  leaveOutPrivateParts(leftOut, user)
}
