import type { BrandingSettings } from './branding-settings.ts'

/** A light and a dark colour as RRGGBBAA. */
const both = <Light, Dark>(light: Light, dark: Dark) => ({ lightMode: light, darkMode: dark })

const accent = {
  light: '0972d3ff',
  lightHover: '033160ff',
  lightActive: '033160ff',
  dark: '539fe5ff',
  darkHover: '89bdeeff',
  darkActive: '539fe5ff',
}
const text = { light: '000716ff', lightMuted: '414d5cff', dark: 'd1d5dbff', darkMuted: 'b6bec9ff' }
const surface = { light: 'ffffffff', dark: '0f1b2aff', lightBorder: 'd1d5dbff', darkBorder: '414d5cff' }
const none = 'ffffff00'

const categories = {
  auth: {
    authMethodOrder: [
      [
        { display: 'BUTTON', type: 'FEDERATED' },
        { display: 'INPUT', type: 'USERNAME_PASSWORD' },
      ],
    ],
    federation: { interfaceStyle: 'BUTTON_LIST', order: [] },
  },
  form: {
    displayGraphics: true,
    instructions: { enabled: false },
    languageSelector: { enabled: false },
    location: { horizontal: 'CENTER', vertical: 'CENTER' },
    sessionTimerDisplay: 'NONE',
  },
  global: { colorSchemeMode: 'LIGHT', pageFooter: { enabled: false }, pageHeader: { enabled: false }, spacingDensity: 'REGULAR' },
  signUp: { acceptanceElements: [{ enforcement: 'NONE', textKey: 'en' }] },
}

const status = (light: string, lightBorder: string, dark: string, darkBorder: string) =>
  both({ backgroundColor: light, borderColor: lightBorder }, { backgroundColor: dark, borderColor: darkBorder })
const statuses = {
  error: status('fff7f7ff', 'd91515ff', '1a0000ff', 'eb6f6fff'),
  pending: status('f8f8f8ff', '7d8998ff', '16191fff', 'b6bec9ff'),
  success: status('f2fcf3ff', '037f0cff', '001a02ff', '29ad32ff'),
  warning: status('fffce9ff', '8d6605ff', '1d1906ff', 'e0ca57ff'),
}
const indicator = ({ lightMode, darkMode }: (typeof statuses)['error']) =>
  both({ ...lightMode, indicatorColor: lightMode.borderColor }, { ...darkMode, indicatorColor: darkMode.borderColor })

const componentClasses = {
  buttons: { borderRadius: 8 },
  divider: both({ borderColor: 'ebebf0ff' }, { borderColor: '232b37ff' }),
  dropDown: {
    borderRadius: 8,
    ...both(
      {
        defaults: { itemBackgroundColor: surface.light },
        hover: { itemBackgroundColor: 'f4f4f4ff', itemBorderColor: '7d8998ff', itemTextColor: text.light },
        match: { itemBackgroundColor: '414d5cff', itemTextColor: accent.light },
      },
      {
        defaults: { itemBackgroundColor: '192534ff' },
        hover: { itemBackgroundColor: '081120ff', itemBorderColor: '5f6b7aff', itemTextColor: 'e9ebedff' },
        match: { itemBackgroundColor: text.dark, itemTextColor: accent.darkHover },
      },
    ),
  },
  focusState: both({ borderColor: accent.light }, { borderColor: accent.dark }),
  idpButtons: { icons: { enabled: true } },
  input: {
    borderRadius: 8,
    ...both(
      { defaults: { backgroundColor: surface.light, borderColor: '7d8998ff' }, placeholderColor: '5f6b7aff' },
      { defaults: { backgroundColor: surface.dark, borderColor: '5f6b7aff' }, placeholderColor: '8d99a8ff' },
    ),
  },
  inputDescription: both({ textColor: '5f6b7aff' }, { textColor: '8d99a8ff' }),
  inputLabel: both({ textColor: text.light }, { textColor: text.dark }),
  link: both(
    { defaults: { textColor: accent.light }, hover: { textColor: accent.lightHover } },
    { defaults: { textColor: accent.dark }, hover: { textColor: accent.darkHover } },
  ),
  optionControls: both(
    {
      defaults: { backgroundColor: surface.light, borderColor: '7d8998ff' },
      selected: { backgroundColor: accent.light, foregroundColor: surface.light },
    },
    {
      defaults: { backgroundColor: surface.dark, borderColor: '7d8998ff' },
      selected: { backgroundColor: accent.dark, foregroundColor: '000716ff' },
    },
  ),
  statusIndicator: {
    error: indicator(statuses.error),
    pending: both({ indicatorColor: '7d8998ff' }, { indicatorColor: 'b6bec9ff' }),
    success: indicator(statuses.success),
    warning: indicator(statuses.warning),
  },
}

