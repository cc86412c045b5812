import type { AppClient } from '../../pools/app-client.ts'
import type { OfferedProvider } from '../../pools/identity-providers/identity-provider.ts'
import { findOffered, findProviderNameByIdentifier } from '../../pools/identity-providers/identity-provider-repository.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'
import type { Db } from '../../storage/db.ts'
import type { DomainSession } from '../domain-session/session-cookie.ts'
import { OAuthError } from '../oauth-error.ts'
import type { Parameters } from '../parameters.ts'

/** The name that stands for the users of the pool itself. */
export const ownUsers = 'COGNITO'

/** Whether users of the pool itself can sign in to the client. */
export const offersOwnUsers = ({ identityProviders }: AppClient): boolean => identityProviders?.includes(ownUsers) ?? true

/** What an app asks of the way in which a user has signed in. */
type ProviderWish = { readonly client: AppClient; readonly namedProvider?: string | undefined }

/**
 * Whether a session may answer the request: it was made by the provider that the request names, or else by one that the client offers. A
 * session of an earlier release does not say how it was made.
 */
export function isMadeFor({ client, namedProvider }: ProviderWish, { providerName }: DomainSession): boolean {
  if (namedProvider !== undefined) return providerName === namedProvider
  if (providerName === undefined) return true
  return providerName === ownUsers ? offersOwnUsers(client) : providerNamesOf(client).includes(providerName)
}

const providerNamesOf = ({ identityProviders = [] }: AppClient): readonly string[] => identityProviders.filter((name) => name !== ownUsers)

/** The identity providers that the client offers and that still exist, in the client's order. */
export async function findOfferedProviders(db: Db, { pool, client }: PoolAndClient): Promise<readonly OfferedProvider[]> {
  const names = providerNamesOf(client)
  return names.length === 0 ? [] : findOffered(db, pool.id, names)
}

/**
 * What a request names by `identity_provider` or `idp_identifier`: an identity provider, or `COGNITO` for the users of the pool itself.
 * Undefined when it names none.
 *
 * @throws OAuthError invalid_request when the client does not offer the provider.
 */
export async function findNamedProvider(db: Db, owner: PoolAndClient, parameters: Parameters): Promise<string | undefined> {
  const [given, identifier] = [parameters.get('identity_provider'), parameters.get('idp_identifier')]
  if (given === undefined && identifier === undefined) return undefined
  if (given === ownUsers && offersOwnUsers(owner.client)) return ownUsers
  const name = given ?? (await findProviderNameByIdentifier(db, owner.pool.id, identifier ?? ''))
  const offered = name !== undefined && name.length <= 32 && providerNamesOf(owner.client).includes(name)
  if (offered && (await findOfferedProviders(db, owner)).some((one) => one.name === name)) return name
  throw new OAuthError('invalid_request', { description: 'The identity provider is not available for this client.' })
}
