import type { IdentityProvider } from '../../pools/identity-providers/identity-provider.ts'
import { completeDetails } from '../../pools/identity-providers/provider-details.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import { listMembers } from '../../users/groups/group-member-repository.ts'
import { findGroup } from '../../users/groups/group-repository.ts'
import { identitiesOf } from '../../users/linked-identities/linked-identity.ts'
import { providerGroupName } from '../federated-identity.ts'
import { isOfProvider } from '../people/bind-identity.ts'
import type { SamlMetadataSource } from '../saml/metadata-source.ts'
import { checkOf, listed, type ProviderCheck } from './provider-check.ts'

type Deps = { readonly db: Db; readonly sources: { readonly saml: SamlMetadataSource } }

/** The check reads so many users. The first ones are the oldest, who may have signed in before a change of the issuer. */
const mostUsers = 100

/**
 * Whether the first users of the provider have identities of its present issuer. Others cannot sign in. Nothing is checked while the issuer
 * is not known, or has no users.
 */
export async function checkIssuer(deps: Deps, pool: Pool, provider: IdentityProvider): Promise<readonly ProviderCheck[]> {
  const issuer = await issuerOf(deps, provider)
  const group = issuer === undefined ? undefined : await findGroup(deps.db, pool.id, providerGroupName(pool, provider.id))
  if (group === undefined) return []
  const users = await listMembers(deps.db, group, { after: undefined, limit: mostUsers })
  const present = { providerName: provider.id, providerType: provider.config.type, issuer }
  const others = users.flatMap(({ attributes }) =>
    identitiesOf(attributes).filter((one) => one.providerName === provider.id && !isOfProvider(pool, one, present)),
  )
  const good = `No identity of the first ${users.length} users of the provider is of another issuer than ${issuer}.`
  if (others.length === 0) return [checkOf('ISSUER', good)]
  const issuers = [...new Set(others.map(({ providerType, issuer: other }) => `${other} (${providerType})`))]
  const count = others.length === 1 ? '1 identity' : `${others.length} identities`
  const words =
    `${count} of the first ${users.length} users of the provider ${others.length === 1 ? 'is' : 'are'} of another issuer than ${issuer}, ` +
    `and cannot sign in: ${listed(issuers)}. If the provider has only a new name, set PreviousIssuers in SetUserPoolExtensions.`
  return [checkOf('ISSUER', '', [['WARNING', words]])]
}

/** Undefined for a provider without an issuer, and while the metadata cannot be read, of which another check tells. */
async function issuerOf({ sources }: Deps, provider: IdentityProvider): Promise<string | undefined> {
  if (provider.config.type !== 'SAML') return completeDetails(provider.config)['oidc_issuer']
  const metadata = await sources.saml.of(provider).catch(() => undefined)
  return metadata?.entityId
}
