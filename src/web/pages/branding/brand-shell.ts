import type { ClassicLook, ManagedLook, PageLook } from '../../../pools/page-look.ts'
import { termsLinksIn } from '../../../pools/terms/terms-links.ts'
import type { LogoPlace, Shell } from '../layout.ts'
import { modesOf, pageImage, providerIconsOf } from './images.ts'
import { isOn, styleSheetOf } from './style-sheet.ts'

type Brand = {
  readonly look: PageLook
  readonly clientId: string
  /** The name of the app client. It is the text of its logo for those who do not see it. */
  readonly clientName: string
  /** Whether the pages are those of managed login. Otherwise they are the classic ones. */
  readonly isManagedLogin: boolean
}

/** The shell with the look of an app client. */
export function brandShell(shell: Shell, brand: Brand): Shell {
  const { look, isManagedLogin } = brand
  if (!isManagedLogin) return { ...shell, ...classicParts(shell, brand, look.classic) }
  const { managed } = look
  const terms = termsLinksIn(look, shell.language)
  return { ...shell, terms, ...(managed !== undefined && !managed.isDefault && managedParts(shell, brand, managed)) }
}

/** The classic pages have no dark mode: style sheets for them were written for light pages. */
function classicParts(shell: Shell, { look, clientName }: Brand, classic: ClassicLook | undefined): Partial<Shell> {
  if (classic === undefined) return { colorMode: 'light' }
  const { ownerId, sheetDigest, logoPath } = classic
  return {
    colorMode: 'light',
    styleSheets:
      sheetDigest === undefined ? shell.styleSheets : [...shell.styleSheets, classicSheetPath(look.poolId, ownerId, sheetDigest)],
    logo: logoPath === undefined ? undefined : { src: logoPath, alt: clientName, place: 'card-top' },
  }
}

function managedParts(shell: Shell, { look: { poolId }, clientId, clientName }: Brand, managed: ManagedLook): Partial<Shell> {
  const modes = modesOf(managed)
  const logo = isOn(managed, 'components.form.logo.enabled') ? pageImage(poolId, managed, 'FORM_LOGO', { alt: clientName }) : undefined
  const bar = (name: 'Header' | 'Footer') => {
    if (!isOn(managed, `categories.global.page${name}.enabled`)) return undefined
    const hasLogo = isOn(managed, `components.page${name}.logo.enabled`)
    return {
      logo: hasLogo ? pageImage(poolId, managed, name === 'Header' ? 'PAGE_HEADER_LOGO' : 'PAGE_FOOTER_LOGO', { alt: '' }) : undefined,
    }
  }
  return {
    colorMode: modes.length === 2 ? 'dynamic' : modes[0] === 'DARK' ? 'dark' : 'light',
    styleSheets: [...shell.styleSheets, managedSheetPath(poolId, clientId, styleSheetOf(poolId, managed).digest)],
    logo: logo && { ...logo, place: placeOf(managed) },
    favicon: faviconOf(poolId, managed),
    providerIcons: providerIconsOf(poolId, managed),
    header: bar('Header'),
    footer: bar('Footer'),
  }
}

function placeOf({ values }: ManagedLook): LogoPlace {
  const isBelow = values.get('components.form.logo.position') === 'BOTTOM'
  if (values.get('components.form.logo.formInclusion') === 'OUT') return isBelow ? 'below-card' : 'above-card'
  return isBelow ? 'card-bottom' : 'card-top'
}

function faviconOf(poolId: string, look: ManagedLook): Shell['favicon'] {
  const types = look.values.get('components.favicon.enabledTypes')
  const isEnabled = (type: string) => !Array.isArray(types) || types.includes(type)
  const svg = isEnabled('SVG') ? pageImage(poolId, look, 'FAVICON_SVG', { alt: '' }) : undefined
  return svg ?? (isEnabled('ICO') ? pageImage(poolId, look, 'FAVICON_ICO', { alt: '' }) : undefined)
}

/** The addresses of style sheets belong to one app client, or to all of a pool, and change with the content. */
function classicSheetPath(poolId: string, ownerId: string, digest: string): string {
  return `/pages/classic/${poolId}/${ownerId}/${digest}.css`
}

function managedSheetPath(poolId: string, clientId: string, digest: string): string {
  return `/pages/managed/${poolId}/${clientId}/${digest}.css`
}
