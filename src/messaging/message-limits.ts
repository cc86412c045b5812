import { dayMs, hourMs } from '../base/durations.ts'
import type { Secrets } from '../base/secrets.ts'
import { extensionsOf } from '../pools/extensions/pool-extensions.ts'
import type { Pool } from '../pools/pool.ts'
import type { Tx } from '../storage/db.ts'
import type { Channel } from './message.ts'
import { releaseSlot, takeSlot } from './message-count-repository.ts'

/** The limit of the pool that a message would exceed. */
export type ExceededLimit = 'pool-and-day' | 'recipient-and-hour'

const dayKey = 'day'

type CountedMessage = {
  readonly channel: Channel
  readonly recipient: string
  readonly now: number
  /** 0 for a simulated message: the checks are the same, but the message does not count against the daily limit of the pool. */
  readonly weight?: 0 | 1
  /**
   * Whether the limit of the recipient is left out. Notices have limits of their own: otherwise an attacker could use up the recipient's
   * limit, and the user would get no notice, or no code after too many notices.
   */
  readonly isNotice?: boolean
}

/**
 * Counts a message against the limits of its pool. If the message would exceed a limit, resolves with that limit and counts the message
 * nowhere. Each window begins with its first message. For a pool without limits, no row is read or written.
 * @NOTE No deadlocks: the row of the pool is always locked first, and of two messages in one transaction, the e-mail is counted first.
 */
export async function findExceededLimit(
  tx: Tx,
  secrets: Secrets,
  pool: Pool,
  { channel, recipient, now, weight = 1, isNotice = false }: CountedMessage,
): Promise<ExceededLimit | undefined> {
  const { maxPerDay, maxPerRecipientPerHour } = limitsOf(pool)
  const daily = { poolId: pool.id, key: dayKey, weight }
  if (maxPerDay !== undefined && !(await takeSlot(tx, { ...daily, max: maxPerDay, windowMs: dayMs, now }))) return 'pool-and-day'
  if (isNotice || maxPerRecipientPerHour === undefined) return undefined
  const key = recipientKey(secrets, pool.id, channel, recipient)
  if (await takeSlot(tx, { poolId: pool.id, key, max: maxPerRecipientPerHour, windowMs: hourMs, weight: 1, now })) return undefined
  if (maxPerDay !== undefined) await releaseSlot(tx, daily)
  return 'recipient-and-hour'
}

/** What message records and error messages say about an exceeded limit. */
export function exceededLimitText(pool: Pool, exceededLimit: ExceededLimit): string {
  const { maxPerDay, maxPerRecipientPerHour } = limitsOf(pool)
  return exceededLimit === 'pool-and-day'
    ? `The user pool sends at most ${messages(maxPerDay)} a day.`
    : `The user pool sends at most ${messages(maxPerRecipientPerHour)} an hour to one recipient.`
}

/** A limit of the pool takes precedence over the server's default. */
function limitsOf(pool: Pool): { readonly maxPerDay: number | undefined; readonly maxPerRecipientPerHour: number | undefined } {
  const { maxPerDay, maxPerRecipientPerHour } = extensionsOf(pool).messages
  return { maxPerDay, maxPerRecipientPerHour: maxPerRecipientPerHour ?? pool.serverDefaults?.maxPerRecipientPerHour }
}

const messages = (count = 0) => `${count} ${count === 1 ? 'message' : 'messages'}`

/** The key of a recipient's count. It is a keyed hash, so the key does not reveal the address. The case of the address does not matter. */
function recipientKey(secrets: Secrets, poolId: string, channel: Channel, recipient: string): string {
  return secrets.mac('message-cap', poolId, channel, recipient.toLowerCase()).toString('base64url')
}
