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
export function findImage({ images }: ManagedLook, category: Category, mode: ColourMode): StyleImage | undefined {
  const all = images.filter((one) => one.category === category && one.resourceId === undefined)
  return all.find(({ colorMode }) => colorMode === mode) ?? all.find(({ colorMode }) => colorMode === 'DYNAMIC') ?? all[0]
}

/** The image for the colour modes of a page. Where the page follows the browser, it may have two. */
export function pageImage(poolId: string, look: ManagedLook, category: Category, alt: string): PageImage | undefined {
  const [first = 'LIGHT', second] = modesOf(look)
  const image = findImage(look, category, first)
  const dark = second && findImage(look, category, second)
  if (image === undefined) return undefined
  const darkSrc = dark === undefined || dark.digest === image.digest ? undefined : imagePath(poolId, look.brandingId, dark)
  return { src: imagePath(poolId, look.brandingId, image), darkSrc, alt }
}

/** The colour modes of the pages. Cognito's default is the light one. */
export function modesOf({ values }: ManagedLook): readonly ColourMode[] {
  const mode = values.get('categories.global.colorSchemeMode')
  if (mode === 'DYNAMIC') return ['LIGHT', 'DARK']
  return mode === 'DARK' ? ['DARK'] : ['LIGHT']
}
