import { type ApiError, invalidParameter } from '../../contract/api-error.ts'
import type { Pool } from '../pool.ts'
import { requireTier, type Tiers } from '../tier-rules.ts'
import { classicHostedUi, managedLogin, type PoolDomain } from './pool-domain.ts'

/** A prefix may contain one of these words only within a longer word: `my-aws-app` is rejected, `my-awsome-app` is not (observed). */
const reservedWords: readonly string[] = ['aws', 'amazon', 'cognito']

const prefixPattern = '^[a-z0-9](?:[a-z0-9\\-]{0,61}[a-z0-9])?$'

/**
 * `publicUrl` is the address of this server, which no pool may use as its domain.
 * @throws ApiError InvalidParameterException when the domain or its settings are invalid
 */
export function requireValidDomain(domain: PoolDomain, publicUrl: string): void {
  if (domain.custom === undefined) requirePrefix(domain)
  else requireCustomDomain(domain.domain, publicUrl)
  const { managedLoginVersion: version } = domain
  if (version !== classicHostedUi && version !== managedLogin) throw invalidParameter('ManagedLoginVersion must be 1 or 2.')
}

export function requireTierOfDomain(tiers: Tiers, pool: Pick<Pool, 'tier'>, domain: PoolDomain): void {
  if (domain.managedLoginVersion === managedLogin) requireTier(tiers, pool, { feature: 'Managed login', tier: 'ESSENTIALS' })
}

function requirePrefix({ domain, failover }: PoolDomain): void {
  if (domain.includes('.')) {
    throw invalidParameter(
      `The domain name contains an invalid character. Domain names can only contain lower-case letters, numbers, and hyphens. Please enter a different name that follows this format: ${prefixPattern}`,
    )
  }
  const reserved = domain.split('-').find((word) => reservedWords.includes(word))
  if (reserved !== undefined) throw invalidParameter(`Domain cannot contain reserved word: ${reserved}`)
  if (failover !== undefined) throw invalidParameter('Routing can only be configured for a custom domain.')
}

/** A custom domain must be a DNS name with a parent domain. It must be neither the name of this server nor one of its prefix domains. */
function requireCustomDomain(domain: string, publicUrl: string): void {
  const lastLabel = domain.slice(domain.lastIndexOf('.') + 1)
  if (!domain.includes('.') || /^\d+$/.test(lastLabel)) {
    throw invalidParameter(`Custom domain is not a valid subdomain: ${domain} is not a host name with a parent domain.`)
  }
  const serverHost = new URL(publicUrl).hostname
  if (domain === serverHost || domain === `auth.${serverHost}` || domain.endsWith(`.auth.${serverHost}`)) {
    throw invalidParameter(`Custom domain is not a valid subdomain: ${domain} belongs to the server itself.`)
  }
}

/** The error when the pool does not have the domain or does not exist. The text is the same for both (observed). */
export function domainNotFound(): ApiError {
  return invalidParameter('No such domain or user pool exists.')
}
