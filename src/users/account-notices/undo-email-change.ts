import type { Clock } from '../../base/clock.ts'
import { hashOfLinkToken, isLinkToken } from '../../base/link-token.ts'
import { discardCode } from '../../messaging/code-repository.ts'
import { selfServiceOf } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { storeUser } from '../attribute-changes.ts'
import { signedOutAndReset } from '../auth-events/give-feedback.ts'
import { identitiesOf, withIdentities } from '../linked-identities/linked-identity.ts'
import { withoutMfa } from '../mfa/mfa-preferences.ts'
import { deleteSoftwareToken, findSoftwareToken } from '../mfa/software-token-repository.ts'
import { deletePasskeysSince } from '../passkeys/passkey-repository.ts'
import { deleteRecoveryCodeSetSince } from '../recovery-codes/recovery-code-repository.ts'
import type { Attributes, MfaPreferences, User } from '../user.ts'
import { findUser, lockUser } from '../user-repository.ts'
import { appMarkOf, type EmailChange, type Replaced } from './email-change.ts'
import { deleteEmailChanges, findEmailChange } from './email-change-repository.ts'

type Deps = { readonly db: Db; readonly clock: Clock }

/** A change that can be undone, and its user. */
export type UndoableChange = { readonly change: EmailChange; readonly user: User }

/**
 * Undefined for a token that was used, has expired, or never existed, for one whose user was deleted, and where the pool does not let users
 * change their address. Nothing is changed.
 */
export async function findUndoable({ db, clock }: Deps, pool: Pool, token: string): Promise<UndoableChange | undefined> {
  // Only administrators change the address there, also back.
  if (selfServiceOf(pool).lockedAttributes.includes('email')) return undefined
  const change = isLinkToken(token) ? await findEmailChange(db, pool.id, hashOfLinkToken(token)) : undefined
  if (change === undefined || change.expiresAt <= clock.now()) return undefined
  const user = await findUser(db, pool.id, change.sub)
  return user && { change, user }
}

/**
 * Gives the user the old e-mail address back, as verified: the link was sent there. All sessions end, and a user with a password has to set
 * a new one. What was added since the change goes with it, because the person who changed the address may have added it: passkeys, linked
 * identities, recovery codes and another authenticator app are removed, another phone number counts as unverified, and MFA is as it was. The
 * link works once. The links of later changes no longer work: so the oldest one decides. No trigger is called.
 *
 * @throws ApiError AliasExistsException when another user has the address by now; nothing is changed then
 */
export async function undoEmailChange(deps: Deps, pool: Pool, token: string): Promise<User | undefined> {
  const found = await findUndoable(deps, pool, token)
  if (found === undefined) return undefined
  const now = deps.clock.now()
  return deps.db.transaction().execute(async (tx) => {
    const before = await lockUser(tx, pool.id, found.user.sub)
    // Read again under the lock: another request may have used the link.
    const change = await findEmailChange(tx, pool.id, found.change.tokenHash)
    if (before === undefined || change === undefined) return undefined
    const mfa = await restoreMfa(tx, before, change)
    const after = { ...signedOutAndReset(before, now), attributes: restoredAttributes(before.attributes, change), mfa }
    await storeUser(tx, pool, before, after)
    await deletePasskeysSince(tx, change, change.changedAt)
    await deleteRecoveryCodeSetSince(tx, change, change.changedAt)
    await deleteEmailChanges(tx, change, change.position)
    await discardCodes(tx, after)
    return after
  })
}

function restoredAttributes(attributes: Attributes, { replaced, changedAt }: EmailChange): Attributes {
  const identities = identitiesOf(attributes)
  const kept = identities.filter(({ primary, dateCreated }) => primary || dateCreated < changedAt)
  return {
    ...(kept.length === identities.length ? attributes : withIdentities(attributes, kept)),
    ...(hasOtherPhone(attributes, replaced) && { phone_number_verified: 'false' }),
    email: replaced.email,
    email_verified: 'true',
  }
}

const hasOtherPhone = (attributes: Attributes, { phoneNumber }: Replaced): boolean =>
  attributes['phone_number'] !== undefined && attributes['phone_number'] !== phoneNumber

/**
 * Deletes an authenticator app that the user did not have before the change. Returns the preferences of before, without the methods that
 * would now ask for the app or the phone of another person.
 */
async function restoreMfa(tx: Tx, { attributes, ...user }: User, { replaced }: EmailChange): Promise<MfaPreferences | null> {
  const appMark = appMarkOf(await findSoftwareToken(tx, user))
  const hasOtherApp = appMark !== replaced.appMark
  if (hasOtherApp) await deleteSoftwareToken(tx, user)
  const withOwnApp = hasOtherApp ? withoutMfa(replaced.mfa, 'SOFTWARE_TOKEN_MFA') : replaced.mfa
  return hasOtherPhone(attributes, replaced) ? withoutMfa(withOwnApp, 'SMS_MFA') : withOwnApp
}

/** Codes that went to another address than the old one must not work any more. */
async function discardCodes(tx: Tx, { poolId, sub }: User): Promise<void> {
  for (const purpose of ['forgot-password', 'verify-email', 'verify-phone_number']) await discardCode(tx, { poolId, sub, purpose })
}
