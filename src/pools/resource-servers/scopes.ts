import type { Db, Tx } from '../../storage/db.ts'
import { findResources } from '../pool-resource-repository.ts'
import { resourceServers } from './resource-server.ts'

/** Cognito's own scopes for access to a user. */
export const userScopes: readonly string[] = ['phone', 'email', 'openid', 'profile', 'aws.cognito.signin.user.admin']

/** Cognito's own scope for the registration of app clients (RFC 7591). No resource server defines it. */
export const registrationScope = 'aws.cognito/dcr/register'

/** The scopes among `scopes` that exist in the pool: Cognito's own, and `<identifier>/<scope>` of the pool's resource servers. */
export async function findExistingScopes(db: Db | Tx, poolId: string, scopes: readonly string[]): Promise<ReadonlySet<string>> {
  const existing = new Set([...userScopes, registrationScope].filter((scope) => scopes.includes(scope)))
  const identifiers = new Set(scopes.filter((scope) => !existing.has(scope)).flatMap((scope) => identifierOf(scope) ?? []))
  for (const server of await findResources(db, poolId, resourceServers, [...identifiers])) {
    for (const { name } of server.config.scopes) existing.add(`${server.id}/${name}`)
  }
  return existing
}

/** What the resource servers say about their scopes, by scope. Cognito's own scopes are not among them. */
export async function findScopeDescriptions(db: Db | Tx, poolId: string, scopes: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const identifiers = new Set(scopes.filter((scope) => !userScopes.includes(scope)).flatMap((scope) => identifierOf(scope) ?? []))
  const servers = await findResources(db, poolId, resourceServers, [...identifiers])
  const described = servers.flatMap(({ id, config }) =>
    config.scopes.map(({ name, description }) => [`${id}/${name}`, description] as const),
  )
  return new Map(described.filter(([scope]) => scopes.includes(scope)))
}

/** The part before the last slash. An identifier may contain slashes; the name of a scope does not. */
function identifierOf(scope: string): string | undefined {
  const slash = scope.lastIndexOf('/')
  return slash < 1 ? undefined : scope.slice(0, slash)
}
