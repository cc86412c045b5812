import { createHash } from 'node:crypto'
import { checkAttributes } from '../../pools/attribute-rules.ts'
import type { Pool } from '../../pools/pool.ts'
import { identitiesOf, type LinkedIdentity, withIdentities } from '../linked-identities/linked-identity.ts'
import { atFormerPool } from '../passwords/at-former-pool.ts'
import type { Attributes, User, UserStatus } from '../user.ts'
import { type FormerAppRole, mfaHere } from './former-mfa.ts'

/** A user as the former pool shows them in ListUsers, AdminGetUser or GetUser. */
export type ShownUser = {
  readonly Username?: string | undefined
  readonly Attributes?: readonly ShownAttribute[] | undefined
  readonly UserAttributes?: readonly ShownAttribute[] | undefined
  readonly UserStatus?: string | undefined
  readonly Enabled?: boolean | undefined
  readonly UserCreateDate?: Date | undefined
  readonly UserLastModifiedDate?: Date | undefined
  readonly MFAOptions?: readonly { readonly DeliveryMedium?: string | undefined }[] | undefined
  readonly UserMFASettingList?: readonly string[] | undefined
  readonly PreferredMfaSetting?: string | undefined
}

type ShownAttribute = { readonly Name?: string | undefined; readonly Value?: string | undefined }

/** The user that is stored here, and what became of an authenticator app there, whose secret nobody shows. */
export type DraftedUser = { readonly user: User; readonly app: FormerAppRole }

const statuses: readonly string[] = [
  'UNCONFIRMED',
  'CONFIRMED',
  'FORCE_CHANGE_PASSWORD',
  'RESET_REQUIRED',
  'EXTERNAL_PROVIDER',
] satisfies UserStatus[]

/** The `sub` of a user of the former pool; undefined when it does not show a valid one. */
export function subOf(shown: ShownUser): string | undefined {
  const sub = attributesOf(shown)['sub']
  return sub !== undefined && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(sub) ? sub : undefined
}

/**
 * The user as this pool stores them, with the same `sub` and dates. The password stays at the former pool. Statuses that nobody can sign in
 * with there become RESET_REQUIRED.
 * @throws ApiError InvalidParameterException when the pool does not allow an attribute
 */
export function draftFormerUser(pool: Pool, shown: ShownUser, now: number): DraftedUser {
  const sub = subOf(shown)
  const username = shown.Username
  if (sub === undefined || username === undefined) throw new Error('The former pool shows a user without a name or a valid sub.')
  const { sub: _sub, identities, ...rest } = attributesOf(shown)
  checkAttributes(pool, rest)
  const attributes = withIdentities(rest, readIdentities(identities))
  const status = (statuses.includes(shown.UserStatus ?? '') ? shown.UserStatus : 'RESET_REQUIRED') as UserStatus
  const createdAt = shown.UserCreateDate?.getTime() ?? now
  const { mfa, app } = mfaHere(pool, { attributes, mfa: null }, shown)
  // The former pool asks for the app only after a new password, which is set here.
  const needsReset = app === 'only-factor' && status === 'FORCE_CHANGE_PASSWORD'
  return {
    user: {
      poolId: pool.id,
      sub,
      username,
      attributes,
      status: needsReset ? 'RESET_REQUIRED' : status,
      enabled: shown.Enabled ?? true,
      password: status === 'EXTERNAL_PROVIDER' || status === 'RESET_REQUIRED' ? null : atFormerPool,
      passwordExpiresAt: null,
      signedOutAt: null,
      createdAt,
      updatedAt: shown.UserLastModifiedDate?.getTime() ?? createdAt,
      mfa,
    },
    app,
  }
}

/** The attributes with a value. */
function attributesOf({ Attributes, UserAttributes }: ShownUser): Attributes {
  const all = (Attributes ?? UserAttributes ?? []).map(({ Name = '', Value = '' }) => [Name, Value] as const)
  return Object.fromEntries(all.filter(([name, value]) => name !== '' && value !== ''))
}

/** The linked identities from the attribute `identities`, in which Cognito writes times as text and leaves members null. */
function readIdentities(text: string | undefined): readonly LinkedIdentity[] {
  const listed: unknown = text === undefined ? [] : JSON.parse(text)
  if (!Array.isArray(listed)) return []
  return listed.map((each: Record<string, unknown>) => ({
    providerName: String(each['providerName']),
    providerType: String(each['providerType']),
    userId: String(each['userId']),
    ...(typeof each['attributeName'] === 'string' && { attributeName: each['attributeName'] }),
    ...(typeof each['issuer'] === 'string' && { issuer: each['issuer'] }),
    primary: String(each['primary']) === 'true',
    dateCreated: Number(each['dateCreated']) || 0,
  }))
}

/** What a copy compares of a user, by name. An address and its flag are one thing, because a flag says nothing about another address. */
export function fieldsOf({ attributes, enabled, status, mfa }: User): ReadonlyMap<string, string> {
  const { email, email_verified, phone_number, phone_number_verified, ...others } = attributes
  const fields = new Map<string, string>(Object.entries(others).map(([name, value]) => [`attribute:${name}`, value]))
  if (email !== undefined) fields.set('email', JSON.stringify([email, email_verified]))
  if (phone_number !== undefined) fields.set('phone_number', JSON.stringify([phone_number, phone_number_verified]))
  if (others['identities'] !== undefined) fields.set('attribute:identities', JSON.stringify(identitiesOf(attributes)))
  if (mfa !== null) fields.set('mfa', JSON.stringify([mfa.enabled, mfa.preferred]))
  return fields.set('enabled', String(enabled)).set('status', status)
}

/** The digests of the fields. They only tell equal from different, so they are short. */
export function baseOf(user: User): Readonly<Record<string, string>> {
  return Object.fromEntries([...fieldsOf(user)].map(([name, value]) => [name, digestOf(value)]))
}

export function digestOf(value: string): string {
  return createHash('sha256').update(value).digest('base64url').slice(0, 16)
}
