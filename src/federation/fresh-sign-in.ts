import type { FederatedIdentity } from './federated-identity.ts'
import { FederationError } from './federation-error.ts'

/** How fresh a sign-in at a provider has to be. */
export type FreshnessWish = {
  /** When the browser was sent to the provider, in epoch milliseconds. */
  readonly askedAt: number
  /** How old the sign-in could be at that time. */
  readonly mostAgeSeconds: number
}

/** How far the provider's clock may differ from ours. */
const toleranceMs = 60_000

/** When the user signed in at the provider. Undefined where the provider does not say, or names a time that is still to come. */
export function provenTimeOf({ authenticatedAt }: Pick<FederatedIdentity, 'authenticatedAt'>, now: number): number | undefined {
  return authenticatedAt === undefined || authenticatedAt > now + toleranceMs ? undefined : Math.min(authenticatedAt, now)
}

/**
 * Refuses a sign-in that is older than it may be. The browser carries our request to the provider, so the user, or a thief, can remove the
 * wish for a new sign-in from it. Only what the provider says afterwards counts.
 *
 * @throws FederationError login_required when the provider does not say that the user has signed in so recently.
 */
export function requireFreshSignIn(identity: FederatedIdentity, { askedAt, mostAgeSeconds }: FreshnessWish, now: number): void {
  const provenAt = provenTimeOf(identity, now)
  if (provenAt !== undefined && provenAt >= askedAt - mostAgeSeconds * 1000 - toleranceMs) return
  throw new FederationError('The identity provider does not say that the user has signed in there just now.', {
    error: 'login_required',
    reason: 'refused',
  })
}

/** Whether a sign-in at the provider, in epoch milliseconds, is of a time before the browser was sent there. */
export const isOfEarlierSignIn = (provenAt: number, { askedAt }: FreshnessWish): boolean => provenAt < askedAt - toleranceMs
