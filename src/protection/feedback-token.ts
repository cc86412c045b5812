import type { Secrets } from '../base/secrets.ts'

type Subject = { readonly poolId: string; readonly sub: string }

/** What a notice about an event carries, so that its reader, and nobody else, can say without signing in whether it was them. */
export function writeFeedbackToken(secrets: Secrets, user: Subject, eventId: string): string {
  return secrets.seal('feedback', eventId, contextOf(user))
}

/** Whether the token was made for this event of this user. */
export function isFeedbackToken(secrets: Secrets, user: Subject, eventId: string, token: string): boolean {
  return secrets.open('feedback', token, contextOf(user))?.toString() === eventId
}

function contextOf({ poolId, sub }: Subject): string {
  return `${poolId}/${sub}`
}
