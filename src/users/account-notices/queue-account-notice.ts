import { dayMs } from '../../base/durations.ts'
import { hashOfLinkToken, newLinkToken } from '../../base/link-token.ts'
import type { Secrets } from '../../base/secrets.ts'
import { maskEmail, maskPhoneNumber } from '../../messaging/destination.ts'
import { noticeTime, renderNotice } from '../../messaging/notice-text.ts'
import type { Outbox } from '../../messaging/outbox.ts'
import { queueNotice, takeNoticeOfDay } from '../../messaging/queue-notice.ts'
import { endpointBaseOf } from '../../pools/domains/endpoint-base.ts'
import { findDomainsOfPool } from '../../pools/domains/pool-domain-repository.ts'
import { threatProtectionOf } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'
import { usesThreatProtection } from '../../pools/tier-rules.ts'
import type { Tx } from '../../storage/db.ts'
import { findSoftwareToken } from '../mfa/software-token-repository.ts'
import { isVerified, type User } from '../user.ts'
import { replacedBy } from './email-change.ts'
import { insertEmailChange } from './email-change-repository.ts'
import { accountTemplateFor, type NoticedChange } from './notice-template.ts'

export type AccountNoticeDeps = {
  readonly secrets: Secrets
  readonly publicUrl: string
  readonly outbox: Pick<Outbox, 'afterCommit'>
}

/** The most notices of one kind to a user in a day. Changes of the e-mail address have another limit: see `mostChanges`. */
const mostPerDay = 5

type AccountNotice = {
  readonly pool: Pool
  /** The user before the change. */
  readonly user: User
  readonly change: NoticedChange
  /** The app client in which the user made the change. Undefined where no client is known. */
  readonly clientId: string | undefined
  /** The new address or phone number, not masked; empty when there is none any more. */
  readonly newAddress?: string | undefined
  /** The name of the linked identity provider. */
  readonly provider?: string | undefined
  /** How many recovery codes the user has left. */
  readonly codesLeft?: number | undefined
  readonly now: number
}

function isNoticed(pool: Pool, change: NoticedChange): boolean {
  const setting = change === 'IDENTITY_UNLINKED' ? 'IDENTITY' : change
  return usesThreatProtection(pool.addOns) && threatProtectionOf(pool).accountNotices.includes(setting)
}

/**
 * Tells a user about a change of the account, if the pool wants that. The notice goes to the e-mail address that the user had before the
 * change. Only a verified address gets one: any other may be that of a stranger. Call it in the transaction that makes the change and has
 * locked the user, and `sendAccountNotices` after the commit.
 */
export async function queueAccountNotice(tx: Tx, { secrets, publicUrl }: AccountNoticeDeps, notice: AccountNotice): Promise<void> {
  const { pool, user, change, clientId, now } = notice
  const { email: recipient } = user.attributes
  if (!isNoticed(pool, change) || !recipient || !isVerified(user.attributes, 'email')) return
  const count = { poolId: pool.id, sub: user.sub, what: `account-notice/${change}`, max: mostPerDay, now }
  if (change !== 'EMAIL' && !(await takeNoticeOfDay(tx, secrets, count))) return
  const link = change === 'EMAIL' ? await storeUndoLink(tx, publicUrl, notice) : undefined
  const texts = textsOf(notice)
  await queueNotice(tx, secrets, {
    pool,
    user,
    kind: 'account-notice',
    recipient,
    content: renderNotice(accountTemplateFor(pool, user.attributes, { change, hasLink: link !== undefined }), { texts, link }),
    forCustomSender: { clientId, userAgent: undefined, code: link, userAttributes: senderAttributesOf(notice, recipient) },
    now,
  })
}

/** Starts the delivery of the notices that a committed transaction queued. */
export async function sendAccountNotices({ outbox }: Pick<AccountNoticeDeps, 'outbox'>, pool: Pool): Promise<void> {
  if (usesThreatProtection(pool.addOns) && threatProtectionOf(pool).accountNotices.length > 0) await outbox.afterCommit(pool, [])
}

/** Tells a user about changed addresses. `after` is what the user has after the change. */
export async function queueAddressNotices(
  tx: Tx,
  deps: AccountNoticeDeps,
  { after, ...change }: Pick<AccountNotice, 'pool' | 'user' | 'clientId' | 'now'> & { readonly after: User['attributes'] },
): Promise<void> {
  const before = change.user.attributes
  if (before['email'] !== after['email']) {
    await queueAccountNotice(tx, deps, { ...change, change: 'EMAIL', newAddress: after['email'] ?? '' })
  }
  if (before['phone_number'] !== after['phone_number']) {
    await queueAccountNotice(tx, deps, { ...change, change: 'PHONE_NUMBER', newAddress: after['phone_number'] ?? '' })
  }
}

/** Stores what the link needs to undo the change. Undefined when the user has too many such changes already. */
async function storeUndoLink(tx: Tx, publicUrl: string, { pool, user, clientId, now }: AccountNotice): Promise<string | undefined> {
  const token = newLinkToken()
  const isStored = await insertEmailChange(tx, {
    poolId: pool.id,
    sub: user.sub,
    tokenHash: hashOfLinkToken(token),
    changedAt: now,
    expiresAt: now + threatProtectionOf(pool).undoDays * dayMs,
    replaced: replacedBy(user, await findSoftwareToken(tx, user)),
  })
  if (!isStored) return undefined
  const base = endpointBaseOf(publicUrl, await findDomainsOfPool(tx, pool.id))
  const query = { user_pool_id: pool.id, ...(clientId !== undefined && { client_id: clientId }), token }
  return `${base}/undo?${new URLSearchParams(query)}`
}

function textsOf({
  pool,
  user,
  change,
  newAddress = '',
  provider = '',
  codesLeft = 0,
  now,
}: AccountNotice): Readonly<Record<string, string>> {
  return {
    username: user.username,
    time: noticeTime(now),
    'new-address': maskedAddress(change, newAddress),
    'undo-days': String(threatProtectionOf(pool).undoDays),
    provider,
    'codes-left': String(codesLeft),
  }
}

/** What a custom sender gets as `userAttributes`. What does not belong to the change is left out. */
function senderAttributesOf(notice: AccountNotice, recipient: string): Readonly<Record<string, string>> {
  const { user, change, newAddress, provider, codesLeft, now } = notice
  return {
    EMAIL: recipient,
    USER_NAME: user.username,
    ACCOUNT_CHANGE: change,
    CHANGE_TIME: noticeTime(now),
    ...(newAddress !== undefined && { NEW_ADDRESS: maskedAddress(change, newAddress) }),
    ...(provider !== undefined && { PROVIDER: provider }),
    ...(codesLeft !== undefined && { RECOVERY_CODES_LEFT: String(codesLeft) }),
  }
}

function maskedAddress(change: NoticedChange, address: string): string {
  if (address === '') return 'none'
  return change === 'EMAIL' ? maskEmail(address) : maskPhoneNumber(address)
}
