import { uuidv7 } from '../base/ids.ts'
import { newOrderedId } from '../base/ordered-id.ts'
import type { RequestContext } from '../contract/operation.ts'
import type { Pool } from '../pools/pool.ts'
import { usesThreatProtection } from '../pools/tier-rules.ts'
import { ignoreUnavailable } from '../storage/database-unavailable-error.ts'
import type { Db } from '../storage/db.ts'
import type { AnsweredChallenge, AuthEvent } from './auth-event.ts'
import { insertAuthEvent, insertOrSimulateAuthEvent, replaceAuthEvent } from './auth-event-repository.ts'
import { deviceTypeOf } from './device-type.ts'

/** What happened, to whom and from where. */
export type Occurrence = Pick<AuthEvent, 'sub' | 'type' | 'response'> & {
  readonly context: RequestContext
  readonly now: number
  /** A new one unless given. */
  readonly id?: string | undefined
  readonly clientId?: string | undefined
  readonly challenges?: readonly AnsweredChallenge[]
  /** The event of an earlier step, which this one takes the place of. */
  readonly continues?: string | undefined
}

/** Whether the pool keeps a history of what its users do. */
export function recordsAuthEvents(pool: Pool): boolean {
  return usesThreatProtection(pool.addOns)
}

/**
 * Adds to the user's history, in pools that keep one; costs nothing in others. What it tells of has happened and is committed. So a database
 * that does not take it down must not make that look like a failure.
 */
export async function recordAuthEvent(db: Db, pool: Pool, occurrence: Occurrence): Promise<void> {
  if (!recordsAuthEvents(pool)) return
  await writeEvent(db, eventOf(pool, occurrence), occurrence.continues).catch(ignoreUnavailable)
}

async function writeEvent(db: Db, event: AuthEvent, continues: string | undefined): Promise<void> {
  const isContinued = continues !== undefined && (await replaceAuthEvent(db, continues, event))
  if (!isContinued) await insertAuthEvent(db, event)
}

/** The same for the first wrong answer in the name of a user, or of nobody: then `sub` is undefined, and nothing is kept. */
export async function recordFailedFirstStep(
  db: Db,
  pool: Pool,
  { sub, ...occurrence }: Omit<Occurrence, 'sub' | 'continues'> & { readonly sub: string | undefined },
): Promise<void> {
  if (!recordsAuthEvents(pool)) return
  const event = eventOf(pool, { ...occurrence, sub: sub ?? uuidv7(occurrence.now) })
  await insertOrSimulateAuthEvent(db, sub !== undefined, event)
}

function eventOf(
  pool: Pool,
  { sub, type, response, context, now, id = newOrderedId(now), clientId, challenges = [] }: Occurrence,
): AuthEvent {
  const details = { clientId, challenges, ip: context.ip, device: deviceTypeOf(context.userAgent) }
  return { poolId: pool.id, sub, id, type, response, createdAt: now, details, feedback: undefined }
}
