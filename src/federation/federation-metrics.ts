import type { ProviderType } from '../pools/identity-providers/identity-provider.ts'
import type { FailureReason } from './federation-error.ts'
import type { TimeProviderRequest } from './provider-http.ts'

/** What sign-ins by identity providers report. All labels are from fixed lists: no names of providers or pools. */
export type FederationMetrics = {
  /** Counts a sign-in that failed. The type is `unknown` where the pool has no such provider. */
  countFailure(type: ProviderType | 'unknown', reason: FailureReason): void
  /** Notes an exchange with a provider: how it ended, and how long it took. */
  readonly timeRequest: TimeProviderRequest
}
