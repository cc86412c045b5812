import type { AssetType, ManagedLoginBrandingType } from '../../contract/generated/types.ts'
import type { Branding } from './branding.ts'
import type { BrandingAsset } from './branding-asset.ts'
import { mergeSettings } from './branding-settings.ts'
import { defaultSettings } from './default-settings.ts'

/** With `merged`, settings that were not set are shown with their default values. Otherwise only settings that were set are shown. */
export function writeBranding(
  poolId: string,
  { id, createdAt, updatedAt, config }: Branding,
  assets: readonly BrandingAsset[],
  { merged = false }: { merged?: boolean | undefined } = {},
): ManagedLoginBrandingType {
  return {
    ManagedLoginBrandingId: id,
    UserPoolId: poolId,
    UseCognitoProvidedValues: config.isDefault,
    Settings: merged ? mergeSettings(defaultSettings, config.settings ?? {}) : config.settings,
    Assets: assets.length === 0 ? undefined : assets.map(writeAsset),
    CreationDate: new Date(createdAt),
    LastModifiedDate: new Date(updatedAt),
  }
}

function writeAsset({ config: { category, colorMode, extension, resourceId, bytes } }: BrandingAsset): AssetType {
  return {
    Category: category,
    ColorMode: colorMode,
    Extension: extension,
    ResourceId: resourceId,
    Bytes: bytes === undefined ? undefined : Buffer.from(bytes, 'base64'),
  }
}
