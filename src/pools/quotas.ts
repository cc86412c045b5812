import { ApiError } from '../contract/api-error.ts'
import { SettingsError } from '../settings.ts'

/** The default quotas, which are AWS's, and how the error for an exceeded quota names each thing. */
const table = {
  userPools: { max: 1_000, description: 'user pools on this server' },
  appClientsPerPool: { max: 1_000, description: 'app clients in a user pool' },
  customDomains: { max: 4, description: 'custom domains on this server' },
  groupsPerPool: { max: 10_000, description: 'groups in a user pool' },
  groupsPerUser: { max: 100, description: 'groups for each user' },
  identityPools: { max: 1_000, description: 'identity pools on this server' },
  identityProvidersPerPool: { max: 300, description: 'identity providers in a user pool' },
  linkAttributesPerProvider: { max: 5, description: 'attributes by which identities of a provider are linked' },
  linkedIdentitiesPerUser: { max: 5, description: 'identities linked to each user' },
  importJobsPerPool: { max: 1_000, description: 'import jobs in a user pool' },
  importMegabytes: { max: 100, description: 'megabytes in an import file' },
  importRows: { max: 500_000, description: 'rows in an import file' },
  managedLoginBrandingsPerPool: { max: 20, description: 'managed login branding styles in a user pool' },
  passkeysPerUser: { max: 20, description: 'passkeys for each user' },
  resourceServersPerPool: { max: 25, description: 'resource servers in a user pool' },
  roleMappingsPerIdentityPool: { max: 10, description: 'role mappings in an identity pool' },
  rulesPerRoleMapping: { max: 25, description: 'rules in a role mapping' },
  tagsPerIdentityPool: { max: 50, description: 'tags on an identity pool' },
  tagsPerPool: { max: 50, description: 'tags on a user pool' },
  termsPerPool: { max: 40, description: 'terms documents in a user pool' },
  userPoolsPerIdentityPool: { max: 50, description: 'user pools in an identity pool' },
} as const satisfies Record<string, { max: number; description: string }>

type QuotaName = keyof typeof table

/** How many of each thing may exist on this server. */
export type Quotas = Readonly<Record<QuotaName, number>>

const defaultQuotas = Object.fromEntries(Object.entries(table).map(([name, { max }]) => [name, max])) as Quotas

/**
 * All quotas. A quota that the operator has set takes the place of its default.
 * @throws SettingsError when a name is not that of a quota
 */
export function quotasWith(overrides: Readonly<Record<string, number>> = {}): Quotas {
  const unknown = Object.keys(overrides).find((name) => !Object.hasOwn(table, name))
  if (unknown !== undefined) {
    throw new SettingsError(`--quotas: ${JSON.stringify(unknown)} is not a quota. The quotas are: ${Object.keys(table).join(', ')}.`)
  }
  return { ...defaultQuotas, ...overrides }
}

/** @throws ApiError LimitExceededException when `count`, which includes the thing to be created, is above the quota */
export function requireWithinQuota(quotas: Quotas, name: QuotaName, count: number): void {
  if (count > quotas[name]) throw new ApiError('LimitExceededException', quotaExceeded(quotas, name))
}

/** The text of the error for an exceeded quota, for operations that use another error code. */
export function quotaExceeded<Name extends QuotaName>(quotas: Pick<Quotas, Name>, name: Name): string {
  return `There can be at most ${quotas[name]} ${table[name].description}.`
}
