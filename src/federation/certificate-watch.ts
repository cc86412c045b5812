import type { Clock } from '../base/clock.ts'
import { hourMs } from '../base/durations.ts'

/**
 * Whose certificate it is: that of a SAML provider, or the one with which this server signs for a pool. Metadata in the settings of a provider
 * ends like a certificate, if it says so.
 */
export type CertificateOwner = 'provider' | 'own' | 'metadata'

/** A certificate that no sign-in has used for so long is forgotten. Its provider may be gone. */
const rememberedMs = 24 * hourMs
const mostCertificates = 1000

type Seen = { readonly owner: CertificateOwner; readonly expiresAt: number; readonly seenAt: number }

/** When the certificates expire that sign-ins by SAML used lately, in this process. */
export type CertificateWatch = {
  /** `key` names the pool and the provider. `expiresAt` is in epoch milliseconds; undefined when it is not known, or there is no end. */
  note(owner: CertificateOwner, key: readonly string[], expiresAt: number | undefined): void
  /** When the first of them expires, in epoch milliseconds. Undefined when none was used. */
  firstExpiry(owner: CertificateOwner): number | undefined
}

export function createCertificateWatch(clock: Clock): CertificateWatch {
  const seen = new Map<string, Seen>()
  return {
    note(owner, key, expiresAt) {
      const id = JSON.stringify([owner, ...key])
      seen.delete(id)
      if (expiresAt === undefined) return
      seen.set(id, { owner, expiresAt, seenAt: clock.now() })
      const [oldest] = seen.keys()
      if (seen.size > mostCertificates && oldest !== undefined) seen.delete(oldest)
    },
    firstExpiry(owner) {
      const since = clock.now() - rememberedMs
      const expiries = [...seen.values()].filter((one) => one.owner === owner && one.seenAt > since).map(({ expiresAt }) => expiresAt)
      return expiries.length === 0 ? undefined : Math.min(...expiries)
    },
  }
}
