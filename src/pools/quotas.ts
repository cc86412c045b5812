import { ApiError } from '../contract/api-error.ts'
import { SettingsError } from '../settings.ts'

/** The most there may be of a thing, and how the refusal of one more calls them. The numbers are AWS's defaults. */
const table = {
  userPools: { most: 1_000, what: 'user pools on this server' },
  appClientsPerPool: { most: 1_000, what: 'app clients in a user pool' },
  customDomains: { most: 4, what: 'custom domains on this server' },
  groupsPerPool: { most: 10_000, what: 'groups in a user pool' },
  groupsPerUser: { most: 100, what: 'groups for each user' },
  identityProvidersPerPool: { most: 300, what: 'identity providers in a user pool' },
  linkedIdentitiesPerUser: { most: 5, what: 'identities linked to each user' },
  importJobsPerPool: { most: 1_000, what: 'import jobs in a user pool' },
  importMegabytes: { most: 100, what: 'megabytes in an import file' },
  importRows: { most: 500_000, what: 'rows in an import file' },
  managedLoginBrandingsPerPool: { most: 20, what: 'managed login branding styles in a user pool' },
  passkeysPerUser: { most: 20, what: 'passkeys for each user' },
  resourceServersPerPool: { most: 25, what: 'resource servers in a user pool' },
  tagsPerPool: { most: 50, what: 'tags on a user pool' },
  termsPerPool: { most: 40, what: 'terms documents in a user pool' },
} as const satisfies Record<string, { most: number; what: string }>

type QuotaName = keyof typeof table

/** What may be had of each thing on this server. */
export type Quotas = Readonly<Record<QuotaName, number>>

const defaultQuotas = Object.fromEntries(Object.entries(table).map(([name, { most }]) => [name, most])) as Quotas

/** The defaults, but for those that the operator set. Throws SettingsError for a name that is none. */
export function quotasWith(own: Readonly<Record<string, number>> = {}): Quotas {
  const unknown = Object.keys(own).find((name) => !Object.hasOwn(table, name))
  if (unknown !== undefined) {
    throw new SettingsError(`--quotas: ${JSON.stringify(unknown)} is no quota. There are: ${Object.keys(table).join(', ')}.`)
  }
  return { ...defaultQuotas, ...own }
}

/** Throws LimitExceededException when `count` of them, the new one included, are more than there may be. */
export function requireWithinQuota(quotas: Quotas, name: QuotaName, count: number): void {
  if (count > quotas[name]) throw new ApiError('LimitExceededException', quotaExceeded(quotas, name))
}

/** The words of a refusal, for the operations whose error is another one. */
export function quotaExceeded(quotas: Quotas, name: QuotaName): string {
  return `There can be at most ${quotas[name]} ${table[name].what}.`
}
