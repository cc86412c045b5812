/**
 * Which rule of the pages a colour of the settings changes. `{mode}` stands for `lightMode` or `darkMode`. A rule for `:root` sets a variable
 * of the pages' style sheet, and so changes all that uses it.
 */
export type ColourRule = readonly [setting: string, selector: string, property: string]

const root = ':root'

const page: readonly ColourRule[] = [
  ['components.pageBackground.{mode}.color', root, '--page'],
  ['components.pageHeader.{mode}.background.color', '.bar-header', 'background-color'],
  ['components.pageHeader.{mode}.borderColor', '.bar-header', 'border-color'],
  ['components.pageFooter.{mode}.background.color', '.bar-footer', 'background-color'],
  ['components.pageFooter.{mode}.borderColor', '.bar-footer', 'border-color'],
  ['components.pageText.{mode}.headingColor', root, '--heading'],
  ['components.pageText.{mode}.bodyColor', root, '--text'],
  ['components.pageText.{mode}.descriptionColor', root, '--muted'],
]

const form: readonly ColourRule[] = [
  ['components.form.{mode}.backgroundColor', root, '--card'],
  ['components.form.{mode}.borderColor', root, '--card-line'],
  ['componentClasses.divider.{mode}.borderColor', '.divider::before,.divider::after', 'background-color'],
  ['componentClasses.inputLabel.{mode}.textColor', 'label', 'color'],
  ['componentClasses.inputDescription.{mode}.textColor', '.hint,.optional', 'color'],
  ['componentClasses.input.{mode}.defaults.backgroundColor', root, '--field'],
  ['componentClasses.input.{mode}.defaults.borderColor', root, '--line'],
  ['componentClasses.input.{mode}.placeholderColor', 'input::placeholder', 'color'],
  ['componentClasses.optionControls.{mode}.selected.backgroundColor', '.check input', 'accent-color'],
  ['componentClasses.focusState.{mode}.borderColor', root, '--focus'],
  ['componentClasses.link.{mode}.defaults.textColor', root, '--link'],
  ['componentClasses.link.{mode}.hover.textColor', 'a:hover,button.link:hover', 'color'],
]

/** The alert's own colours stand behind those of all statuses, so that they win. */
const statuses: readonly ColourRule[] = [
  ['componentClasses.statusIndicator.error.{mode}.indicatorColor', root, '--bad'],
  ['componentClasses.statusIndicator.error.{mode}.backgroundColor', root, '--bad-back'],
  ['componentClasses.statusIndicator.error.{mode}.borderColor', '.alert', 'border-color'],
  ['componentClasses.statusIndicator.success.{mode}.indicatorColor', root, '--good'],
  ['componentClasses.statusIndicator.success.{mode}.backgroundColor', root, '--good-back'],
  ['componentClasses.statusIndicator.success.{mode}.borderColor', '.notice', 'border-color'],
  ['components.alert.{mode}.error.backgroundColor', '.alert', 'background-color'],
  ['components.alert.{mode}.error.borderColor', '.alert', 'border-color'],
]

/** The colours of a button in one state. */
function button(setting: string, selector: string): readonly ColourRule[] {
  return [
    [`${setting}.backgroundColor`, selector, 'background-color'],
    [`${setting}.borderColor`, selector, 'border-color'],
    [`${setting}.textColor`, selector, 'color'],
  ]
}

const buttons: readonly ColourRule[] = [
  ['components.primaryButton.{mode}.defaults.backgroundColor', root, '--accent'],
  ['components.primaryButton.{mode}.defaults.textColor', root, '--on-accent'],
  ['components.primaryButton.{mode}.hover.backgroundColor', root, '--accent-hover'],
  ['components.primaryButton.{mode}.hover.textColor', '.primary:hover,.button-link:hover', 'color'],
  ...button('components.primaryButton.{mode}.active', '.primary:active,.button-link:active'),
  ...button('components.primaryButton.{mode}.disabled', '.primary:disabled'),
  ...button('components.secondaryButton.{mode}.defaults', '.secondary,.choice'),
  ...button('components.secondaryButton.{mode}.hover', '.secondary:hover,.choice:hover'),
  ...button('components.secondaryButton.{mode}.active', '.secondary:active,.choice:active'),
  ...button('components.idpButton.standard.{mode}.defaults', '.provider'),
  ...button('components.idpButton.standard.{mode}.hover', '.provider:hover'),
  ...button('components.idpButton.standard.{mode}.active', '.provider:active'),
]

export const colourRules: readonly ColourRule[] = [...page, ...form, ...statuses, ...buttons]

/** Which rule a number of pixels changes. */
export const lengthRules: readonly ColourRule[] = [
  ['components.form.borderRadius', root, '--radius-card'],
  ['componentClasses.buttons.borderRadius', root, '--radius-button'],
  ['componentClasses.input.borderRadius', root, '--radius-field'],
  ['components.alert.borderRadius', '.alert,.notice', 'border-radius'],
]

/** On a narrow screen the form takes the whole page. */
const onWideScreens = (rule: string): string => `@media(min-width:30.01rem){${rule}}`

/** Rules that stand in the style sheet as they are when a setting has a value. */
export const choiceRules: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'categories.form.location.horizontal': {
    START: onWideScreens('.page{--place:flex-start;padding-inline:clamp(1rem,8vw,8rem)}'),
    END: onWideScreens('.page{--place:flex-end;padding-inline:clamp(1rem,8vw,8rem)}'),
  },
  'categories.form.location.vertical': {
    START: onWideScreens('.page{justify-content:flex-start}'),
    END: onWideScreens('.page{justify-content:flex-end}'),
  },
  'categories.global.spacingDensity': { COMPACT: `${onWideScreens('.card{padding:1.5rem}')}form{gap:.75rem}.banner{margin-bottom:1rem}` },
  'componentClasses.idpButtons.icons.enabled': { false: '.provider .mark{display:none}' },
  'components.form.logo.location': { CENTER: '.banner .logo{margin-inline:auto}', END: '.banner .logo{margin-inline-start:auto}' },
  'components.pageHeader.logo.location': { CENTER: '.bar-header{justify-content:center}', END: '.bar-header{justify-content:flex-end}' },
  'components.pageFooter.logo.location': { CENTER: '.bar-footer{justify-content:center}', END: '.bar-footer{justify-content:flex-end}' },
}
