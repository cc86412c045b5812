import { ApiError } from '../../../contract/api-error.ts'
import { usesThreatProtection } from '../../../pools/tier-rules.ts'
import type { AuthEvent } from '../../../protection/auth-event.ts'
import { listAuthEvents } from '../../../protection/auth-event-repository.ts'
import { giveFeedback } from '../../../users/auth-events/give-feedback.ts'
import type { Parameters } from '../../parameters.ts'
import { receiveParameters } from '../../parameters.ts'
import type { Account } from '../account.ts'
import type { AccountPageDeps } from '../account-page-deps.ts'
import { type ActionResult, section } from '../section.ts'

const eventsPerPage = 20

export type HistoryView = {
  readonly events: readonly AuthEvent[]
  /** The id of the last event, if there are older ones. */
  readonly olderThan: string | undefined
}

/** The parameter of the page with older events. */
export const olderThanParameter = 'older_than'

/** The sign-ins of the user, and other events that pools with threat protection record. */
export const history = section({
  shows: [],
  isOffered: ({ pool }) => usesThreatProtection(pool.addOns),

  async open({ db }, { pool, user, browser }): Promise<HistoryView> {
    const given = receiveParameters(browser.query).parameters.get(olderThanParameter)
    const after = given !== undefined && /^[\w-]{1,64}$/.test(given) ? given : undefined
    const found = await listAuthEvents(db, pool.id, user.sub, { after, limit: eventsPerPage + 1 })
    const events = found.slice(0, eventsPerPage)
    return { events, olderThan: found.length > eventsPerPage ? events.at(-1)?.id : undefined }
  },

  actions: {
    valid: feedback('Valid'),
    invalid: feedback('Invalid'),
  },
})

function feedback(value: 'Valid' | 'Invalid') {
  return {
    operation: 'UpdateAuthEventFeedback',
    switches: ['UpdateAuthEventFeedback'],
    // It may end all sessions of the user.
    isSensitive: true,
    run: (deps: AccountPageDeps, account: Account, form: Parameters) => give(deps, account, form.get('id') ?? '', value),
  } as const
}

/** @throws ApiError ResourceNotFoundException when the user has no such event. */
async function give(
  { db, activityLog, logoutWorker }: AccountPageDeps,
  { pool, user: { sub }, now }: Account,
  id: string,
  value: 'Valid' | 'Invalid',
): Promise<ActionResult<HistoryView>> {
  if (id === '' || id.length > 64) throw new ApiError('ResourceNotFoundException', 'Authentication event not found.')
  const sinks = await activityLog.findSinks(pool)
  const given = { value, provider: 'User', at: now, mayEndSessions: true } as const
  const { before, after } = await db.transaction().execute((tx) => giveFeedback(tx, { pool, sinks }, { poolId: pool.id, sub, id }, given))
  if (after === before) return { kind: 'done', done: { kind: 'thanks' } }
  logoutWorker.wake()
  return { kind: 'ended', ending: after.status === 'RESET_REQUIRED' ? 'signed-out-and-reset' : 'signed-out' }
}
