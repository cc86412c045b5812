import type {
  CreateUserPoolDomainRequest,
  CreateUserPoolDomainResponse,
  CustomDomainConfigType,
  DomainDescriptionType,
  RoutingType,
  UpdateUserPoolDomainRequest,
} from '../../contract/generated/types.ts'
import { classicHostedUi, type PoolDomain } from './pool-domain.ts'

export function readNewDomain(request: CreateUserPoolDomainRequest, now: number): PoolDomain {
  return {
    domain: request.Domain,
    poolId: request.UserPoolId,
    createdAt: now,
    updatedAt: now,
    managedLoginVersion: request.ManagedLoginVersion ?? classicHostedUi,
    custom: readCustomConfig(request.CustomDomainConfig),
    failover: readFailover(request.Routing),
  }
}

/** `domain` after UpdateUserPoolDomain. Settings that the request does not name stay. A Routing without Failover ends the failover. */
export function readDomainUpdate(domain: PoolDomain, request: UpdateUserPoolDomainRequest, now: number): PoolDomain {
  return {
    ...domain,
    updatedAt: now,
    managedLoginVersion: request.ManagedLoginVersion ?? domain.managedLoginVersion,
    custom: readCustomConfig(request.CustomDomainConfig) ?? domain.custom,
    failover: request.Routing === undefined ? domain.failover : readFailover(request.Routing),
  }
}

/** The response to CreateUserPoolDomain and UpdateUserPoolDomain. DNS must point a custom domain to `host`. */
export function writeDomainAnswer(domain: PoolDomain, host: string): CreateUserPoolDomainResponse {
  return {
    ManagedLoginVersion: domain.managedLoginVersion,
    CloudFrontDomain: domain.custom && host,
    Routing: writeRouting(domain),
  }
}

/**
 * The `S3Bucket` in the description of a domain: Cognito's value in every region (observed). Lifeguard has no such bucket, but tools store
 * the member and compare it.
 */
const assetsBucket = 'aws-cognito-prod-iad-assets'

export function writeDomain(domain: PoolDomain, { accountId, host }: { accountId: string; host: string }): DomainDescriptionType {
  return {
    UserPoolId: domain.poolId,
    AWSAccountId: accountId,
    Domain: domain.domain,
    S3Bucket: assetsBucket,
    CloudFrontDistribution: host,
    Version: versionOf(domain),
    Status: 'ACTIVE',
    ...writeDomainSettings(domain),
  }
}

/** The settings that UpdateUserPoolDomain can change, as DescribeUserPoolDomain shows them. */
export function writeDomainSettings(domain: PoolDomain) {
  return {
    CustomDomainConfig: writeCustomConfig(domain),
    ManagedLoginVersion: domain.managedLoginVersion,
    Routing: writeRouting(domain),
  }
}

/** The `Version` in the description of a domain: the time of the last change as digits, beginning with the year. */
function versionOf(domain: PoolDomain): string {
  return new Date(domain.updatedAt).toISOString().replace(/\D/g, '').slice(0, 14)
}

function readCustomConfig(config: CustomDomainConfigType | undefined): PoolDomain['custom'] {
  return config && { certificateArn: config.CertificateArn, securityPolicy: config.SecurityPolicy }
}

/** The `CustomDomainConfig` in a description. It is empty for a prefix domain (observed). */
function writeCustomConfig({ custom }: PoolDomain): CustomDomainConfigType {
  if (custom === undefined) return {} as CustomDomainConfigType
  return { CertificateArn: custom.certificateArn, SecurityPolicy: custom.securityPolicy }
}

function readFailover(routing: RoutingType | undefined): PoolDomain['failover'] {
  const failover = routing?.Failover
  return failover && { secondaryRegion: failover.SecondaryRegion, healthCheckId: failover.PrimaryRoute53HealthCheckId }
}

function writeRouting({ failover }: PoolDomain): RoutingType | undefined {
  return failover && { Failover: { SecondaryRegion: failover.secondaryRegion, PrimaryRoute53HealthCheckId: failover.healthCheckId } }
}
