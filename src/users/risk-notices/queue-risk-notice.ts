import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { noticeTime, renderNotice } from '../../messaging/notice-text.ts'
import type { Outbox } from '../../messaging/outbox.ts'
import { queueNotice, takeNoticeOfDay } from '../../messaging/queue-notice.ts'
import { endpointBaseOf } from '../../pools/domains/endpoint-base.ts'
import { findDomainsOfPool } from '../../pools/domains/pool-domain-repository.ts'
import { threatProtectionOf } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'
import type { RiskNotices } from '../../pools/risk/risk-configuration.ts'
import { writeFeedbackToken } from '../../protection/feedback-token.ts'
import type { Traits } from '../../protection/traits.ts'
import { countryNameOf, deviceNameOf } from '../../protection/traits-of.ts'
import { ignoreUnavailable } from '../../storage/database-unavailable-error.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { isVerified, type User } from '../user.ts'
import { lockUser } from '../user-repository.ts'
import { type RiskOutcome, riskTemplateFor } from './notice-template.ts'

export type RiskNoticeDeps = {
  readonly db: Db
  readonly secrets: Secrets
  readonly clock: Clock
  readonly outbox: Pick<Outbox, 'afterCommit'>
  readonly publicUrl: string
}

export type RiskNotice = {
  readonly pool: Pool
  readonly client: { readonly id: string }
  readonly user: Pick<User, 'sub' | 'username' | 'attributes'>
  /** The auth event of the sign-in, and when it was, in epoch milliseconds. */
  readonly event: { readonly id: string; readonly at: number }
  readonly outcome: RiskOutcome
  /** Where the sign-in came from, as far as that is known. */
  readonly traits: Traits | undefined
  readonly userAgent?: string | undefined
  /** The sender and texts in the risk configuration of the client or pool. Undefined: ours, from the pool's own sender. */
  readonly notices: RiskNotices | undefined
}

/**
 * Tells a user by e-mail about a risky sign-in: even at an address that is not verified, as Cognito does, and at most as often in a day as
 * the pool allows. Does nothing for a user without an address. The answer to the sign-in must not depend on the notice: so this function
 * waits for no delivery, and does not throw when the database is unavailable.
 *
 * @NOTE Never call it inside a transaction: it opens one of its own.
 */
export async function queueRiskNotice(deps: RiskNoticeDeps, notice: RiskNotice): Promise<void> {
  const { db, outbox } = deps
  const { pool, user } = notice
  if (!user.attributes['email'] || threatProtectionOf(pool).riskNoticesPerDay === 0) return
  await db
    .transaction()
    .execute((tx) => queueInTransaction(tx, deps, notice))
    .catch(ignoreUnavailable)
  await outbox.afterCommit(pool, [])
}

async function queueInTransaction(tx: Tx, { secrets, clock, publicUrl }: RiskNoticeDeps, notice: RiskNotice): Promise<void> {
  const { pool, client, outcome, notices } = notice
  const { sub } = notice.user
  const now = clock.now()
  const count = { poolId: pool.id, sub, what: `risk-notice/${outcome}`, max: threatProtectionOf(pool).riskNoticesPerDay, now }
  if (!(await takeNoticeOfDay(tx, secrets, count))) return
  const user = await lockUser(tx, pool.id, sub)
  const recipient = user?.attributes['email']
  if (user === undefined || !recipient) return
  const event = { poolId: pool.id, sub, id: notice.event.id }
  const token = writeFeedbackToken(secrets, { event, isVerified: isVerified(user.attributes, 'email') }, now)
  const base = endpointBaseOf(publicUrl, await findDomainsOfPool(tx, pool.id))
  const linkFor = (value: 'valid' | 'invalid') =>
    `${base}/feedback?${new URLSearchParams({ user_pool_id: pool.id, client_id: client.id, value, token })}`
  const facts = factsOf(notice, { username: user.username, token, valid: linkFor('valid'), invalid: linkFor('invalid') })
  await queueNotice(tx, secrets, {
    pool,
    user,
    kind: 'risk-notice',
    recipient,
    content: renderNotice(riskTemplateFor(notices, outcome), { texts: valuesOf(facts) }),
    sender: notices && {
      from: notices.from ?? pool.email.from,
      replyTo: notices.replyTo ?? pool.email.replyTo,
      sourceArn: notices.sourceArn,
    },
    forCustomSender: {
      clientId: client.id,
      userAgent: notice.userAgent,
      code: undefined,
      userAttributes: senderAttributesOf(facts, outcome),
    },
    now,
  })
}

type Facts = {
  readonly eventId: string
  readonly username: string
  readonly time: string
  readonly token: string
  readonly valid: string
  readonly invalid: string
  readonly ip: string | undefined
  readonly city: string | undefined
  readonly country: string | undefined
  readonly device: string | undefined
}

function factsOf({ event, traits = {} }: RiskNotice, known: Pick<Facts, 'username' | 'token' | 'valid' | 'invalid'>): Facts {
  const { ip, city, browser, system } = traits
  return {
    ...known,
    eventId: event.id,
    time: noticeTime(event.at),
    ip,
    city,
    country: countryNameOf(traits),
    device: browser === undefined && system === undefined ? undefined : deviceNameOf(traits),
  }
}

/** What stands in a text for something that is not known. */
const unknown = 'unknown'

/** The values of Cognito's placeholders. */
function valuesOf({ eventId, username, time, token, valid, invalid, ip, city, country, device }: Facts): Readonly<Record<string, string>> {
  return {
    username,
    'ip-address': ip ?? unknown,
    city: city ?? unknown,
    country: country ?? unknown,
    'login-time': time,
    'device-name': device ?? unknown,
    'one-click-link-valid': valid,
    'one-click-link-invalid': invalid,
    'event-id': eventId,
    'feedback-token': token,
  }
}

const actions: Readonly<Record<RiskOutcome, string>> = { blocked: 'BLOCK', mfa: 'MFA', allowed: 'NO_ACTION' }

/** What a custom sender gets as `userAttributes`. The names are Cognito's; what is not known is left out. */
function senderAttributesOf(facts: Facts, outcome: RiskOutcome): Readonly<Record<string, string>> {
  const { eventId, username, time, token, valid, invalid, ip, city, country, device } = facts
  return {
    EVENT_ID: eventId,
    USER_NAME: username,
    ...(ip !== undefined && { IP_ADDRESS: ip }),
    ACCOUNT_TAKE_OVER_ACTION: actions[outcome],
    ONE_CLICK_LINK_VALID: valid,
    ONE_CLICK_LINK_INVALID: invalid,
    LOGIN_TIME: time,
    FEEDBACK_TOKEN: token,
    ...(city !== undefined && { CITY: city }),
    ...(country !== undefined && { COUNTRY: country }),
    ...(device !== undefined && { DEVICE_NAME: device }),
  }
}