const fill = (backgroundColor: string, textColor: string) => ({ backgroundColor, textColor })
const outline = (backgroundColor: string, borderColor: string, textColor: string) => ({ backgroundColor, borderColor, textColor })
const bar = {
  backgroundImage: { enabled: false },
  ...both({ background: { color: 'fafafaff' }, borderColor: 'd5dbdbff' }, { background: { color: surface.dark }, borderColor: '424650ff' }),
  logo: { enabled: false, location: 'START' },
}

const components = {
  alert: { borderRadius: 12, ...both({ error: statuses.error.lightMode }, { error: statuses.error.darkMode }) },
  favicon: { enabledTypes: ['ICO', 'SVG'] },
  form: {
    backgroundImage: { enabled: false },
    borderRadius: 8,
    ...both({ backgroundColor: surface.light, borderColor: 'c6c6cdff' }, { backgroundColor: surface.dark, borderColor: '424650ff' }),
    logo: { enabled: false, formInclusion: 'IN', location: 'CENTER', position: 'TOP' },
  },
  idpButton: {
    custom: {},
    standard: both(
      {
        active: outline('d3e7f9ff', '414d5cff', '354150ff'),
        defaults: outline(surface.light, '424650ff', '424650ff'),
        hover: outline('f2f8fdff', '232b37ff', '232b37ff'),
      },
      {
        active: outline('354150ff', surface.light, surface.light),
        defaults: outline(surface.dark, 'c6c6cdff', 'c6c6cdff'),
        hover: outline('192534ff', surface.light, surface.light),
      },
    ),
  },
  pageBackground: { image: { enabled: false }, ...both({ color: surface.light }, { color: surface.dark }) },
  pageFooter: bar,
  pageHeader: bar,
  pageText: both(
    { bodyColor: text.lightMuted, descriptionColor: text.lightMuted, headingColor: text.light },
    { bodyColor: text.darkMuted, descriptionColor: text.darkMuted, headingColor: text.dark },
  ),
  phoneNumberSelector: { displayType: 'TEXT' },
  primaryButton: both(
    {
      active: fill(accent.lightActive, surface.light),
      defaults: fill(accent.light, surface.light),
      disabled: { backgroundColor: none, borderColor: none },
      hover: fill(accent.lightHover, surface.light),
    },
    {
      active: fill(accent.darkActive, '000716ff'),
      defaults: fill(accent.dark, '000716ff'),
      disabled: { backgroundColor: none, borderColor: none },
      hover: fill(accent.darkHover, '000716ff'),
    },
  ),
  secondaryButton: both(
    {
      active: outline('d3e7f9ff', accent.lightActive, accent.lightActive),
      defaults: outline(surface.light, accent.light, accent.light),
      hover: outline('f2f8fdff', accent.lightHover, accent.lightHover),
    },
    {
      active: outline('354150ff', accent.darkHover, accent.darkHover),
      defaults: outline(surface.dark, accent.dark, accent.dark),
      hover: outline('192534ff', accent.darkHover, accent.darkHover),
    },
  ),
}

/** The default look of managed login. The members have their names in Cognito's settings document. */
export const defaultSettings: BrandingSettings = { categories, componentClasses, components }
