import { escapeHtml } from '../base/html.ts'
import { textOfHtml } from './html-text.ts'
import type { EmailMessage } from './message.ts'
import { singleLine } from './templates.ts'

/** A notice before its placeholders are replaced. One of `html` and `text` is enough. */
export type NoticeTemplate = { readonly subject: string; readonly html: string | undefined; readonly text: string | undefined }

type Values = {
  /** The values of the placeholders, by the name in the braces. */
  readonly texts: Readonly<Record<string, string>>
  /** The address that takes the place of `{##words##}` in HTML, as a link with these words. */
  readonly link?: string | undefined
}

/**
 * The e-mail of a notice. Values are escaped in HTML, and a placeholder inside a value is not replaced. A template that has only HTML or only
 * text gets the other one from it.
 */
export function renderNotice({ subject, html, text }: NoticeTemplate, values: Values): Pick<EmailMessage, 'subject' | 'html' | 'text'> {
  const filledText = text === undefined ? undefined : fill(text, values.texts)
  const filledHtml = html === undefined ? htmlOfText(filledText ?? '') : fillHtml(html, values)
  return { subject: singleLine(fill(subject, values.texts)), html: filledHtml, text: filledText ?? textOfHtml(filledHtml) }
}

// One pass over the template finds every placeholder.
const placeholders = /\{##([^{}]*)##\}|\{([a-z-]+)\}/g

const fill = (template: string, texts: Values['texts']): string =>
  template.replace(placeholders, (placeholder, _words, name?: string) => textFor(texts, name) ?? placeholder)

function fillHtml(template: string, { texts, link }: Values): string {
  return template.replace(placeholders, (placeholder, words?: string, name?: string) => {
    if (words !== undefined) return link === undefined ? words : `<a href="${escapeHtml(link)}">${words}</a>`
    const value = textFor(texts, name)
    return value === undefined ? placeholder : escapeHtml(value)
  })
}

const textFor = (texts: Values['texts'], name: string | undefined): string | undefined =>
  name !== undefined && Object.hasOwn(texts, name) ? texts[name] : undefined

const htmlOfText = (text: string): string => `<div style="white-space: pre-wrap">${escapeHtml(text)}</div>`

/** A time as notices show it: in UTC, because the server does not know the user's time zone. */
export const noticeTime = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`
