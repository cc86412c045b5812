/** Counts what happens to sign-ins from networks that are slowed down. */
export type StuffingMetrics = {
  /** `allowed`: within the few attempts of a minute. `known`: of a user who is known there. */
  countAttempt(outcome: 'allowed' | 'known' | 'refused'): void
  /** Tasks that pages gave to browsers, and answers to them. `refused`: forged, expired, used, of another place, or too easy. */
  countProof(outcome: 'asked' | 'solved' | 'refused'): void
}
