import { createHash } from 'node:crypto'
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
const forbiddenInValues = /[@<>{\\]|\/\*|\*\/|(?:url|expression|image-set|src)\s*\(|javascript:/i

type Rule = { readonly selectors: readonly string[]; readonly declarations: readonly string[] }

/**
 * Checks that a style sheet is a list of plain rules for `customizableParts`: without at-rules, other selectors, or URLs to fetch.
 * @throws ApiError InvalidParameterException when the style sheet is not such a list
 */
export function requireValidCss(css: string): void {
  for (const { selectors, declarations } of rulesIn(css)) {
    const selector = selectors.find((one) => !isKnownSelector(one))
    if (selector !== undefined) throw invalidParameter(`The CSS selector ${quoted(selector)} is not allowed.`)
    const declaration = declarations.find((one) => !isPlainDeclaration(one))
    if (declaration !== undefined) throw invalidParameter(`The CSS declaration ${quoted(declaration)} is not allowed.`)
  }
}

export type SheetOfParts = { readonly text: string; readonly digest: string }

/**
 * The style sheet that pages get. It is written anew from the stored one, rule by rule. So a style sheet that an earlier release accepted
 * cannot contain more than this release allows. `:root` makes each rule stronger than the rules of the pages. A height counts although the
 * pages have least heights.
 */
export function sheetOfParts(css: string): SheetOfParts {
  const text = rulesIn(css)
    .map(({ selectors, declarations }) => {
      const known = selectors.filter(isKnownSelector).map((one) => `:root ${one}`)
      const plain = declarations.filter(isPlainDeclaration)
      const all = plain.some((one) => /^height\s*:/i.test(one)) ? ['min-height:0', ...plain] : plain
      return known.length === 0 ? '' : `${known.join(',')}{${all.join(';')}}\n`
    })
    .join('')
  return { text, digest: createHash('sha256').update(text).digest('hex').slice(0, 32) }
}

/** @throws ApiError InvalidParameterException when the text is not a list of rules */
function rulesIn(css: string): readonly Rule[] {
  // The character < is not allowed in comments either, because it could end the HTML element that contains the style sheet.
  if (css.includes('<')) throw invalidParameter('The CSS cannot contain the character <.')
  const rules: Rule[] = []
  let rest = withoutComments(css).trim()
  while (rest !== '') {
    const open = rest.indexOf('{')
    const close = rest.indexOf('}')
    if (open === -1 || close < open) throw invalidParameter('The CSS is not a list of rules.')
    const selectors = rest.slice(0, open).split(',')
    const declarations = rest.slice(open + 1, close).split(';')
    rules.push({ selectors: selectors.map(trimmed), declarations: declarations.map(trimmed).filter((one) => one !== '') })
    rest = rest.slice(close + 1).trimStart()
  }
  return rules
}

const trimmed = (text: string): string => text.trim()

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

function isKnownSelector(text: string): boolean {
  return customizableParts.has(selector.exec(text)?.[1] ?? '')
}

function isPlainDeclaration(text: string): boolean {
  const colon = text.indexOf(':')
  return colon > 0 && property.test(text.slice(0, colon).trim()) && !forbiddenInValues.test(text) && !hasOpenEnd(text)
}

/** Whether a quotation mark or a parenthesis has no counterpart: it would take in the rules that follow. */
function hasOpenEnd(text: string): boolean {
  const outside = text.replace(/"[^"\n\r\f]*"|'[^'\n\r\f]*'/g, '')
  if (/["']/.test(outside)) return true
  return outside.split('(').length !== outside.split(')').length
}

const quoted = (text: string): string => `"${text.slice(0, 100)}"`
