import { createHash } from 'node:crypto'
import type { StyleValue } from '../../../pools/managed-login-branding/style-values.ts'
import type { ManagedLook } from '../../../pools/page-look.ts'
import { type ColourMode, findImage, imagePath, modesOf } from './images.ts'
import { type ColourRule, choiceRules, colourRules, lengthRules } from './style-rules.ts'

export type StyleSheet = { readonly text: string; readonly digest: string }

/** The style sheets of the looks that are cached now. */
const written = new WeakMap<ManagedLook, StyleSheet>()

/** The style sheet of a style. It follows the one of all pages, and contains only what the style sets. */
export function styleSheetOf(poolId: string, look: ManagedLook): StyleSheet {
  const known = written.get(look)
  if (known !== undefined) return known
  const text = writeSheet(poolId, look)
  const sheet = { text, digest: createHash('sha256').update(text).digest('hex').slice(0, 32) }
  written.set(look, sheet)
  return sheet
}

function writeSheet(poolId: string, look: ManagedLook): string {
  const { values } = look
  const choices = Object.entries(choiceRules).map(([setting, rules]) => rules[String(values.get(setting))] ?? '')
  const hasBars = isOn(look, 'categories.global.pageHeader.enabled') || isOn(look, 'categories.global.pageFooter.enabled')
  const modes = modesOf(look)
  return [
    rulesFor(values, lengthRules, (value) => `${value}px`),
    choices.join(''),
    hasBars ? barRules : '',
    [...values.keys()].some((setting) => setting.startsWith('components.idpButton.standard.')) ? neutralProviders : '',
    ...modes.map((mode) => inMode(modes, mode, coloursFor(look, mode) + backgroundsFor(poolId, look, mode))),
  ].join('\n')
}

const barRules =
  'body{min-height:100vh;min-height:100dvh;display:flex;flex-direction:column}.page{flex:1;min-height:0}' +
  '.bar{display:flex;align-items:center;min-height:4rem;padding:.75rem 1.5rem;background-color:var(--card);border:0 solid var(--card-line)}' +
  '.bar-header{border-block-end-width:1px}.bar-footer{border-block-start-width:1px}'

/** A style with colours for the buttons of identity providers has them for all: none keeps a part of its provider's own colours. */
const neutralProviders =
  '.provider{background-color:var(--second);color:var(--second-text);border-color:var(--second-line)}.provider:hover{border-color:var(--accent)}'

const inMode = (modes: readonly ColourMode[], mode: ColourMode, rules: string): string => {
  if (modes.length === 1) return rules
  return `@media ${mode === 'DARK' ? '' : 'not all and '}(prefers-color-scheme:dark){${rules}}`
}

function coloursFor({ values }: ManagedLook, mode: ColourMode): string {
  const rules = colourRules.map(([setting, ...rest]): ColourRule => [inSettings(setting, mode), ...rest])
  const accent = values.get(inSettings('components.primaryButton.{mode}.defaults.backgroundColor', mode))
  // Without a colour of its own the hovered button would have that of the default look.
  const hover = accent === undefined ? '' : `:root{--accent-hover:color-mix(in srgb,#${accent},#000 15%)}`
  return hover + rulesFor(values, rules, (value) => `#${value}`)
}

const inSettings = (setting: string, mode: ColourMode): string => setting.replace('{mode}', mode === 'DARK' ? 'darkMode' : 'lightMode')

function rulesFor(values: ManagedLook['values'], rules: readonly ColourRule[], write: (value: StyleValue) => string): string {
  const declarations = new Map<string, string[]>()
  for (const [setting, selector, property] of rules) {
    const value = values.get(setting)
    if (value === undefined) continue
    const others = declarations.get(selector) ?? []
    declarations.set(selector, [...others, `${property}:${write(value)}`])
  }
  return [...declarations].map(([selector, list]) => `${selector}{${list.join(';')}}`).join('')
}

/** What stands on the image of the page gets a ground, so that it stays legible. */
const onImage = '.languages{background-color:var(--card);border-radius:.5rem;padding:0 .5rem}'

/** The images behind parts of the page, the settings that switch them on, and further rules. */
const backgrounds = [
  ['PAGE_BACKGROUND', 'components.pageBackground.image.enabled', 'body', onImage],
  ['FORM_BACKGROUND', 'components.form.backgroundImage.enabled', '.card', ''],
  ['PAGE_HEADER_BACKGROUND', 'components.pageHeader.backgroundImage.enabled', '.bar-header', ''],
  ['PAGE_FOOTER_BACKGROUND', 'components.pageFooter.backgroundImage.enabled', '.bar-footer', ''],
] as const

function backgroundsFor(poolId: string, look: ManagedLook, mode: ColourMode): string {
  const rules = backgrounds.map(([category, setting, selector, further]) => {
    const image = isOn(look, setting) ? findImage(look, category, mode) : undefined
    if (image === undefined) return ''
    return `${selector}{background-image:url(${imagePath(poolId, look.brandingId, image)});background-size:cover;background-position:center}${further}`
  })
  return rules.join('')
}

/** Whether a part is switched on. Cognito's default is off. */
export function isOn({ values }: ManagedLook, setting: string): boolean {
  return values.get(setting) === true
}
