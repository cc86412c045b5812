import type { Pool } from '../../pools/pool.ts'
import type { Group } from '../../users/groups/group.ts'
import { type KeycloakCredential, keycloakHistory, keycloakOtp, keycloakPasskey, keycloakPassword } from './keycloak-credentials.ts'
import { type LeftOut, leaveOutPrivateParts } from './left-out.ts'
import { writeLastingPassword } from './password-state.ts'
import type { ExportedUser } from './user-record-of.ts'
import type { UsersFormat } from './users-format.ts'

/** The attributes that have members of their own in Keycloak's UserRepresentation. */
const members: readonly string[] = ['email', 'email_verified', 'given_name', 'family_name']

/** The names under which Keycloak's own client scopes look for attributes. Other attributes keep their names. */
const attributeNames: Readonly<Record<string, string>> = {
  middle_name: 'middleName',
  phone_number: 'phoneNumber',
  phone_number_verified: 'phoneNumberVerified',
  updated_at: 'updatedAt',
}

/** Keeps the `sub` where Keycloak gives the user a new id. */
const subAttribute = 'lifeguard_sub'

/** Groups and users in a realm representation of Keycloak. Its realm has the id of the pool as its name. */
export function keycloakFormat(pool: Pool): UsersFormat {
  return {
    extension: '.keycloak.json',
    begin: (groups) => `${JSON.stringify({ realm: pool.id, enabled: true, groups: groups.map(groupOf) }).slice(0, -1)},"users":[\n`,
    write(user, leftOut) {
      leaveOutRest(user, leftOut)
      return JSON.stringify(userOf(pool, user, leftOut))
    },
    separator: ',\n',
    end: () => '\n]}\n',
  }
}

function groupOf({ name, description, roleArn, precedence }: Group) {
  const attributes = { description, role_arn: roleArn, precedence }
  const given = Object.entries(attributes).filter(([, value]) => value !== null)
  return { name, path: pathOf(name), attributes: Object.fromEntries(given.map(([key, value]) => [key, [String(value)]])) }
}

/** In a path, Keycloak writes a slash that belongs to a name as `~/`. */
const pathOf = (name: string): string => `/${name.replaceAll('/', '~/')}`

function userOf(pool: Pool, user: ExportedUser, leftOut: LeftOut) {
  const { attributes, sub } = user
  const password = writeLastingPassword(user, leftOut, (read) => keycloakPassword(read))
  const actions = requiredActions(user, password)
  return {
    id: sub,
    username: pool.usernameAttributes.map((name) => attributes[name]).find(Boolean) ?? user.username,
    createdTimestamp: Date.parse(user.createdAt),
    enabled: user.enabled,
    emailVerified: attributes['email_verified'] === 'true',
    ...(attributes['email'] && { email: attributes['email'] }),
    ...(attributes['given_name'] && { firstName: attributes['given_name'] }),
    ...(attributes['family_name'] && { lastName: attributes['family_name'] }),
    attributes: attributesOf(user),
    credentials: credentialsOf(user, password),
    ...(user.groups && { groups: user.groups.map(pathOf) }),
    ...(user.identities && { federatedIdentities: federatedIdentities(user, leftOut) }),
    ...(actions.length > 0 && { requiredActions: actions }),
  }
}

function attributesOf({ attributes, sub, mergedSubs = [] }: ExportedUser): Record<string, readonly string[]> {
  const others = Object.entries(attributes).filter(([name]) => !members.includes(name))
  return {
    ...Object.fromEntries(others.map(([name, value]) => [attributeNames[name] ?? name, [value]])),
    [subAttribute]: [sub],
    ...(mergedSubs.length > 0 && { merged_subs: mergedSubs }),
  }
}

function credentialsOf(user: ExportedUser, password: KeycloakCredential | undefined): readonly KeycloakCredential[] {
  return [
    ...(password === undefined ? [] : [password]),
    ...keycloakHistory(user),
    ...(user.totp === undefined ? [] : [keycloakOtp(user.totp)]),
    ...(user.passkeys ?? []).map(keycloakPasskey),
  ]
}

/** What Keycloak demands of the user at the next sign-in. */
function requiredActions(user: ExportedUser, password: KeycloakCredential | undefined): readonly string[] {
  const isReset = user.status === 'RESET_REQUIRED' || user.status === 'FORCE_CHANGE_PASSWORD'
  const needsPassword = isReset || (user.password !== undefined && password === undefined)
  return [
    ...(needsPassword ? ['UPDATE_PASSWORD'] : []),
    ...(user.status === 'UNCONFIRMED' && user.attributes['email'] ? ['VERIFY_EMAIL'] : []),
  ]
}

/** Keycloak finds the user of an identity by the subject. An identity that is linked by another attribute is left out. */
function federatedIdentities(user: ExportedUser, leftOut: LeftOut) {
  return (user.identities ?? []).flatMap(({ provider, userId, attributeName }) => {
    if (attributeName === undefined) return [{ identityProvider: provider, userId, userName: userId }]
    leftOut.add('identities', user)
    return []
  })
}

function leaveOutRest(user: ExportedUser, leftOut: LeftOut): void {
  if (user.status === 'UNCONFIRMED' && !user.attributes['email']) leftOut.add('status', user)
  if (user.mfa?.enabled.some((method) => method !== 'SOFTWARE_TOKEN_MFA') || user.mfa?.passkey) leftOut.add('mfa-preferences', user)
  if (keycloakHistory(user).length < (user.passwordHistory?.length ?? 0)) leftOut.add('password-history', user)
  leaveOutPrivateParts(leftOut, user)
}
