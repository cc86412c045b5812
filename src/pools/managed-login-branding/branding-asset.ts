import { createHash } from 'node:crypto'
import { invalidParameter } from '../../contract/api-error.ts'
import type { AssetType } from '../../contract/generated/types.ts'
import { type PoolResource, resourceKind } from '../pool-resource.ts'

/** An image of a style, with its `bytes` in base64. There is one for each category, colour mode and resource id. */
export type BrandingAsset = PoolResource<{
  readonly category: AssetType['Category']
  readonly colorMode: AssetType['ColorMode']
  readonly extension: AssetType['Extension']
  readonly resourceId: string | undefined
  readonly bytes: string | undefined
}>

export const brandingAssets = resourceKind<BrandingAsset['config']>('managed-login-asset')

/** An image of a style without its content. `digest` identifies the content in the image's address. */
export type StyleImage = Omit<BrandingAsset['config'], 'bytes'> & { readonly digest: string }

/** The images among the assets. Assets without bytes are left out. */
export function imagesIn(assets: readonly BrandingAsset[]): readonly StyleImage[] {
  return assets.flatMap(({ config: { bytes, ...described } }) => (bytes ? [{ ...described, digest: digestOf(bytes) }] : []))
}

export const digestOf = (bytes: string): string => createHash('sha256').update(bytes).digest('hex').slice(0, 32)

const maxAssets = 40

/** The most bytes of all assets of one request together: Cognito's limit. */
const maxRequestBytes = 2 * 1024 * 1024

const icons: Readonly<Partial<Record<AssetType['Category'], readonly AssetType['Extension'][]>>> = {
  FAVICON_ICO: ['ICO'],
  FAVICON_SVG: ['SVG'],
  IDP_BUTTON_ICON: ['ICO', 'SVG'],
}
const graphics: readonly AssetType['Extension'][] = ['PNG', 'JPEG', 'SVG', 'WEBP']

export function assetId(
  brandingId: string,
  { category, colorMode, resourceId }: Pick<BrandingAsset['config'], 'category' | 'colorMode' | 'resourceId'>,
): string {
  return `${assetPrefix(brandingId)}${category}/${colorMode}/${resourceId ?? ''}`
}

/** The ids of all assets of a style begin with this prefix. */
export function assetPrefix(brandingId: string): string {
  return `${brandingId}/`
}

/** @throws ApiError InvalidParameterException when a file has a wrong type, two files have the same id, or all together are too large */
export function readAssets(brandingId: string, list: readonly AssetType[] | undefined, now: number): readonly BrandingAsset[] {
  const assets = new Map<string, BrandingAsset>()
  let bytes = 0
  for (const asset of list ?? []) {
    const read = readAsset(brandingId, asset, now)
    if (assets.has(read.id)) throw invalidParameter(`There is more than one asset for ${asset.Category} in ${asset.ColorMode}.`)
    assets.set(read.id, read)
    bytes += asset.Bytes?.length ?? 0
  }
  if (bytes > maxRequestBytes) throw invalidParameter('The assets of a request cannot be larger than 2 megabytes together.')
  return [...assets.values()]
}

function readAsset(brandingId: string, asset: AssetType, now: number): BrandingAsset {
  const { Category: category, ColorMode: colorMode, Extension: extension, ResourceId: resourceId, Bytes: bytes } = asset
  const allowed = icons[category] ?? graphics
  if (!allowed.includes(extension))
    throw invalidParameter(`An asset for ${category} must be one of ${allowed.join(', ')}, not ${extension}.`)
  if (!bytes?.length && resourceId === undefined) throw invalidParameter(`The asset for ${category} has neither Bytes nor a ResourceId.`)
  const id = assetId(brandingId, { category, colorMode, resourceId })
  const config = { category, colorMode, extension, resourceId, bytes: bytes && Buffer.from(bytes).toString('base64') }
  return { id, createdAt: now, updatedAt: now, config }
}

/** @throws ApiError InvalidParameterException when a style would have too many assets */
export function requireAssetsWithinLimit(count: number): void {
  if (count > maxAssets) throw invalidParameter(`A style can have at most ${maxAssets} assets.`)
}
