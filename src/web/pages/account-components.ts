import { type Html, html } from '../../base/html.ts'
import { type Facts, facts, form } from './components.ts'
import type { Shell } from './layout.ts'

/** A button of an entry. It sends a form of its own, with what the entry is about. */
export type EntryAction = {
  readonly action: string
  readonly label: string
  readonly fields?: Readonly<Record<string, string>> | undefined
}

/** One thing of a list: its name, short marks such as `on`, what is known of it, and what can be done with it. */
export type Entry = {
  readonly title: string
  readonly marks?: readonly (string | undefined)[] | undefined
  readonly facts?: Facts | undefined
  readonly note?: string | undefined
  readonly actions?: readonly (EntryAction | undefined)[] | undefined
  /** What more there is to do, such as a form with a field. */
  readonly more?: Html | undefined
}

/** The form of the page, for one of its actions. */
export const withAction = (shell: Shell, action: string, fields: Readonly<Record<string, string>> = {}): Shell => ({
  ...shell,
  hiddenFields: { ...shell.hiddenFields, action, ...fields },
})

/** `address` is where the forms go. Below a heading of the page, the titles are headings of the next level. */
export function entries(shell: Shell, address: string, all: readonly Entry[], level: 2 | 3 = 2): Html {
  return html`<ul class="entries">${all.map((one) => entry(shell, address, one, level))}</ul>`
}

function entry(shell: Shell, address: string, { title, marks = [], note, actions = [], ...rest }: Entry, level: 2 | 3): Html {
  const shown = marks.filter((mark) => mark !== undefined)
  const buttons = actions.filter((action) => action !== undefined)
  return html`<li class="entry">
${level === 2 ? html`<h2>${title}</h2>` : html`<h3>${title}</h3>`}
${shown.length > 0 && html`<ul class="marks">${shown.map((mark) => html`<li class="mark-text">${mark}</li>`)}</ul>`}
${rest.facts && facts(shell, rest.facts)}${note !== undefined && html`<p class="hint">${note}</p>`}
${buttons.length > 0 && html`<div class="entry-actions">${buttons.map((one) => entryButton(shell, address, title, one))}</div>`}${rest.more}
</li>`
}

/** Screen readers also say what the button is about: lists have many buttons of one name. */
function entryButton(shell: Shell, address: string, title: string, { action, label, fields }: EntryAction): Html {
  const button = html`<button class="secondary small" type="submit">${label}<span class="unseen"> – ${title}</span></button>`
  return form(withAction(shell, action, fields), { action: address, fields: [button] })
}

/** The ways to the other pages of the account. */
export function sectionLinks(links: readonly { readonly href: string; readonly label: string }[]): Html {
  return html`<nav><ul class="sections">${links.map(({ href, label }) => html`<li><a class="choice" href="${href}"><span>${label}</span></a></li>`)}</ul></nav>`
}

/** A part of a page, with a heading. */
export function part(title: string, content: Html | readonly (Html | undefined)[]): Html {
  return html`<section class="part"><h2>${title}</h2>${Array.isArray(content) ? content : (content as Html)}</section>`
}
