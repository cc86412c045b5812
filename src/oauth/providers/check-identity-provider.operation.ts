import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { ProviderAddressType } from '../../contract/generated/types.ts'
import { operation } from '../../contract/operation.ts'
import { checkIssuer } from '../../federation/check/check-issuer.ts'
import { checkClients, checkMapping } from '../../federation/check/check-mapping.ts'
import { checkOpenId } from '../../federation/check/check-openid.ts'
import { checkSaml } from '../../federation/check/check-saml.ts'
import { worstOf } from '../../federation/check/provider-check.ts'
import type { Federation } from '../../federation/federation.ts'
import { serviceProviderId } from '../../federation/saml/saml-client.ts'
import { listClientsOffering } from '../../pools/app-client-repository.ts'
import { endpointBasesOf } from '../../pools/domains/endpoint-base.ts'
import { findDomainsOfPool } from '../../pools/domains/pool-domain-repository.ts'
import type { ProviderType } from '../../pools/identity-providers/identity-provider.ts'
import { findIdentityProvider } from '../../pools/identity-providers/identity-provider-repository.ts'
import { providerNotFound } from '../../pools/identity-providers/identity-provider-rules.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'

type Deps = { db: Db; secrets: Secrets; clock: Clock; pools: PoolCatalog; publicUrl: string; federation: Federation }

/** Lifeguard's own operation: asks an identity provider what it publishes, and says in words what is wrong with its settings. */
export const checkIdentityProvider = operation('CheckIdentityProvider', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, secrets, clock, pools, publicUrl, federation }: Deps, { audit }: AuditedCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    const provider = await findIdentityProvider(db, secrets, pool.id, request.ProviderName)
    if (provider === undefined) throw providerNotFound(request.ProviderName)
    const { type } = provider.config
    const { sources } = federation
    const clients = await listClientsOffering(db, secrets, pool.id, provider.id)
    const published =
      type === 'SAML'
        ? await checkSaml({ db, secrets, clock, sources }, pool.id, provider)
        : await checkOpenId({ clock, sources }, provider)
    const issuer = await checkIssuer({ db, sources }, pool, provider)
    const checks = [...published, checkMapping(pool, provider, clients), checkClients(clients), ...issuer]
    const status = worstOf(checks.map((check) => check.status))
    await db.transaction().execute((tx) => audit.record(tx, { detail: `result: ${status}` }))
    return {
      Status: status,
      Checks: checks.map(({ name, status, message }) => ({ Name: name, Status: status, Message: message })),
      Addresses: addressesFor(type, pool.id, endpointBasesOf(publicUrl, await findDomainsOfPool(db, pool.id))),
    }
  },
})

/** What to enter at the provider. Each domain of the pool that users visit has addresses of its own. */
function addressesFor(type: ProviderType, poolId: string, bases: readonly string[]): ProviderAddressType[] {
  if (type !== 'SAML') return bases.map((base) => ({ Name: 'REDIRECT_URI', Value: `${base}/oauth2/idpresponse` }))
  return [
    { Name: 'ENTITY_ID', Value: serviceProviderId(poolId) },
    ...bases.map((base) => ({ Name: 'ASSERTION_CONSUMER_SERVICE', Value: `${base}/saml2/idpresponse` }) as const),
  ]
}
