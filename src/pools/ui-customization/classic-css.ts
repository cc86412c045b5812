import { invalidParameter } from '../../contract/api-error.ts'

/** The parts of the classic pages that a style sheet may change. Their CSS classes have the suffix `-customizable`. */
const customizableParts: ReadonlySet<string> = new Set([
  'background',
  'banner',
  'errorMessage',
  'idpButton',
  'idpDescription',
  'inputField',
  'label',
  'legalText',
  'logo',
  'passwordCheck-notValid',
  'passwordCheck-valid',
  'redirect',
  'socialButton',
  'submitButton',
  'textDescription',
])

const selector = /^\.([\w-]+?)-customizable(?::(?:hover|focus|active))?$/
const property = /^-?[a-z]+(?:-[a-z]+)*$/i

/** Values that could load, run or hide something. Users type their passwords on the pages with this style sheet. */
const forbiddenInValues = /[@<>\\]|\/\*|\*\/|(?:url|expression|image-set|src)\s*\(|javascript:/i

/**
 * Checks that a style sheet is a list of plain rules for `customizableParts`: without at-rules, other selectors, or URLs to fetch.
 * @throws ApiError InvalidParameterException when the style sheet is not such a list
 */
export function requireValidCss(css: string): void {
  // The character < is not allowed in comments either, because it could end the HTML element that contains the style sheet.
  if (css.includes('<')) throw invalidParameter('The CSS cannot contain the character <.')
  let rest = withoutComments(css).trim()
  while (rest !== '') {
    const open = rest.indexOf('{')
    const close = rest.indexOf('}')
    if (open === -1 || close < open) throw invalidParameter('The CSS is not a list of rules.')
    for (const one of rest.slice(0, open).split(',')) requireKnownSelector(one.trim())
    for (const one of rest.slice(open + 1, close).split(';')) requirePlainDeclaration(one.trim())
    rest = rest.slice(close + 1).trimStart()
  }
}

function withoutComments(css: string): string {
  const parts: string[] = []
  let from = 0
  for (let start = css.indexOf('/*'); start !== -1; start = css.indexOf('/*', from)) {
    const end = css.indexOf('*/', start + 2)
    if (end === -1) throw invalidParameter('A comment in the CSS has no end.')
    parts.push(css.slice(from, start))
    from = end + 2
  }
  return [...parts, css.slice(from)].join(' ')
}

function requireKnownSelector(text: string): void {
  const name = selector.exec(text)?.[1]
  if (name === undefined || !customizableParts.has(name)) throw invalidParameter(`The CSS selector ${quoted(text)} is not allowed.`)
}

function requirePlainDeclaration(text: string): void {
  if (text === '') return
  const colon = text.indexOf(':')
  const isPlain = colon > 0 && property.test(text.slice(0, colon).trim()) && !forbiddenInValues.test(text)
  if (!isPlain) throw invalidParameter(`The CSS declaration ${quoted(text)} is not allowed.`)
}

const quoted = (text: string): string => `"${text.slice(0, 100)}"`
