import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import { type PoolResource, resourceKind } from '../pool-resource.ts'

/** One thing that a resource server lets a client do with it. */
export type Scope = { readonly name: string; readonly description: string }

/** An API that access tokens of the pool are for. Its id is its identifier. */
export type ResourceServer = PoolResource<{ readonly name: string; readonly scopes: readonly Scope[] }>

export const resourceServers = resourceKind<ResourceServer['config']>('resource-server')

/** Throws InvalidParameterException when a scope is there twice, or the server would speak for this service itself. */
export function requireValidResourceServer({ id, config }: ResourceServer): void {
  // Scopes such as aws.cognito/dcr/register are the service's own; whoever defines one again could hand it out.
  if (id.startsWith('aws.cognito')) throw invalidParameter('Identifiers that begin with aws.cognito are reserved.')
  const names = new Set<string>()
  for (const { name } of config.scopes) {
    if (names.has(name)) throw invalidParameter(`The scope ${name} is given more than once.`)
    names.add(name)
  }
}

/** The answer for a resource server that the pool does not have. */
export function resourceServerNotFound(identifier: string): ApiError {
  return new ApiError('ResourceNotFoundException', `Resource server ${identifier} does not exist.`)
}
