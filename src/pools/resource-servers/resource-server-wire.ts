import type { ResourceServerScopeType, ResourceServerType } from '../../contract/generated/types.ts'
import type { ResourceServer } from './resource-server.ts'

type ResourceServerMembers = { readonly Name: string; readonly Scopes?: readonly ResourceServerScopeType[] | undefined }

/** The settings in a request that creates or updates a resource server. An update without scopes removes all scopes. */
export function readResourceServer(request: ResourceServerMembers): ResourceServer['config'] {
  const scopes = request.Scopes ?? []
  return { name: request.Name, scopes: scopes.map(({ ScopeName: name, ScopeDescription: description }) => ({ name, description })) }
}

export function writeResourceServer(poolId: string, server: ResourceServer): ResourceServerType {
  return {
    UserPoolId: poolId,
    Identifier: server.id,
    Name: server.config.name,
    Scopes: server.config.scopes.map(({ name, description }) => ({ ScopeName: name, ScopeDescription: description })),
  }
}
