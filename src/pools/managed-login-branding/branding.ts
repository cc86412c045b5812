import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import { type PoolResource, resourceKind } from '../pool-resource.ts'
import type { StyleImage } from './branding-asset.ts'
import type { BrandingSettings } from './branding-settings.ts'

/** The style of the managed login pages of one app client. Its id is a UUIDv4. Its images are separate resources. */
export type Branding = PoolResource<{
  readonly clientId: string
  /** Whether the pages have Cognito's default look. The style then has neither settings nor images. */
  readonly isDefault: boolean
  readonly settings: BrandingSettings | undefined
  /** What the images are, without their content, so that pages can name them. Styles of earlier releases have no such list. */
  readonly images?: readonly StyleImage[] | undefined
}>

export const brandings = resourceKind<Branding['config']>('managed-login-branding')

/** Resources that lead from an app client to its only style. The id of such a resource is the id of the client. */
export const brandingByClient = resourceKind<{ readonly brandingId: string }>('managed-login-branding-by-client')

/** The error for a style that the pool, or the app client, does not have. */
export function brandingNotFound(): ApiError {
  return new ApiError('ResourceNotFoundException', 'Managed login branding not found.')
}

/** @throws ApiError InvalidParameterException when a request asks for Cognito's default look and also has settings or images */
export function requireDefaultsOrCustomValues(isDefault: boolean, hasCustomValues: boolean): void {
  if (isDefault && hasCustomValues) throw invalidParameter('Settings and Assets must be left out when UseCognitoProvidedValues is true.')
}
