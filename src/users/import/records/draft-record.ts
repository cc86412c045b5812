import { uuidv7 } from '../../../base/ids.ts'
import { ApiError } from '../../../contract/api-error.ts'
import { requireNoAliasFormat, requireRequiredAttributes } from '../../../pools/attribute-rules.ts'
import { extensionsOf } from '../../../pools/extensions/pool-extensions.ts'
import { contactOf, mfaMethodsOf } from '../../../pools/mfa/mfa-methods.ts'
import type { Pool } from '../../../pools/pool.ts'
import { quotaExceeded } from '../../../pools/quotas.ts'
import { draftNewUser } from '../../admin/create-user-rules.ts'
import { type LinkedIdentity, withIdentities } from '../../linked-identities/linked-identity.ts'
import { maxMergedSubs, withMergedSubs } from '../../merging/merged-subs.ts'
import { passkeyCountsAsMfa } from '../../passkeys/passkey.ts'
import { atFormerPool } from '../../passwords/at-former-pool.ts'
import { isImportAlgorithm, readImportedHash } from '../../passwords/imported-hash.ts'
import { type PasswordOwner, sealImportedHash } from '../../passwords/sealed-password.ts'
import { isVerified, type MfaPreferences, type User, type UserStatus } from '../../user.ts'
import { draftExtras, type UserExtras } from './draft-extras.ts'
import { type ImportedRecord, type LeftOut, type PasswordText, UnreadableRecordError } from './imported-record.ts'
import { attributesOf, type RawRecord } from './record-attributes.ts'
import { isSub, type RecordContext, usernameShape } from './record-context.ts'

/** A user to be stored, and what belongs to the user. */
export type DraftedRecord = {
  readonly user: User
  readonly extras: UserExtras
  readonly leftOut: readonly LeftOut[]
}

/**
 * The user of a record. Whether the names and the `sub` are free is not checked here.
 *
 * @throws UnreadableRecordError or ApiError when the pool does not allow the user
 */
export function draftRecord(context: RecordContext, record: ImportedRecord, raw: RawRecord): DraftedRecord {
  const { pool, options, now } = context
  const leftOut: LeftOut[] = [...record.leftOut]
  const given = attributesOf(pool, options, record, raw)
  leftOut.push(...given.leftOut)
  const keepsId = record.id !== undefined && isSub(record.id)
  const sub = keepsId ? (record.id as string) : uuidv7(now)
  const username = chooseUsername(context, record, given.attributes, sub)
  const withId = attributesWithId(context, record, { attributes: given.attributes, keepsId, username, leftOut })
  const draft = draftNewUser(pool, { sub, username, attributes: withId })
  requireRequiredAttributes(pool, draft.attributes)

  const identities = readIdentities(context, record, leftOut)
  const { extras, leftOut: extrasLeftOut } = draftExtras(context, record, { ...draft, keepsId })
  leftOut.push(...extrasLeftOut)
  const withoutPassword = keepsId && isAskedFor(context, record) ? atFormerPool : null
  const password = record.password === undefined ? withoutPassword : sealHash(context, draft, record.password)
  const givenStatus = statusOf(context, record, { draft, password, identities, extras })
  const createdAt = Math.min(record.createdAt ?? now, now)
  const attributes = withIdentities(withMerged(draft.attributes, record), identities)
  const { status, mfa } = withoutLostFactors(context, record, { attributes, extras, leftOut }, givenStatus)
  const user: User = {
    ...draft,
    attributes,
    status,
    password,
    enabled: record.enabled,
    passwordExpiresAt: status === 'FORCE_CHANGE_PASSWORD' ? (record.passwordExpiresAt ?? null) : null,
    signedOutAt: null,
    mfa,
    createdAt,
    updatedAt: Math.max(createdAt, Math.min(record.updatedAt ?? createdAt, now)),
  }
  return { user, extras, leftOut }
}

/** The first of the record's names that the pool allows. A user of another system who has none is named by the `sub`. */
function chooseUsername({ pool, format }: RecordContext, record: ImportedRecord, attributes: User['attributes'], sub: string): string {
  if (pool.usernameAttributes.length > 0) {
    const address = pool.usernameAttributes.map((name) => attributes[name]).find(Boolean)
    if (address === undefined)
      throw new UnreadableRecordError(`The record has no ${pool.usernameAttributes.join(' or ')}, which names the users of the pool.`)
    return address
  }
  const names = format === 'LIFEGUARD' ? record.usernames : [...record.usernames, sub]
  const allowed = names.find((name) => usernameShape.test(name) && !hasAliasFormat(pool, name))
  if (allowed === undefined) throw new UnreadableRecordError('The record has no username that the pool allows.')
  return allowed
}

function hasAliasFormat(pool: Pool, name: string): boolean {
  try {
    requireNoAliasFormat(pool, 'Username', name)
    return false
  } catch (error) {
    if (error instanceof ApiError) return true
    throw error
  }
}

type IdPlace = {
  readonly attributes: User['attributes']
  readonly keepsId: boolean
  readonly username: string
  readonly leftOut: LeftOut[]
}

/** Puts an id that cannot be the `sub` into the attribute of the job. */
function attributesWithId({ options }: RecordContext, { id }: ImportedRecord, { attributes, keepsId, username, leftOut }: IdPlace) {
  if (id === undefined || keepsId) return attributes
  if (options.idAttribute !== undefined) return { ...attributes, [options.idAttribute]: id }
  if (id !== username) leftOut.push('ids')
  return attributes
}

