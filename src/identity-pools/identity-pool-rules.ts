import { ApiError, invalidParameter } from '../contract/api-error.ts'
import { type Quotas, quotaExceeded, requireWithinQuota } from '../pools/quotas.ts'
import type { IdentityPool } from './identity-pool.ts'
import { isProviderOfTokens, publicProviders, secretLoginProviders } from './login-providers.ts'

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

/** The issuer in the ARN of an OpenID Connect provider, without its scheme. */
const issuerNameOf = (arn: string): string => arn.slice(arn.indexOf('/') + 1)

/** @throws ApiError InvalidParameterException when `arn` is not the ARN of an IAM role */
export function requireRoleArn(arn: string): void {
  if (!/^arn:[\w-]+:iam::\d{12}:role\/\S+$/.test(arn)) throw invalidParameter(`${arn} is not the ARN of an IAM role.`)
}

type DeveloperProviderChange = {
  /** The name that the pool has already. */
  readonly before: string | undefined
  /** The name in the request. */
  readonly after: string | undefined
  readonly oidcProviderArns: IdentityPool['oidcProviderArns']
}

/**
 * The developer provider name of a pool after the request. It cannot be changed once it is set, so an update may leave it out. A pool that
 * got a name before such names were refused keeps it.
 * @throws ApiError InvalidParameterException when the request has another name, or when the name is that of a provider whose tokens the
 * server verifies: the back end could then vouch for users of that provider
 */
export function requireDeveloperProvider({ before, after, oidcProviderArns }: DeveloperProviderChange): string | undefined {
  if (before !== undefined && after !== undefined && before !== after) {
    throw invalidParameter('DeveloperProviderName cannot be changed once it is set.')
  }
  if (before !== undefined || after === undefined) return before
  // The case of provider names does not count in the condition keys of policies.
  const name = after.toLowerCase()
  if (isProviderOfTokens(name) || oidcProviderArns.some((arn) => issuerNameOf(arn).toLowerCase() === name)) {
    throw invalidParameter(`DeveloperProviderName: ${after} is the name of another login provider.`)
  }
  return after
}

/** @throws ApiError InvalidParameterException when there are more tags than the quota allows */
export function requireTagsWithinQuota(quotas: Quotas, tags: IdentityPool['tags']): void {
  if (Object.keys(tags).length > quotas.tagsPerIdentityPool) throw invalidParameter(quotaExceeded(quotas, 'tagsPerIdentityPool'))
}

export function identityPoolNotFound(id: string): ApiError {
  return new ApiError('ResourceNotFoundException', `IdentityPool '${id}' not found.`)
}
