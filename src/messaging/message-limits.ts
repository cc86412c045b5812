import { dayMs, hourMs } from '../base/durations.ts'
import type { Secrets } from '../base/secrets.ts'
import { extensionsOf } from '../pools/extensions/pool-extensions.ts'
import type { Pool } from '../pools/pool.ts'
import type { Tx } from '../storage/db.ts'
import type { Channel } from './message.ts'
import { releaseSlot, takeSlot } from './message-count-repository.ts'

/** Which of the pool's caps a message would go over. */
export type ExceededLimit = 'pool-and-day' | 'recipient-and-hour'

const dayKey = 'day'

type Counted = {
  readonly channel: Channel
  readonly recipient: string
  readonly now: number
  /** 0 for what only pretends to be sent: the same is asked and answered, and nobody's room is used up. */
  readonly weight?: 0 | 1
}

/**
 * Counts a message against the caps of its pool; answers the one that it would go over, and then counts it nowhere. Each window begins
 * with its first message. Pools without caps touch no row. @NOTE The pool's count is taken first, and all that comes after it waits for
 * nobody who waits for it. Of two messages in one transaction the e-mail is counted first, so that two transactions cannot wait for each
 * other over the recipients.
 */
export async function findExceededLimit(
  tx: Tx,
  secrets: Secrets,
  pool: Pool,
  { channel, recipient, now, weight = 1 }: Counted,
): Promise<ExceededLimit | undefined> {
  const { maxPerDay, maxPerRecipientPerHour } = limitsOf(pool)
  const daily = { poolId: pool.id, key: dayKey, weight }
  if (maxPerDay !== undefined && !(await takeSlot(tx, { ...daily, most: maxPerDay, windowMs: dayMs, now }))) return 'pool-and-day'
  if (maxPerRecipientPerHour === undefined) return undefined
  const key = recipientKey(secrets, pool.id, channel, recipient)
  if (await takeSlot(tx, { poolId: pool.id, key, most: maxPerRecipientPerHour, windowMs: hourMs, weight: 1, now })) return undefined
  if (maxPerDay !== undefined) await releaseSlot(tx, daily)
  return 'recipient-and-hour'
}

/** In words for whoever looks at what was not sent, or is told that a call failed over it. */
export function exceededLimitText(pool: Pool, exceededLimit: ExceededLimit): string {
  const { maxPerDay, maxPerRecipientPerHour } = limitsOf(pool)
  return exceededLimit === 'pool-and-day'
    ? `The user pool sends at most ${messages(maxPerDay)} a day.`
    : `The user pool sends at most ${messages(maxPerRecipientPerHour)} an hour to one recipient.`
}

/** What the pool says wins over what the server sets for all. */
function limitsOf(pool: Pool): { readonly maxPerDay: number | undefined; readonly maxPerRecipientPerHour: number | undefined } {
  const { maxPerDay, maxPerRecipientPerHour } = extensionsOf(pool).messages
  return { maxPerDay, maxPerRecipientPerHour: maxPerRecipientPerHour ?? pool.serverDefaults?.maxPerRecipientPerHour }
}

const messages = (count = 0) => `${count} ${count === 1 ? 'message' : 'messages'}`

/** The address cannot be read from it, and capital letters make no other recipient. */
function recipientKey(secrets: Secrets, poolId: string, channel: Channel, recipient: string): string {
  return secrets.mac('message-cap', poolId, channel, recipient.toLowerCase()).toString('base64url')
}
