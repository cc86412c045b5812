import { type Html, html } from '../../base/html.ts'
import { type Language, locales, type Text } from './texts.ts'

/** What all pages of one request have in common. */
export type Shell = {
  readonly text: Text
  readonly language: Language
  /** `dynamic` follows the browser. */
  readonly colorMode: 'light' | 'dark' | 'dynamic'
  /** Addresses of style sheets: first the one of all pages, then the one of the client's branding. */
  readonly styleSheets: readonly string[]
  readonly logo: { readonly src: string; readonly alt: string } | undefined
  readonly favicon: string | undefined
  /** The addresses of this page in other languages. Undefined where the page cannot be shown again, such as an answer to a form. */
  readonly languageLinks: ReadonlyMap<Language, string> | undefined
  /** Fields that forms send back and do not show: the token of the browser, and the step that the form belongs to. */
  readonly hiddenFields: Readonly<Record<string, string>>
}

/** One page: its title, and what stands below the title. */
export type Page = {
  readonly title: string
  readonly body: Html | readonly (Html | undefined)[]
  /** A script of our own, which only pages about passkeys have. */
  readonly script?: string | undefined
}

/** A whole document. It has no inline style or script, so that its Content-Security-Policy can forbid them. */
export function renderPage(shell: Shell, { title, body, script }: Page): Html {
  const { language, colorMode, styleSheets, favicon, logo } = shell
  return html`<!doctype html>
<html lang="${language}" dir="ltr" data-mode="${colorMode}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="${colorMode === 'dynamic' ? 'light dark' : colorMode}">
<title>${title}</title>
<link rel="icon" href="${favicon ?? 'data:,'}">
${styleSheets.map((href) => html`<link rel="stylesheet" href="${href}">\n`)}${script !== undefined && html`<script src="${script}" defer></script>\n`}</head>
<body>
<div class="page background-customizable">
<main class="card" id="main">
${logo !== undefined && html`<div class="banner banner-customizable"><img class="logo logo-customizable" src="${logo.src}" alt="${logo.alt}"></div>`}
<h1>${title}</h1>
${Array.isArray(body) ? body : (body as Html)}
</main>
${languageMenu(shell)}
</div>
</body>
</html>
`
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
