import type { AuthEvent } from '../auth-event.ts'
import { countryNameOf } from '../traits-of.ts'

/** How the log calls the decisions. Its words are not those of AdminListUserAuthEvents. */
const decisions = { NoRisk: 'PASS', AccountTakeover: 'ACCOUNT_TAKEOVER', Block: 'BLOCK' } as const

/**
 * The event as Cognito's log of user activity has it: every member of the message is text, except the challenges. What is not known is an
 * empty text.
 */
export function activityRecordOf(event: AuthEvent, { username, now }: { readonly username: string; readonly now: number }) {
  return {
    eventTimestamp: String(now),
    eventSource: 'USER_ACTIVITY',
    logLevel: 'INFO',
    message: messageOf(event, username),
    logSourceId: { userPoolId: event.poolId },
  }
}

function messageOf({ poolId, sub, id, type, response, createdAt, details, feedback }: AuthEvent, username: string) {
  const { clientId = '', requestId = '', providerName = '', challenges, device, ip = '', risk, isCompromised = false } = details
  const { traits = {} } = details
  return {
    version: '1',
    eventId: id,
    eventType: type,
    userSub: sub,
    userName: username,
    userPoolId: poolId,
    clientId,
    creationDate: dateOf(createdAt),
    eventResponse: response,
    riskLevel: risk?.level ?? '',
    riskDecision: decisions[risk?.decision ?? 'NoRisk'],
    challenges: challenges.map(({ name, isPassed }) => ({ challengeName: name, challengeResponse: isPassed ? 'Success' : 'Failure' })),
    deviceName: device,
    ipAddress: ip,
    requestId,
    idpName: providerName,
    compromisedCredentialDetected: String(isCompromised),
    city: traits.city ?? '',
    country: countryNameOf(traits) ?? '',
    eventFeedbackValue: feedback?.value ?? '',
    eventFeedbackDate: feedback === undefined ? '' : dateOf(feedback.at),
    eventFeedbackProvider: feedback?.provider ?? '',
    hasContextData: String(traits.hasContextData ?? false),
  }
}

/** The time as Cognito writes it, such as `Wed Jul 17 17:25:55 UTC 2024`. */
function dateOf(time: number): string {
  const [, weekday, day, month, year, clock] = /^(\w+), (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(time).toUTCString()) ?? []
  return `${weekday} ${month} ${day} ${clock} UTC ${year}`
}
