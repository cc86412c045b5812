import {
  DescribeIdentityProviderCommand,
  DescribeUserPoolDomainCommand,
  ListIdentityProvidersCommand,
  ListResourceServersCommand,
  type UserPoolType,
} from '@aws-sdk/client-cognito-identity-provider'
import { createUserPoolDomain } from '../../pools/domains/create-user-pool-domain.operation.ts'
import { findDomainsOfPool } from '../../pools/domains/pool-domain-repository.ts'
import { updateUserPoolDomain } from '../../pools/domains/update-user-pool-domain.operation.ts'
import { createIdentityProvider } from '../../pools/identity-providers/create-identity-provider.operation.ts'
import { findIdentityProvider } from '../../pools/identity-providers/identity-provider-repository.ts'
import { updateIdentityProvider } from '../../pools/identity-providers/update-identity-provider.operation.ts'
import { findResource } from '../../pools/pool-resource-repository.ts'
import { createResourceServer } from '../../pools/resource-servers/create-resource-server.operation.ts'
import { resourceServers } from '../../pools/resource-servers/resource-server.ts'
import { updateResourceServer } from '../../pools/resource-servers/update-resource-server.operation.ts'
import { type Copy, copyThing, requestOf, runOperation } from './copy-context.ts'
import { pagesOf } from './source.ts'

/** Copies the resource servers with their scopes. */
export async function copyResourceServers(copy: Copy): Promise<void> {
  const { source, poolId, deps } = copy
  const pages = pagesOf(async (token) => {
    const answer = await source.readIfAny('resource servers', (client) =>
      client.send(new ListResourceServersCommand({ UserPoolId: poolId, MaxResults: 50, NextToken: token })),
    )
    return { items: answer?.ResourceServers, next: answer?.NextToken }
  })
  for await (const page of pages) {
    for (const shown of page) {
      const id = shown.Identifier ?? ''
      await copyThing(copy, { kind: 'resource servers', id, shown: requestOf('CreateResourceServer', shown) }, async () => {
        const isHere = (await findResource(deps.db, poolId, resourceServers, id)) !== undefined
        if (isHere) await runOperation(copy, updateResourceServer, shown)
        else await runOperation(copy, createResourceServer, shown)
      })
    }
  }
}

/** Copies the identity providers with their secrets, as far as the former pool shows them. */
export async function copyIdentityProviders(copy: Copy): Promise<void> {
  const { source, poolId, deps } = copy
  const pages = pagesOf(async (token) => {
    const answer = await source.readIfAny('identity providers', (client) =>
      client.send(new ListIdentityProvidersCommand({ UserPoolId: poolId, MaxResults: 60, NextToken: token })),
    )
    return { items: answer?.Providers, next: answer?.NextToken }
  })
  for await (const page of pages) {
    for (const { ProviderName: id = '' } of page) {
      const answer = await source.readIfAny(`identity provider ${id}`, (client) =>
        client.send(new DescribeIdentityProviderCommand({ UserPoolId: poolId, ProviderName: id })),
      )
      const shown = answer?.IdentityProvider
      if (shown === undefined) continue
      const request = requestOf('CreateIdentityProvider', { ...shown, UserPoolId: poolId })
      await copyThing(copy, { kind: 'identity providers', id, shown: request }, async () => {
        const isHere = (await findIdentityProvider(deps.db, deps.secrets, poolId, id)) !== undefined
        if (isHere) await runOperation(copy, updateIdentityProvider, shown)
        else await runOperation(copy, createIdentityProvider, shown)
      })
      copy.report.note(`Identity provider ${id} must allow the redirect URI of this server's domain.`)
    }
  }
}

/** Takes the domains of the pool where they are free here. */
export async function copyDomains(copy: Copy, { Domain: prefix, CustomDomain: custom }: UserPoolType): Promise<void> {
  const { source, poolId, deps } = copy
  for (const domain of [prefix, custom]) {
    if (domain === undefined) continue
    const answer = await source.readIfAny(`domain ${domain}`, (client) =>
      client.send(new DescribeUserPoolDomainCommand({ Domain: domain })),
    )
    const described = answer?.DomainDescription ?? {}
    const certificate = described.CustomDomainConfig?.CertificateArn
    const shown = {
      Domain: domain,
      ManagedLoginVersion: described.ManagedLoginVersion,
      ...(certificate !== undefined && { CustomDomainConfig: described.CustomDomainConfig }),
    }
    await copyThing(copy, { kind: 'domains', id: domain, shown }, async () => {
      const isHere = (await findDomainsOfPool(deps.db, poolId)).some((other) => other.domain === domain)
      if (isHere) await runOperation(copy, updateUserPoolDomain, shown)
      else await runOperation(copy, createUserPoolDomain, shown)
    })
    if (certificate !== undefined)
      copy.report.note(`Custom domain ${domain}: its DNS name must point to this server, which needs a certificate for it.`)
  }
}