function withMerged(attributes: User['attributes'], { mergedSubs }: ImportedRecord): User['attributes'] {
  const subs = mergedSubs.filter(isSub).slice(0, maxMergedSubs)
  return subs.length === 0 ? attributes : withMergedSubs(attributes, subs)
}

function readIdentities(context: RecordContext, record: ImportedRecord, leftOut: LeftOut[]): readonly LinkedIdentity[] {
  const kept = record.identities.flatMap((identity): LinkedIdentity[] => {
    const providerType = context.providers.get(identity.provider)
    if (providerType === undefined) return []
    const { provider, userId, attributeName, issuer, primary, createdAt } = identity
    const optional = { ...(attributeName !== undefined && { attributeName }), ...(issuer !== undefined && { issuer }) }
    return [{ providerName: provider, providerType, userId, ...optional, primary, dateCreated: createdAt ?? context.now }]
  })
  const { quotas } = context
  if (kept.length > quotas.linkedIdentitiesPerUser) throw new UnreadableRecordError(quotaExceeded(quotas, 'linkedIdentitiesPerUser'))
  leftOut.push(...Array<LeftOut>(record.identities.length - kept.length).fill('identities'))
  return kept
}

function sealHash({ secrets }: RecordContext, owner: PasswordOwner, { algorithm, hash }: PasswordText): string {
  if (!isImportAlgorithm(algorithm)) throw new UnreadableRecordError('The algorithm of the password hash is not known here.')
  if (readImportedHash(algorithm, hash) === undefined) {
    throw new UnreadableRecordError('The password hash is malformed, or its cost is above the limit.')
  }
  return sealImportedHash(secrets, owner, { algorithm, hash })
}

/** Whether the former pool of the pool is asked for the user's password at the first sign-in. It knows the user by the same `sub`. */
function isAskedFor({ pool, now }: RecordContext, { status }: ImportedRecord): boolean {
  return (status === undefined || status === 'CONFIRMED') && (extensionsOf(pool).formerPool?.until ?? 0) > now
}

type SignInWays = {
  readonly draft: Pick<User, 'attributes'>
  readonly password: string | null
  readonly identities: readonly LinkedIdentity[]
  readonly extras: UserExtras
}

/** The status that the record has. Without one: RESET_REQUIRED for a user who has no way to sign in. */
function statusOf({ pool }: RecordContext, record: ImportedRecord, ways: SignInWays): UserStatus {
  if (record.status === 'EXTERNAL_PROVIDER' && !ways.identities.some(({ primary }) => primary)) {
    throw new UnreadableRecordError('The user came from an identity provider that the pool does not have.')
  }
  if (record.status !== undefined) return record.status
  const { attributes } = ways.draft
  const signsIn =
    ways.password !== null ||
    ways.identities.length > 0 ||
    (pool.allowedFirstFactors.includes('EMAIL_OTP') && Boolean(attributes['email']) && isVerified(attributes, 'email')) ||
    (pool.allowedFirstFactors.includes('SMS_OTP') && Boolean(attributes['phone_number']) && isVerified(attributes, 'phone_number')) ||
    (pool.allowedFirstFactors.includes('WEB_AUTHN') && ways.extras.passkeys.length > 0)
  return signsIn ? 'CONFIRMED' : 'RESET_REQUIRED'
}

type Factors = { readonly attributes: User['attributes']; readonly extras: UserExtras; readonly leftOut: LeftOut[] }

/** What is left out of a record when a second factor of the user cannot come. */
const factorsLeftOut: readonly LeftOut[] = ['totp', 'messageFactors', 'otherFactors']

const appAfterReset: MfaPreferences = { enabled: ['SOFTWARE_TOKEN_MFA'], preferred: 'SOFTWARE_TOKEN_MFA', byOptions: false }

/**
 * The status and the second factors. The password alone must not be enough for a user who had a second factor, if none of them can come. Such
 * a user has to reset the password, which proves an address, and then sets up an app.
 */
function withoutLostFactors(context: RecordContext, record: ImportedRecord, factors: Factors, status: UserStatus) {
  const mfa = readMfa(context, record, factors)
  const hadFactor =
    (record.mfa?.enabled.length ?? 0) > 0 || record.mfa?.passkey || factors.leftOut.some((kind) => factorsLeftOut.includes(kind))
  if (mfa !== null || !hadFactor || context.pool.mfa === 'OFF') return { status, mfa }
  const hasPasswordStatus = status === 'CONFIRMED' || status === 'FORCE_CHANGE_PASSWORD'
  return { status: hasPasswordStatus ? ('RESET_REQUIRED' as const) : status, mfa: appAfterReset }
}

function readMfa({ pool }: RecordContext, { mfa }: ImportedRecord, { attributes, extras, leftOut }: Factors): MfaPreferences | null {
  if (mfa === undefined) return null
  const enabled = [...new Set(mfa.enabled)].filter((method) => {
    const contact = contactOf(method)
    if (contact === undefined) {
      if (extras.totp === undefined && !leftOut.includes('totp')) leftOut.push('totp')
      return extras.totp !== undefined
    }
    const isUsable = mfaMethodsOf(pool).includes(method) && Boolean(attributes[contact])
    if (!isUsable) leftOut.push('messageFactors')
    return isUsable
  })
  if (enabled.length === 0) return null
  return {
    enabled,
    preferred: mfa.preferred !== undefined && enabled.includes(mfa.preferred) ? mfa.preferred : null,
    byOptions: mfa.byOptions && enabled.includes('SMS_MFA'),
    ...(mfa.passkey && extras.passkeys.length > 0 && passkeyCountsAsMfa(pool) && { passkey: true }),
  }
}
