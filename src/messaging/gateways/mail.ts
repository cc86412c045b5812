import type { EmailMessage } from '../message.ts'
import { DeliveryError, type Outgoing } from './gateway.ts'

/** Throws a `DeliveryError` for a recipient that is no address, or more than one. */
export function requireOneAddress(recipient: string): void {
  if (!isOneAddress(recipient)) throw new DeliveryError('the recipient is not an e-mail address', { refused: true })
}

/** One address and nothing that a mail header or an SMTP command could take for more. */
function isOneAddress(text: string): boolean {
  return text.length <= 320 && /^[^\s@,;:<>()[\]\\"\p{Cc}]+@[^\s@,;:<>()[\]\\"\p{Cc}]+$/u.test(text)
}

/** The message in the words of the mail library. */
export function mailOf({ id, queuedAt, message }: Outgoing<EmailMessage>, defaultFrom: string) {
  const from = message.from ?? defaultFrom
  const domain = /@([a-z0-9.-]+)>?\s*$/i.exec(from)?.[1] ?? 'localhost'
  return {
    from,
    // As an object it is not parsed, so that it stays one recipient.
    to: { name: '', address: message.recipient },
    ...(message.replyTo === undefined ? {} : { replyTo: message.replyTo }),
    subject: message.subject,
    text: message.text,
    html: message.html,
    date: new Date(queuedAt),
    messageId: `<${id}@${domain}>`,
    // RFC 3834 §5: keeps holiday notices from answering.
    headers: { 'Auto-Submitted': 'auto-generated' },
  }
}
