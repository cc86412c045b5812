import type { Secrets } from '../base/secrets.ts'

type UserKey = { readonly poolId: string; readonly sub: string }

/** The token in a notice about an auth event. The reader of the notice gives feedback with it, without signing in. */
export function writeFeedbackToken(secrets: Secrets, user: UserKey, eventId: string): string {
  return secrets.seal('feedback', eventId, contextOf(user))
}

/** Whether the token was made for this event of this user. */
export function isFeedbackToken(secrets: Secrets, user: UserKey, eventId: string, token: string): boolean {
  return secrets.open('feedback', token, contextOf(user))?.toString() === eventId
}

function contextOf({ poolId, sub }: UserKey): string {
  return `${poolId}/${sub}`
}
