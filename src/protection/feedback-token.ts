import { dayMs } from '../base/durations.ts'
import type { Secrets } from '../base/secrets.ts'
import type { AuthEventKey } from './auth-event-repository.ts'

/** How long feedback can be given with the token of a notice. Cognito documents no end. */
const lifetimeMs = 30 * dayMs

type TokenContent = { readonly sub: string; readonly id: string; readonly expiresAt: number }

/** The token in a notice about an auth event. The reader of the notice gives feedback with it, without signing in. */
export function writeFeedbackToken(secrets: Secrets, { poolId, sub, id }: AuthEventKey, now: number): string {
  return secrets.seal('feedback', JSON.stringify({ sub, id, expiresAt: now + lifetimeMs } satisfies TokenContent), poolId)
}

/** The event that the token was made for. Undefined for any other text, for a token of another pool, and for one that has expired. */
export function openFeedbackToken(secrets: Secrets, poolId: string, token: string, now: number): AuthEventKey | undefined {
  const plain = secrets.open('feedback', token, poolId)
  if (plain === undefined) return undefined
  const { sub, id, expiresAt } = JSON.parse(plain.toString()) as TokenContent
  return now < expiresAt ? { poolId, sub, id } : undefined
}
