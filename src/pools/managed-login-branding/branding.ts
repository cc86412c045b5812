import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import { type PoolResource, resourceKind } from '../pool-resource.ts'
import type { BrandingSettings } from './branding-settings.ts'

/** How the managed login pages of one app client look. Its id is a UUIDv4; its pictures are records of their own. */
export type Branding = PoolResource<{
  readonly clientId: string
  /** Everything is as it comes; there are neither settings nor pictures then. */
  readonly isDefault: boolean
  readonly settings: BrandingSettings | undefined
}>

export const brandings = resourceKind<Branding['config']>('managed-login-branding')

/** Leads from an app client, whose id is the record's, to its style: it has one at most. */
export const brandingByClient = resourceKind<{ readonly brandingId: string }>('managed-login-branding-by-client')

/** The answer for a style that the pool, or the app client, does not have. */
export function brandingNotFound(): ApiError {
  return new ApiError('ResourceNotFoundException', 'Managed login branding not found.')
}

/** Throws InvalidParameterException: whoever wants the defaults cannot want something else as well. */
export function requireNoMixture(wantsDefaults: boolean, wantsOwn: boolean): void {
  if (wantsDefaults && wantsOwn) throw invalidParameter('Settings and Assets must be left out when UseCognitoProvidedValues is true.')
}
