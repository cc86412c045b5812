import { type Html, html } from '../../base/html.ts'
import type { Shell } from './layout.ts'
import type { TextKey } from './locales/en.ts'

/** An input with its label. */
export type Field = {
  readonly name: string
  /** Where a page has two fields of the same name. */
  readonly id?: string | undefined
  readonly label: string
  readonly type?: 'text' | 'email' | 'tel' | 'password' | 'date' | 'url'
  readonly value?: string | undefined
  /** A token of the HTML standard, so that password managers and one-time codes fill the field. */
  readonly autocomplete?: string | undefined
  readonly inputmode?: 'text' | 'email' | 'tel' | 'numeric' | 'url' | undefined
  readonly hint?: string | undefined
  /** What is wrong with the value that was sent. */
  readonly error?: string | undefined
  readonly isOptional?: boolean | undefined
  readonly maxLength?: number | undefined
  readonly hasFocus?: boolean | undefined
}

export function field({ text }: Shell, field: Field): Html {
  const { name, label, type = 'text', value, hint, error, isOptional = false } = field
  const id = `field-${(field.id ?? name).replace(/[^\w-]/g, '-')}`
  const described = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`].filter((one) => one !== false)
  const attributes = [
    value !== undefined && html` value="${value}"`,
    html` autocomplete="${field.autocomplete ?? 'off'}"`,
    field.inputmode !== undefined && html` inputmode="${field.inputmode}"`,
    type !== 'date' && html` maxlength="${field.maxLength ?? 2048}"`,
    isPlainText(field) && html` autocapitalize="none" spellcheck="false"`,
    !isOptional && html` required`,
    field.hasFocus && html` autofocus`,
    error !== undefined && html` aria-invalid="true"`,
    described.length > 0 && html` aria-describedby="${described.join(' ')}"`,
  ]
  return html`<div class="field">
<label class="label-customizable" for="${id}">${label}${isOptional && html` <span class="optional">(${text('optional')})</span>`}</label>
<input class="inputField-customizable" id="${id}" name="${name}" type="${type}"${attributes}>
${hint !== undefined && html`<p class="hint" id="${id}-hint">${hint}</p>`}${error !== undefined && html`<p class="error" id="${id}-error">${error}</p>`}
</div>`
}

/** Names, addresses and codes: a phone must neither capitalise nor correct them. */
const isPlainText = ({ type = 'text' }: Field) => type !== 'date'

/** A form that posts to `action`. With `passkey` the script of the page fills in its field `credential` and sends it. */
export function form(
  { hiddenFields }: Shell,
  {
    action,
    fields,
    passkey,
  }: { readonly action: string; readonly fields: readonly (Html | undefined)[]; readonly passkey?: PasskeyUse | undefined },
): Html {
  const hidden = Object.entries({ ...hiddenFields, ...passkey?.hiddenFields, ...(passkey && { credential: '' }) })
  return html`<form method="post" action="${action}"${passkey && html` data-passkey="${passkey.kind}" data-options="${passkey.options}"`}>
${hidden.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">\n`)}${fields}
</form>`
}

/** What a page asks the browser's passkeys for. */
export type PasskeyUse = {
  /** `create`: a new passkey. `get`: a sign-in by one. `offer`: the same, among the suggestions for the name. */
  readonly kind: 'create' | 'get' | 'offer'
  /** The options for the browser, as JSON (Web Authentication Level 3). */
  readonly options: string
  readonly hiddenFields?: Readonly<Record<string, string>>
}

/** The button that asks for a passkey. Hidden until the script finds that the browser has passkeys. */
export function passkeyButton(label: string, kind: 'primary' | 'secondary'): Html {
  return html`<button class="${kind}${kind === 'primary' && ' submitButton-customizable'}" type="button" data-passkey-button hidden>${label}</button>`
}

/** What the script shows when the browser has no passkeys, or when the passkey was not used. Without scripts the first one stays. */
export function passkeyNotes({ text }: Shell, isNeeded: boolean): readonly Html[] {
  const unsupported = html`<p class="alert" data-passkey-unsupported${!isNeeded && html` hidden`}>${text('passkeyUnsupported')}</p>`
  return [unsupported, html`<p class="alert" role="alert" data-passkey-failed hidden>${text('passkeyFailed')}</p>`]
}

export function submit(label: string, choice?: { readonly name: string; readonly value: string }): Html {
  return html`<button class="primary submitButton-customizable" type="submit"${named(choice)}>${label}</button>`
}

/** The button of a form beside the main one. The browser checks its fields. */
export function secondarySubmit(label: string): Html {
  return html`<button class="secondary" type="submit">${label}</button>`
}

/** A second way beside the main button: a choice, or an address of its own. It sends the form without checking its fields. */
export function otherSubmit(
  label: string,
  choice: { readonly name: string; readonly value: string } | { readonly action: string },
  kind: 'secondary' | 'link' = 'secondary',
): Html {
  const way = 'action' in choice ? html` formaction="${choice.action}"` : named(choice)
  return html`<button class="${kind}" type="submit" formnovalidate${way}>${label}</button>`
}

const named = (choice: { readonly name: string; readonly value: string } | undefined) =>
  choice !== undefined && html` name="${choice.name}" value="${choice.value}"`

export function checkbox({
  name,
  label,
  isChecked = false,
}: {
  readonly name: string
  readonly label: string
  readonly isChecked?: boolean
}): Html {
  return html`<label class="check"><input type="checkbox" name="${name}" value="true"${isChecked && html` checked`}> <span>${label}</span></label>`
}

/** A list of ways of which the person takes one, each a large button. */
export function choices(
  name: string,
  options: readonly { readonly value: string; readonly label: string; readonly detail?: string | undefined }[],
): Html {
  const buttons = options.map(
    ({ value, label, detail }) =>
      html`<li><button class="choice" type="submit" formnovalidate name="${name}" value="${value}"><span>${label}</span>${detail !== undefined && html`<span class="detail">${detail}</span>`}</button></li>`,
  )
  return html`<ul class="choices">${buttons}</ul>`
}

/** What went wrong. Screen readers read it at once. */
export function alert(message: string | undefined): Html | undefined {
  return message === undefined ? undefined : html`<div class="alert errorMessage-customizable" role="alert">${message}</div>`
}

/** What went well, such as a code that was sent. */
export function notice(message: string | undefined): Html | undefined {
  return message === undefined ? undefined : html`<div class="notice" role="status">${message}</div>`
}

export function lead(message: string | Html): Html {
  return html`<p class="lead textDescription-customizable">${message}</p>`
}

export function link(href: string, label: string, className = 'link'): Html {
  return html`<a class="${className} redirect-customizable" href="${href}">${label}</a>`
}

/** A short question and its link, below the form. */
export function question(asked: string, href: string, label: string): Html {
  return html`<p class="question">${asked} ${link(href, label)}</p>`
}

export function divider({ text }: Shell): Html {
  return html`<div class="divider idpDescription-customizable" role="presentation"><span>${text('or')}</span></div>`
}

/** What is known of something, each with its label. What is not known is left out. */
export type Facts = readonly (readonly [TextKey, string | undefined])[]

export function facts({ text }: Shell, all: Facts): Html {
  return labelledFacts(all.map(([key, value]) => [text(key), value]))
}

/** The same, with labels that are no texts of the pages. */
export function labelledFacts(all: readonly (readonly [string, string | undefined])[]): Html {
  const known = all.filter(([, value]) => value !== undefined)
  return html`<dl class="facts">${known.map(([label, value]) => html`<div><dt>${label}</dt><dd><bdi>${value}</bdi></dd></div>`)}</dl>`
}

/** A list of values of which the person takes one. */
export function select(
  { text }: Shell,
  {
    name,
    label,
    value = '',
    options,
    isOptional,
  }: Pick<Field, 'name' | 'label' | 'value' | 'isOptional'> & { readonly options: readonly (readonly [value: string, label: string])[] },
): Html {
  const id = `field-${name.replace(/[^\w-]/g, '-')}`
  const all = options.map(([one, shown]) => html`<option value="${one}"${one === value && html` selected`}>${shown}</option>`)
  return html`<div class="field">
<label class="label-customizable" for="${id}">${label}${isOptional && html` <span class="optional">(${text('optional')})</span>`}</label>
<select class="inputField-customizable" id="${id}" name="${name}"${!isOptional && html` required`}>${all}</select>
</div>`
}

/** The name by which a password manager files the password of this form. */
export function knownUsername(username: string): Html {
  return html`<input class="unseen" type="text" name="known_username" value="${username}" autocomplete="username" tabindex="-1" aria-hidden="true" readonly>`
}
