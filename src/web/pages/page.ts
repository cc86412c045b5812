import { createHash } from 'node:crypto'
import { type Html, html, trustedHtml } from '../../base/html.ts'

const style = [
  'body{font:1.125rem/1.5 system-ui,sans-serif;margin:0;color:#1a1a1a;background:#fff}',
  'main{max-width:34rem;margin:15vh auto 0;padding:0 1.5rem}',
  'h1{font-size:1.75rem;line-height:1.25}',
  'label{display:block;margin:1rem 0}',
  'input{display:block;box-sizing:border-box;width:100%;font:inherit;padding:.5rem;margin-top:.25rem}',
  'button{font:inherit;padding:.5rem 1.5rem}',
  '@media(prefers-color-scheme:dark){body{color:#f2f2f2;background:#16191d}}',
].join('')
const styleHash = createHash('sha256').update(style).digest('base64')

/** A page of the server: plain HTML without scripts. */
export type Page = { readonly title: string; readonly content: Html }

export function writePage({ title, content }: Page): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${trustedHtml(style)}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`
}

/** The headers of a page. `formTargets` are the sources to which its forms may lead, redirects included (Content Security Policy 3). */
export function pageHeaders(formTargets: readonly string[] = []): Readonly<Record<string, string>> {
  const formAction = formTargets.length === 0 ? "'none'" : formTargets.join(' ')
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action ${formAction}; frame-ancestors 'none'`,
    'x-frame-options': 'DENY',
  }
}
