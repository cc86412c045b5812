import type { Clock } from './base/clock.ts'
import type { Logger } from './base/logger.ts'
import type { Secrets } from './base/secrets.ts'
import { createFederation, staleLog } from './federation/federation.ts'
import type { FederationMetrics } from './federation/federation-metrics.ts'
import { createDetailsDiscovery } from './federation/set-up/discover-details.ts'
import { readOpenIdClients } from './identity-pools/logins/openid-issuer.ts'
import { createOpenIdKeys } from './identity-pools/logins/openid-keys.ts'
import { createProviderApis } from './identity-pools/logins/provider-apis.ts'
import { createSamlLogins } from './identity-pools/logins/saml-login.ts'
import { isLoopbackHost } from './loopback.ts'
import { createClientKeySets } from './oauth/private-key-jwt/client-key-sets.ts'
import type { Settings } from './settings.ts'
import type { Db } from './storage/db.ts'

type Options = {
  readonly settings: Settings
  readonly db: Db
  readonly secrets: Secrets
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: { readonly federation: FederationMetrics }
  readonly withoutSlot: <T>(work: () => Promise<T>) => Promise<T>
}

/** The identity providers of user pools, the login providers whose users identity pools may accept, and what fetches the keys of app clients. */
export function configuredProviders({ settings, db, secrets, clock, logger, metrics, withoutSlot }: Options) {
  const origins = new Set(settings.privateIdentityProviders?.split(',').map((origin) => new URL(origin).origin))
  const isPrivateAllowed = ({ origin, hostname }: URL) => origins.has(origin) || (settings.mode === 'dev' && isLoopbackHost(hostname))
  const jwksUriRule = { allowsLoopback: settings.mode === 'dev' }
  const federation = createFederation({ db, secrets, clock, logger, metrics: metrics.federation, withoutSlot, isPrivateAllowed })
  const mustAnswer = settings.requireReachableProviders ?? settings.mode !== 'dev'
  return {
    jwksUriRule,
    clientKeySets: createClientKeySets({ clock, rule: jwksUriRule, withoutSlot }),
    federation,
    discoverDetails: createDetailsDiscovery({ ...federation.sources, logger, mustAnswer }),
    openIdClients: readOpenIdClients(settings.openIdClients),
    samlLogins: createSamlLogins({
      providers: settings.samlProviders,
      region: settings.region,
      clock,
      withoutSlot,
      timeRequest: metrics.federation.timeRequest,
      onStale: staleLog(logger),
    }),
    openIdKeys: createOpenIdKeys({ clock, withoutSlot }),
    providerApis: createProviderApis({ urls: settings.loginProviderUrls, withoutSlot }),
  }
}
