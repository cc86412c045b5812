import type { EmailMessage } from '../message.ts'
import { DeliveryError, type Outgoing } from './gateway.ts'

/** @throws DeliveryError when the recipient is not exactly one e-mail address. */
export function requireOneAddress(recipient: string): void {
  if (!isOneAddress(recipient)) throw new DeliveryError('the recipient is not an e-mail address', { refused: true })
}

/** One address, without any character that a mail header or an SMTP command could take for the start of something else. */
function isOneAddress(text: string): boolean {
  return text.length <= 320 && /^[^\s@,;:<>()[\]\\"\p{Cc}]+@[^\s@,;:<>()[\]\\"\p{Cc}]+$/u.test(text)
}

/** The message as the mail library expects it. */
export function mailOf({ id, queuedAt, message }: Outgoing<EmailMessage>, defaultFrom: string) {
  const from = message.from ?? defaultFrom
  const domain = /@([a-z0-9.-]+)>?\s*$/i.exec(from)?.[1] ?? 'localhost'
  return {
    from,
    // The recipient is an object, because the library would parse a text, and could find several recipients in that text.
    to: { name: '', address: message.recipient },
    ...(message.replyTo === undefined ? {} : { replyTo: message.replyTo }),
    subject: message.subject,
    text: message.text,
    html: message.html,
    date: new Date(queuedAt),
    messageId: `<${id}@${domain}>`,
    // RFC 3834 §5: prevents automatic replies, such as holiday notices.
    headers: { 'Auto-Submitted': 'auto-generated' },
  }
}
