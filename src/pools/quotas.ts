import { ApiError } from '../contract/api-error.ts'

/** The most there may be of a thing, and how the refusal of one more calls them. The numbers are AWS's defaults. */
const table = {
  customDomains: { most: 4, what: 'custom domains on this server' },
  identityProvidersPerPool: { most: 300, what: 'identity providers in a user pool' },
  resourceServersPerPool: { most: 25, what: 'resource servers in a user pool' },
  tagsPerPool: { most: 50, what: 'tags on a user pool' },
} as const satisfies Record<string, { most: number; what: string }>

type QuotaName = keyof typeof table

/** What may be had of each thing on this server. */
export type Quotas = Readonly<Record<QuotaName, number>>

export const defaultQuotas = Object.fromEntries(Object.entries(table).map(([name, { most }]) => [name, most])) as Quotas

/** Throws LimitExceededException when `count` of them, the new one included, are more than there may be. */
export function requireWithinQuota(quotas: Quotas, name: QuotaName, count: number): void {
  if (count > quotas[name]) throw new ApiError('LimitExceededException', quotaExceeded(quotas, name))
}

/** The words of a refusal, for the operations whose error is another one. */
export function quotaExceeded(quotas: Quotas, name: QuotaName): string {
  return `There can be at most ${quotas[name]} ${table[name].what}.`
}
