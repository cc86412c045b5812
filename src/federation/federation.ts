import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Secrets } from '../base/secrets.ts'
import { createWarningThrottle } from '../base/warning-throttle.ts'
import type { IdentityProvider, ProviderType } from '../pools/identity-providers/identity-provider.ts'
import type { Db } from '../storage/db.ts'
import { reasonOf, wordsOf } from './causes.ts'
import { type CertificateWatch, createCertificateWatch } from './certificate-watch.ts'
import type { FederationMetrics } from './federation-metrics.ts'
import { createOpenIdConfigurations, type OpenIdConfigurations } from './openid/openid-configuration.ts'
import { createOpenIdProtocol } from './openid/openid-protocol.ts'
import type { ProviderAnswer, ProviderProtocol } from './provider.ts'
import { createProviderFetch, type ProviderFetch } from './provider-http.ts'
import { maskResponse } from './saml/mask-response.ts'
import { createSamlMetadataSource, type SamlMetadataSource } from './saml/metadata-source.ts'
import { createSamlProtocol } from './saml/saml-protocol.ts'

type FailedAt = { readonly poolId: string; readonly clientId: string; readonly provider: string }

/** A sign-in that failed. */
type FailedSignIn = FailedAt & {
  /** Undefined when the pool has no such provider. */
  readonly type: ProviderType | undefined
  /** Undefined when the provider has not answered yet. */
  readonly answer?: ProviderAnswer
}

/** Sign-in by the identity providers of user pools, whatever their type. */
export type Federation = ProviderProtocol & {
  /** Tells the operator why a sign-in failed. The app gets a shorter text, and the user an error page of the app. */
  noteFailure(failed: FailedSignIn, error: unknown): Promise<void>
  /** The same for a logout at a provider. */
  logLogoutFailure(failed: Omit<FailedAt, 'clientId'> & Partial<FailedAt>, error: unknown): void
  readonly certificates: Pick<CertificateWatch, 'firstExpiry'>
  /** What the set-up and the check of a provider ask it for. */
  readonly sources: { readonly fetch: ProviderFetch; readonly openId: OpenIdConfigurations; readonly saml: SamlMetadataSource }
}

type Options = Omit<Parameters<typeof createProviderFetch>[0], 'timeRequest'> & {
  readonly db: Db
  readonly secrets: Secrets
  readonly clock: Clock
  readonly logger: Pick<Logger, 'warn' | 'info'>
  readonly metrics: FederationMetrics
}

/** Tells the operator that a provider cannot be asked for its metadata. */
export const staleLog = (logger: Pick<Logger, 'warn'>) => (url: string, error: unknown) =>
  logger.warn({ url, cause: wordsOf(error) }, 'The metadata of an identity provider cannot be fetched again. The known one stays in use.')

export function createFederation({ db, secrets, clock, logger, metrics, ...http }: Options): Federation {
  const fetch = createProviderFetch({ ...http, timeRequest: metrics.timeRequest })
  const certificates = createCertificateWatch(clock)
  const throttle = createWarningThrottle()
  const onStale = staleLog(logger)
  const configurations = createOpenIdConfigurations({ clock, fetch, withoutSlot: http.withoutSlot, onStale })
  const metadata = createSamlMetadataSource({ clock, fetch, withoutSlot: http.withoutSlot, onStale })
  const openId = createOpenIdProtocol({ configurations, fetch })
  const saml = createSamlProtocol({ db, secrets, clock, metadata, certificates })
  const protocols: Readonly<Record<ProviderType, ProviderProtocol>> = {
    Facebook: openId,
    Google: openId,
    LoginWithAmazon: openId,
    OIDC: openId,
    SAML: saml,
    SignInWithApple: openId,
  }
  const protocolOf = ({ config: { type } }: IdentityProvider): ProviderProtocol => protocols[type]
  return {
    begin: (request) => protocolOf(request.provider).begin(request),
    finish: (provider, pending) => protocolOf(provider).finish(provider, pending),
    beginLogout: (request) => protocolOf(request.provider).beginLogout(request),
    finishLogout: (provider, answer) => protocolOf(provider).finishLogout(provider, answer),
    async noteFailure({ answer, ...failed }, error) {
      const reason = reasonOf(error)
      metrics.countFailure(failed.type ?? 'unknown', reason)
      const response = answer?.get('SAMLResponse')
      const samlResponse = response === undefined ? undefined : ((await maskResponse(response)) ?? 'not readable')
      const { poolId, provider } = failed
      const failures = throttle.countToReport([poolId, provider, reason].join(' '), clock.now())
      const level = failures === undefined ? 'info' : 'warn'
      logger[level]({ ...failed, reason, cause: wordsOf(error), samlResponse, failures }, 'A sign-in by an identity provider failed.')
    },
    logLogoutFailure(failed, error) {
      const failures = throttle.countToReport(['logout', failed.poolId, failed.provider].join(' '), clock.now())
      const level = failures === undefined ? 'info' : 'warn'
      logger[level]({ ...failed, cause: wordsOf(error), failures }, 'A logout at an identity provider failed.')
    },
    certificates,
    sources: { fetch, openId: configurations, saml: metadata },
  }
}
