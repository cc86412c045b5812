import { uuidv7 } from '../base/ids.ts'
import { newOrderedId } from '../base/ordered-id.ts'
import type { Pool } from '../pools/pool.ts'
import { usesThreatProtection } from '../pools/tier-rules.ts'
import { ignoreUnavailable } from '../storage/database-unavailable-error.ts'
import type { Db, Tx } from '../storage/db.ts'
import { type ActivityLog, queueActivity, queueOrSimulateActivity } from './activity/activity-log.ts'
import type { AnsweredChallenge, AuthEvent } from './auth-event.ts'
import { insertAuthEvent, insertOrSimulateAuthEvent, replaceAuthEvent } from './auth-event-repository.ts'
import type { Places } from './places/places.ts'
import type { RiskAssessment } from './risk/assessment.ts'
import { deviceNameOf, traitsOf } from './traits-of.ts'
import type { UserContext } from './user-context.ts'

/** What records auth events. */
export type AuthEventDeps = { readonly db: Db; readonly places: Places; readonly activityLog: ActivityLog }

/** An auth event that is to be recorded. */
export type AuthEventInput = Pick<AuthEvent, 'sub' | 'type' | 'response'> & {
  readonly context: UserContext
  readonly now: number
  /** The id of the auth event. Undefined: the event gets a new id. */
  readonly id?: string | undefined
  readonly clientId?: string | undefined
  readonly challenges?: readonly AnsweredChallenge[]
  readonly risk?: RiskAssessment | undefined
  /** The identity provider that vouches for the user. */
  readonly providerName?: string | undefined
  /** Whether the password is known to be stolen. Undefined where it was not looked up. */
  readonly isCompromised?: boolean | undefined
  /** The id of the event that an earlier step of this sign-in stored. The new event replaces it. */
  readonly continues?: string | undefined
}

/** Whether the pool records auth events. Pools with threat protection do. */
export function recordsAuthEvents(pool: Pool): boolean {
  return usesThreatProtection(pool.addOns)
}

/**
 * Adds the event to the user's history, and to the logs of the pool. Does nothing in a pool that does not record auth events. The sign-in or
 * other action of the user is committed already, so this function does not throw when the database is unavailable.
 */
export async function recordAuthEvent(deps: AuthEventDeps, pool: Pool, input: AuthEventInput): Promise<void> {
  if (!recordsAuthEvents(pool)) return
  const event = eventOf(deps, pool, input)
  deps.activityLog.count(event)
  await storeEvent(deps, pool, event, input.continues).catch(ignoreUnavailable)
}

async function storeEvent({ db, activityLog }: AuthEventDeps, pool: Pool, event: AuthEvent, continues: string | undefined): Promise<void> {
  const sinks = await activityLog.findSinks(pool)
  if (sinks.length === 0) return writeEvent(db, event, continues)
  await db.transaction().execute(async (tx) => {
    await writeEvent(tx, event, continues)
    await queueActivity(tx, sinks, event, event.createdAt)
  })
}

async function writeEvent(db: Db | Tx, event: AuthEvent, continues: string | undefined): Promise<void> {
  const isContinued = continues !== undefined && (await replaceAuthEvent(db, continues, event))
  if (!isContinued) await insertAuthEvent(db, event)
}

/**
 * As `recordAuthEvent`, for requests whose answers must not reveal whether a user exists. For a decoy, `sub` is undefined; recording then takes
 * as long and stores nothing.
 */
export async function recordOrSimulateAuthEvent(
  deps: AuthEventDeps,
  pool: Pool,
  { sub, ...input }: Omit<AuthEventInput, 'sub' | 'continues'> & { readonly sub: string | undefined },
): Promise<void> {
  if (!recordsAuthEvents(pool)) return
  const event = eventOf(deps, pool, { ...input, sub: sub ?? uuidv7(input.now) })
  const isUser = sub !== undefined
  if (isUser) deps.activityLog.count(event)
  await storeOrSimulateEvent(deps, pool, event, isUser).catch(ignoreUnavailable)
}

async function storeOrSimulateEvent({ db, activityLog }: AuthEventDeps, pool: Pool, event: AuthEvent, isUser: boolean): Promise<void> {
  const sinks = await activityLog.findSinks(pool)
  await db.transaction().execute(async (tx) => {
    await insertOrSimulateAuthEvent(tx, isUser, event)
    await queueOrSimulateActivity(tx, isUser, sinks, event)
  })
}

function eventOf(
  { places }: AuthEventDeps,
  pool: Pool,
  {
    sub,
    type,
    response,
    context,
    now,
    id = newOrderedId(now),
    clientId,
    challenges = [],
    providerName,
    risk,
    isCompromised,
  }: AuthEventInput,
): AuthEvent {
  const traits = traitsOf(places, context)
  const { requestId } = context
  const device = deviceNameOf(traits)
  const details = { clientId, requestId, providerName, challenges, ip: context.ip, device, traits, risk, isCompromised }
  return { poolId: pool.id, sub, id, type, response, createdAt: now, details, feedback: undefined }
}
