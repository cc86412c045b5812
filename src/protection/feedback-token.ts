import { dayMs } from '../base/durations.ts'
import type { Secrets } from '../base/secrets.ts'
import type { AuthEventKey } from './auth-event-repository.ts'

/** How long feedback can be given with the token of a notice. Cognito documents no end. */
const lifetimeMs = 30 * dayMs

export type FeedbackToken = {
  readonly event: AuthEventKey
  /** Whether the notice went to a verified address of the user. Any other address may be that of a stranger. */
  readonly isVerified: boolean
}

type TokenContent = Omit<AuthEventKey, 'poolId'> & { readonly isVerified: boolean; readonly expiresAt: number }

/** The token in a notice about an auth event. The reader of the notice gives feedback with it, without signing in. */
export function writeFeedbackToken(secrets: Secrets, { event, isVerified }: FeedbackToken, now: number): string {
  const { poolId, sub, id } = event
  return secrets.seal('feedback', JSON.stringify({ sub, id, isVerified, expiresAt: now + lifetimeMs } satisfies TokenContent), poolId)
}

/** What the token was made for. Undefined for any other text, for a token of another pool, and for one that has expired. */
export function openFeedbackToken(secrets: Secrets, poolId: string, token: string, now: number): FeedbackToken | undefined {
  const plain = secrets.open('feedback', token, poolId)
  if (plain === undefined) return undefined
  const { sub, id, isVerified, expiresAt } = JSON.parse(plain.toString()) as TokenContent
  return now < expiresAt ? { event: { poolId, sub, id }, isVerified } : undefined
}
