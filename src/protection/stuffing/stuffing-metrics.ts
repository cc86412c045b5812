/** Counts what happens to sign-ins from networks that are slowed down. */
export type StuffingMetrics = {
  /** `allowed`: within the few attempts of a minute. `known`: of a user who is known there. */
  countAttempt(outcome: 'allowed' | 'known' | 'refused'): void
}
