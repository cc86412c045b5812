import { invalidParameter } from '../contract/api-error.ts'
import { isEmailAddress } from './attribute-formats.ts'

/** The domains, in lower case, that the senders of a pool's e-mail may have. Undefined allows any domain. */
export type SenderDomains = ReadonlySet<string> | undefined

/**
 * Checks the domain of a sender. `member` names the request member in the error. The error does not list the allowed domains, because
 * they may belong to other pools.
 * @throws ApiError InvalidParameterException when the domain is not allowed
 */
export function requireAllowedSender(domains: SenderDomains, sender: string | undefined, member: string): void {
  if (domains === undefined || sender === undefined) return
  const address = addressOfMailbox(sender)
  const domain = address?.slice(address.lastIndexOf('@') + 1).toLowerCase()
  if (domain === undefined || !domains.has(domain))
    throw invalidParameter(`${member}: this server does not send from that domain (--email-from-domains).`)
}

/** Reads the value of `--email-from-domains`. */
export function readSenderDomains(text: string | undefined): SenderDomains {
  return text === undefined ? undefined : new Set(text.toLowerCase().split(','))
}

/** The name before an address: words, or a quoted text (RFC 5322 §3.4). Other characters could end the address or begin a second one. */
const displayName = /^\s*([^<>,;:@"\\]*|"[^"\\]*")\s*$/

/** The address in `Name <address>` or in a plain address. Undefined for any other text, such as two addresses. */
export function addressOfMailbox(mailbox: string): string | undefined {
  const isNamed = mailbox.endsWith('>')
  const start = isNamed ? mailbox.lastIndexOf('<') : -1
  const address = isNamed ? mailbox.slice(start + 1, -1) : mailbox
  const name = isNamed ? mailbox.slice(0, Math.max(start, 0)) : ''
  return (!isNamed || start >= 0) && !/\p{Cc}/u.test(name) && displayName.test(name) && isEmailAddress(address) ? address : undefined
}
