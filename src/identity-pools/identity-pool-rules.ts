import { ApiError, invalidParameter } from '../contract/api-error.ts'
import { type Quotas, quotaExceeded, requireWithinQuota } from '../pools/quotas.ts'
import type { IdentityPool } from './identity-pool.ts'
import { publicProviders, secretLoginProviders } from './login-providers.ts'

/**
 * Checks settings that the contract cannot check. `loginProviders` are the login providers as the administrator gave them.
 * @throws ApiError InvalidParameterException when a provider is wrong
 * @throws ApiError LimitExceededException when the pool has more user pools or tags than the quotas allow
 */
export function requireConsistentIdentityPool(
  quotas: Quotas,
  pool: Pick<IdentityPool, 'userPoolProviders' | 'oidcProviderArns' | 'samlProviderArns' | 'tags'>,
  loginProviders: Readonly<Record<string, string>>,
): void {
  for (const [name, value] of Object.entries(loginProviders)) requireLoginProvider(name, value)
  for (const arn of pool.oidcProviderArns) requireProviderArn('OpenIdConnectProviderARNs', 'oidc-provider', arn)
  for (const arn of pool.samlProviderArns) requireProviderArn('SamlProviderARNs', 'saml-provider', arn)
  requireWithinQuota(quotas, 'userPoolsPerIdentityPool', pool.userPoolProviders.length)
  requireWithinQuota(quotas, 'tagsPerIdentityPool', Object.keys(pool.tags).length)
}

function requireLoginProvider(name: string, value: string): void {
  if (!publicProviders.has(name)) {
    throw invalidParameter(`SupportedLoginProviders: ${name} is not one of ${[...publicProviders].join(', ')}.`)
  }
  if (secretLoginProviders.has(name) && !/^[^;]+;[^;]+$/.test(value)) {
    throw invalidParameter(
      `SupportedLoginProviders: the value of ${name} is not a consumer key and a consumer secret with a semicolon between them.`,
    )
  }
}

function requireProviderArn(member: string, type: string, arn: string): void {
  if (!new RegExp(`^arn:[\\w-]+:iam::\\d{12}:${type}/\\S+$`).test(arn))
    throw invalidParameter(`${member}: ${arn} is not the ARN of an IAM ${type}.`)
}

/** @throws ApiError InvalidParameterException when `arn` is not the ARN of an IAM role */
export function requireRoleArn(arn: string): void {
  if (!/^arn:[\w-]+:iam::\d{12}:role\/\S+$/.test(arn)) throw invalidParameter(`${arn} is not the ARN of an IAM role.`)
}

/**
 * The developer provider name after an update. It cannot be changed once it is set, so an update may leave it out.
 * @throws ApiError InvalidParameterException when the update has another name
 */
export function requireUnchangedDeveloperProvider(before: string | undefined, after: string | undefined): string | undefined {
  if (before !== undefined && after !== undefined && before !== after) {
    throw invalidParameter('DeveloperProviderName cannot be changed once it is set.')
  }
  return before ?? after
}

/** @throws ApiError InvalidParameterException when there are more tags than the quota allows */
export function requireTagsWithinQuota(quotas: Quotas, tags: IdentityPool['tags']): void {
  if (Object.keys(tags).length > quotas.tagsPerIdentityPool) throw invalidParameter(quotaExceeded(quotas, 'tagsPerIdentityPool'))
}

export function identityPoolNotFound(id: string): ApiError {
  return new ApiError('ResourceNotFoundException', `IdentityPool '${id}' not found.`)
}
