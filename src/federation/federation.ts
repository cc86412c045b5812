import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Secrets } from '../base/secrets.ts'
import type { IdentityProvider, ProviderType } from '../pools/identity-providers/identity-provider.ts'
import type { Db } from '../storage/db.ts'
import { createOpenIdConfigurations } from './openid/openid-configuration.ts'
import { createOpenIdProtocol } from './openid/openid-protocol.ts'
import type { ProviderProtocol } from './provider.ts'
import { createProviderFetch } from './provider-http.ts'
import { createSamlMetadataSource } from './saml/metadata-source.ts'
import { createSamlProtocol } from './saml/saml-protocol.ts'

type FailedAt = { readonly poolId: string; readonly clientId: string; readonly provider: string }

/** Sign-in by the identity providers of user pools, whatever their type. */
export type Federation = ProviderProtocol & {
  /** Tells the operator why a sign-in failed. The app gets a shorter text, and the user an error page of the app. */
  logFailure(failed: FailedAt, error: unknown): void
  /** The same for a logout at a provider. */
  logLogoutFailure(failed: FailedAt, error: unknown): void
}

type Options = Parameters<typeof createProviderFetch>[0] & {
  readonly db: Db
  readonly secrets: Secrets
  readonly clock: Clock
  readonly logger: Pick<Logger, 'warn'>
}

export function createFederation({ db, secrets, clock, logger, ...http }: Options): Federation {
  const fetch = createProviderFetch(http)
  const openId = createOpenIdProtocol(createOpenIdConfigurations({ clock, fetch, withoutSlot: http.withoutSlot }))
  const saml = createSamlProtocol({ db, secrets, clock, metadata: createSamlMetadataSource({ clock, fetch }) })
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
    logFailure(failed, error) {
      logger.warn({ ...failed, err: error }, 'A sign-in by an identity provider failed.')
    },
    logLogoutFailure(failed, error) {
      logger.warn({ ...failed, err: error }, 'A logout at an identity provider failed.')
    },
  }
}
