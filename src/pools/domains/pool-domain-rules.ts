import { type ApiError, invalidParameter } from '../../contract/api-error.ts'
import type { Pool } from '../pool.ts'
import { requireTier, type Tiers } from '../tier-rules.ts'
import { classicHostedUi, managedLogin, type PoolDomain } from './pool-domain.ts'

/** A prefix may hold such a word only as a part of a longer one: `my-aws-app` is refused, `my-awsome-app` is not (observed). */
const reservedWords: readonly string[] = ['aws', 'amazon', 'cognito']

const prefixPattern = '^[a-z0-9](?:[a-z0-9\\-]{0,61}[a-z0-9])?$'

/** Throws InvalidParameterException when the domain cannot be as it is. `publicUrl` is this server's own address, which no pool can take. */
export function requireValidDomain(domain: PoolDomain, publicUrl: string): void {
  if (domain.custom === undefined) requirePrefix(domain)
  else requireNameOfTheirOwn(domain.domain, publicUrl)
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

/** A DNS name with a parent, and neither this server's own name nor one under which its prefix domains lie. */
function requireNameOfTheirOwn(domain: string, publicUrl: string): void {
  const lastLabel = domain.slice(domain.lastIndexOf('.') + 1)
  if (!domain.includes('.') || /^\d+$/.test(lastLabel)) {
    throw invalidParameter(`Custom domain is not a valid subdomain: ${domain} is not a host name with a parent domain.`)
  }
  const own = new URL(publicUrl).hostname
  if (domain === own || domain === `auth.${own}` || domain.endsWith(`.auth.${own}`)) {
    throw invalidParameter(`Custom domain is not a valid subdomain: ${domain} belongs to the server itself.`)
  }
}

/** The answer when the pool does not have the domain or does not exist (observed, both in one text). */
export function domainNotFound(): ApiError {
  return invalidParameter('No such domain or user pool exists.')
}
