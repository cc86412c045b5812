import type { StyleImage } from '../../../pools/managed-login-branding/branding-asset.ts'
import type { ManagedLook } from '../../../pools/page-look.ts'
import type { PageImage } from '../layout.ts'

export type ColourMode = 'LIGHT' | 'DARK'
type Category = StyleImage['category']

/** The path at which this server serves the image. It changes with the content. */
export function imagePath(poolId: string, brandingId: string, { digest, extension }: StyleImage): string {
  return `/pages/images/${poolId}/${brandingId}/${digest}.${extension.toLowerCase()}`
}

/** The image for a colour mode: the one for this mode, the one for both, or else the one for the other mode. */
export function findImage({ images }: ManagedLook, category: Category, mode: ColourMode, resourceId?: string): StyleImage | undefined {
  const all = images.filter((one) => one.category === category && one.resourceId === resourceId)
  return all.find(({ colorMode }) => colorMode === mode) ?? all.find(({ colorMode }) => colorMode === 'DYNAMIC') ?? all[0]
}

/** The image for the colour modes of a page. Where the page follows the browser, it may have two. */
export function pageImage(
  poolId: string,
  look: ManagedLook,
  category: Category,
  { alt, resourceId }: { readonly alt: string; readonly resourceId?: string },
): PageImage | undefined {
  const [first = 'LIGHT', second] = modesOf(look)
  const image = findImage(look, category, first, resourceId)
  const dark = second && findImage(look, category, second, resourceId)
  if (image === undefined) return undefined
  const darkSrc = dark === undefined || dark.digest === image.digest ? undefined : imagePath(poolId, look.brandingId, dark)
  return { src: imagePath(poolId, look.brandingId, image), darkSrc, alt }
}

/** The icons of identity providers. An icon belongs to the provider that its `ResourceId` names. */
export function providerIconsOf(poolId: string, look: ManagedLook): ReadonlyMap<string, PageImage> {
  const names = new Set(
    look.images.flatMap(({ category, resourceId }) => (category === 'IDP_BUTTON_ICON' && resourceId ? [resourceId] : [])),
  )
  return new Map(
    [...names].flatMap((name) => {
      const image = pageImage(poolId, look, 'IDP_BUTTON_ICON', { alt: '', resourceId: name })
      return image === undefined ? [] : [[name, image] as const]
    }),
  )
}

/** The colour modes of the pages. Cognito's default is the light one. */
export function modesOf({ values }: ManagedLook): readonly ColourMode[] {
  const mode = values.get('categories.global.colorSchemeMode')
  if (mode === 'DYNAMIC') return ['LIGHT', 'DARK']
  return mode === 'DARK' ? ['DARK'] : ['LIGHT']
}
