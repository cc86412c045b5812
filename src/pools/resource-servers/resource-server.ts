import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import { type PoolResource, resourceKind } from '../pool-resource.ts'

/** One permission that a resource server defines. */
export type Scope = { readonly name: string; readonly description: string }

/** An API that accepts access tokens of the pool. Its id is its identifier. */
export type ResourceServer = PoolResource<{ readonly name: string; readonly scopes: readonly Scope[] }>

export const resourceServers = resourceKind<ResourceServer['config']>('resource-server')

/** @throws ApiError InvalidParameterException when a scope is given twice or the identifier is reserved for Cognito's own scopes */
export function requireValidResourceServer({ id, config }: ResourceServer): void {
  // Scopes such as aws.cognito/dcr/register are Cognito's own. A resource server that defines one could grant it.
  if (id.startsWith('aws.cognito')) throw invalidParameter('Identifiers that begin with aws.cognito are reserved.')
  const names = new Set<string>()
  for (const { name } of config.scopes) {
    if (names.has(name)) throw invalidParameter(`The scope ${name} is given more than once.`)
    names.add(name)
  }
}

/** The error for a resource server that the pool does not have. */
export function resourceServerNotFound(identifier: string): ApiError {
  return new ApiError('ResourceNotFoundException', `Resource server ${identifier} does not exist.`)
}
