import { dayMs } from '../base/durations.ts'
import type { Secrets } from '../base/secrets.ts'
import { extensionsOf } from '../pools/extensions/pool-extensions.ts'
import type { Pool } from '../pools/pool.ts'
import type { Tx } from '../storage/db.ts'
import { hasCustomSender } from '../triggers/custom-sender.ts'
import type { CustomSenderMessage, EmailMessage, MessageKind } from './message.ts'
import { kindNames } from './message-content.ts'
import { takeSlot } from './message-count-repository.ts'
import { exceededLimitText, findExceededLimit } from './message-limits.ts'
import { queueMessage } from './outbox.ts'
import { type MailSetting, mailSettingsOf } from './send-code.ts'
import { isTestUser } from './test-user-code.ts'

/** For how long the delivery of a notice is retried. */
const retriedForMs = dayMs

/** An e-mail that tells a user what happened to the account. */
export type Notice = {
  readonly pool: Pool
  readonly user: { readonly sub: string; readonly username: string; readonly attributes: Readonly<Record<string, string>> }
  readonly kind: Extract<MessageKind, 'risk-notice' | 'account-notice'>
  /** An e-mail address, verified or not. */
  readonly recipient: string
  readonly content: Pick<EmailMessage, 'subject' | 'html' | 'text'>
  /** The sender, where it is not that of the pool's other messages. */
  readonly sender?: Partial<Pick<EmailMessage, Exclude<MailSetting, 'configurationSet'>>> | undefined
  /** What a custom sender gets in place of the content. `code` is the link of the notice; the function gets it encrypted. */
  readonly forCustomSender: Pick<CustomSenderMessage, 'clientId' | 'userAgent' | 'userAttributes' | 'code'>
  readonly now: number
}

/**
 * Queues a notice, in a transaction that has locked the user. A notice that is suppressed, or that the pool's daily limit holds back, is only
 * recorded.
 *
 * @NOTE Call `afterCommit` of the outbox after the commit, without deliveries: the answer to the caller must not depend on a notice.
 */
export async function queueNotice(tx: Tx, secrets: Secrets, notice: Notice): Promise<void> {
  const { pool, user, kind, recipient, now } = notice
  const message = messageOf(notice)
  const isForTest = isTestUser(pool, user)
  if (isForTest || extensionsOf(pool).messages.suppress.includes(kindNames[kind])) {
    const reason = isForTest ? 'a test user, who gets no messages' : undefined
    await queueMessage(tx, secrets, { message, now, withheld: { state: 'suppressed', reason } })
    return
  }
  const exceededLimit = await findExceededLimit(tx, secrets, pool, { channel: 'email', recipient, now, isNotice: true })
  const withheld = exceededLimit && ({ state: 'failed', reason: exceededLimitText(pool, exceededLimit) } as const)
  await queueMessage(tx, secrets, { message, now, withheld })
}

function messageOf({ pool, user, kind, recipient, content, sender, forCustomSender, now }: Notice): EmailMessage | CustomSenderMessage {
  const { sub, username } = user
  const envelope = { poolId: pool.id, sub, username, trigger: kind, recipient, code: undefined, expiresAt: now + retriedForMs }
  return hasCustomSender(pool, 'email')
    ? { ...envelope, ...forCustomSender, clientMetadata: undefined, channel: 'custom-email' }
    : { ...envelope, ...content, ...mailSettingsOf(pool.email), ...sender, channel: 'email' }
}

type NoticeCount = { readonly poolId: string; readonly sub: string; readonly what: string; readonly max: number; readonly now: number }

/**
 * Counts a notice of the kind `what` to the user. False when the user has had `max` of them within a day, which begins with the first one.
 * The count is atomic: of many notices at the same time, `max` pass.
 *
 * @NOTE No deadlocks: for one value of `what`, call this always before the transaction locks the user, or always after.
 */
export async function takeNoticeOfDay(tx: Tx, secrets: Secrets, { poolId, sub, what, max, now }: NoticeCount): Promise<boolean> {
  if (max === 0) return false
  const key = secrets.mac('message-cap', poolId, 'notice', what, sub).toString('base64url')
  return takeSlot(tx, { poolId, key, max, windowMs: dayMs, weight: 1, now })
}
