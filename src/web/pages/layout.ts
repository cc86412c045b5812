import { type Html, html } from '../../base/html.ts'
import type { TermsLinks } from '../../pools/terms/terms-links.ts'
import { pageDataScriptPath } from './browser-data-script.ts'
import { directionOf, type Language, locales, type Text } from './texts.ts'
import { workScriptPath } from './work-script.ts'

/** An image of the branding. Where the page follows the browser's colour mode, `darkSrc` takes its place in dark mode. */
export type PageImage = { readonly src: string; readonly darkSrc?: string | undefined; readonly alt: string }

/** Where the logo stands: in the card with the page's content or outside of it. */
export type LogoPlace = 'above-card' | 'card-top' | 'card-bottom' | 'below-card'

/** A bar at the upper or lower edge of the page. */
type Bar = { readonly logo: PageImage | undefined }

/** What all pages of one request have in common. */
export type Shell = {
  readonly text: Text
  readonly language: Language
  /** `dynamic` follows the browser. */
  readonly colorMode: 'light' | 'dark' | 'dynamic'
  /** Addresses of style sheets: first the one of all pages, then the one of the client's branding. */
  readonly styleSheets: readonly string[]
  readonly logo: (PageImage & { readonly place: LogoPlace }) | undefined
  readonly favicon: PageImage | undefined
  /** The icons that administrators gave to identity providers, by the name of the provider. */
  readonly providerIcons: ReadonlyMap<string, PageImage>
  readonly header: Bar | undefined
  readonly footer: Bar | undefined
  /** The links of the sign-up page, in its language. */
  readonly terms: TermsLinks | undefined
  /** The addresses of this page in other languages. Undefined where the page cannot be shown again, such as an answer to a form. */
  readonly languageLinks: ReadonlyMap<Language, string> | undefined
  /** Fields that forms send back and do not show: the token of the browser, and the step that the form belongs to. */
  readonly hiddenFields: Readonly<Record<string, string>>
  /** In pools with threat protection: for whom the page's forms tell about the browser. */
  readonly browserData: { readonly userPoolId: string; readonly clientId: string } | undefined
  /** The task that the page's script solves before it sends a form, in a network that is slowed down. */
  readonly work: { readonly seed: string; readonly bits: number } | undefined
}

/** One page: its title, and what stands below the title. */
export type Page = {
  readonly title: string
  readonly body: Html | readonly (Html | undefined)[]
  /** Whether the card is wide, for pages with lists. */
  readonly isWide?: boolean | undefined
  /** The address of the page's script, which this server serves. Most pages have none. */
  readonly script?: string | undefined
  /** Addresses of other sites that the browser loads and does not show. */
  readonly frames?: readonly string[] | undefined
  /** Where the browser goes once all of the page is loaded, frames included. */
  readonly next?: string | undefined
}

/** A whole document. It has no inline style or script, so that its Content-Security-Policy can forbid them. */
export function renderPage(shell: Shell, { title, body, isWide = false, script, frames = [], next }: Page): Html {
  const { language, colorMode, styleSheets, favicon, header, footer, browserData, work } = shell
  return html`<!doctype html>
<html lang="${language}" dir="${directionOf(language)}" data-mode="${colorMode}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="${colorMode === 'dynamic' ? 'light dark' : colorMode}">
<title>${title}</title>
${next !== undefined && html`<meta http-equiv="refresh" content="0;url=${next}">\n`}${iconLinks(favicon)}
${styleSheets.map((href) => html`<link rel="stylesheet" href="${href}">\n`)}${browserData && browserDataTag(browserData)}${work && workTag(work)}${script !== undefined && html`<script src="${script}" defer></script>\n`}</head>
<body>
${header && html`<header class="bar bar-header">${header.logo && picture(header.logo)}</header>\n`}<div class="page background-customizable">
${logoAt(shell, 'above-card')}<main class="card${isWide && ' card-wide'}" id="main">
${logoAt(shell, 'card-top')}<h1>${title}</h1>
${work && workNotes(shell)}${Array.isArray(body) ? body : (body as Html)}
${logoAt(shell, 'card-bottom')}</main>
${frames.map(hiddenFrame)}${logoAt(shell, 'below-card')}${languageMenu(shell)}
</div>
${footer && html`<div class="bar bar-footer">${footer.logo && picture(footer.logo)}</div>\n`}</body>
</html>
`
}

function browserDataTag({ userPoolId, clientId }: NonNullable<Shell['browserData']>): Html {
  return html`<script src="${pageDataScriptPath}" data-user-pool-id="${userPoolId}" data-client-id="${clientId}" defer></script>\n`
}

function workTag({ seed, bits }: NonNullable<Shell['work']>): Html {
  return html`<script src="${workScriptPath}" data-seed="${seed}" data-bits="${bits}" defer></script>\n`
}

/**
 * What the user of a slowed network reads without scripts, and while a form waits for the script. The status is there from the start,
 * because screen readers only read what changes in a status that they know.
 */
function workNotes({ text }: Shell): Html {
  return html`<noscript><p class="alert">${text('workNoScript')}</p></noscript>
<div role="status" data-work-status data-text="${text('workWaiting')}"></div>\n`
}

/** The site in the frame can run scripts and use its own storage. It can neither open windows nor lead the page elsewhere. */
function hiddenFrame(address: string): Html {
  return html`<iframe class="unseen" src="${address}" title="" aria-hidden="true" tabindex="-1" sandbox="allow-scripts allow-same-origin" referrerpolicy="no-referrer"></iframe>\n`
}

/** Without an icon the browser would ask for /favicon.ico. */
function iconLinks(icon: PageImage | undefined): Html {
  if (icon?.darkSrc === undefined) return html`<link rel="icon" href="${icon?.src ?? 'data:,'}">`
  return html`<link rel="icon" href="${icon.src}" media="not all and (prefers-color-scheme: dark)">
<link rel="icon" href="${icon.darkSrc}" media="(prefers-color-scheme: dark)">`
}

/** The logo, if it stands at this place. Outside of the card it belongs to no landmark, so that screen readers pass over it. */
function logoAt({ logo }: Shell, place: LogoPlace): Html | undefined {
  if (logo?.place !== place) return undefined
  const isInside = place === 'card-top' || place === 'card-bottom'
  return html`<div class="banner banner-customizable">${picture(isInside ? logo : { ...logo, alt: '' })}</div>\n`
}

function picture({ src, darkSrc, alt }: PageImage): Html {
  const image = html`<img class="logo logo-customizable" src="${src}" alt="${alt}">`
  if (darkSrc === undefined) return image
  return html`<picture><source srcset="${darkSrc}" media="(prefers-color-scheme: dark)">${image}</picture>`
}

/** Links rather than a list that changes by script, so that the pages need none. */
function languageMenu({ text, language, languageLinks }: Shell): Html | undefined {
  if (languageLinks === undefined) return undefined
  const links = [...languageLinks].map(
    ([code, href]) =>
      html`<li><a href="${href}" lang="${code}" hreflang="${code}"${code === language && html` aria-current="true"`}>${locales[code].name}</a></li>`,
  )
  return html`<footer class="languages">
<details>
<summary><span class="unseen">${text('language')}: </span>${locales[language].name}</summary>
<ul>${links}</ul>
</details>
</footer>`
}
