import type { UICustomizationType } from '../../contract/generated/types.ts'
import { logoPath, type UiCustomization } from './ui-customization.ts'

/** `publicUrl` is the URL of this server, which serves the logo. */
export function writeUiCustomization(
  poolId: string,
  { id, createdAt, updatedAt, config }: UiCustomization,
  publicUrl: string,
): UICustomizationType {
  const { css, logo } = config
  return {
    UserPoolId: poolId,
    ClientId: id,
    ImageUrl: logo && publicUrl + logoPath(poolId, id, logo.digest),
    CSS: css,
    CSSVersion: css === undefined ? undefined : versionOf(updatedAt),
    LastModifiedDate: new Date(updatedAt),
    CreationDate: new Date(createdAt),
  }
}

/** The time as digits, such as 20190128172214. */
function versionOf(time: number): string {
  return new Date(time).toISOString().slice(0, 19).replace(/\D/g, '')
}
