import { createHash } from 'node:crypto'
import { invalidParameter } from '../../contract/api-error.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { findDomainsOfPool } from '../domains/pool-domain-repository.ts'
import { type PoolResource, resourceKind } from '../pool-resource.ts'

export type LogoType = 'png' | 'jpeg'

/** The look of the classic hosted pages of one app client. The look with the id `allClients` is for clients without a look of their own. */
export type UiCustomization = PoolResource<{
  readonly css: string | undefined
  /** `bytes` is base64. `digest` identifies the image in its URL. */
  readonly logo: { readonly type: LogoType; readonly bytes: string; readonly digest: string } | undefined
}>

export const uiCustomizations = resourceKind<UiCustomization['config']>('ui-customization')

/** @throws ApiError InvalidParameterException when the content of the file is neither PNG nor JPEG */
export function readLogo(file: Uint8Array): NonNullable<UiCustomization['config']['logo']> {
  const type = logoTypeOf(file)
  if (type === undefined) throw invalidParameter('The image must be a PNG or JPEG file.')
  const digest = createHash('sha256').update(file).digest('hex').slice(0, 32)
  return { type, bytes: Buffer.from(file).toString('base64'), digest }
}

const signatures: Readonly<Record<LogoType, readonly number[]>> = {
  png: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  jpeg: [0xff, 0xd8, 0xff],
}

function logoTypeOf(file: Uint8Array): LogoType | undefined {
  const beginsWith = (type: LogoType) => signatures[type].every((byte, at) => file[at] === byte)
  return (['png', 'jpeg'] as const).find(beginsWith)
}

/** The path at which this server serves the logo. */
export function logoPath(poolId: string, clientId: string, digest: string): string {
  return `/${poolId}/ui-customization/${clientId}/${digest}`
}

/** @throws ApiError InvalidParameterException, with Cognito's text, when the pool has no domain and so no pages to customize */
export async function requireDomain(db: Db | Tx, poolId: string): Promise<void> {
  const domains = await findDomainsOfPool(db, poolId)
  if (domains.length === 0) throw invalidParameter('There has to be an existing domain associated with this user pool')
}
