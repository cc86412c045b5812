import { invalidParameter } from '../contract/api-error.ts'
import { isEmailAddress } from './attribute-formats.ts'

/** The domains, in lower case, of which alone a pool may set a sender of e-mail; undefined where any will do. */
export type SenderDomains = ReadonlySet<string> | undefined

/** `member` names the sender in the error, which says no more than that: pools of others may send from the other domains. */
export function requireAllowedSender(domains: SenderDomains, sender: string | undefined, member: string): void {
  if (domains === undefined || sender === undefined) return
  const address = addressOfMailbox(sender)
  const domain = address?.slice(address.lastIndexOf('@') + 1).toLowerCase()
  if (domain === undefined || !domains.has(domain))
    throw invalidParameter(`${member}: this server does not send from that domain (--email-from-domains).`)
}

/** As `--email-from-domains` has them. */
export function readSenderDomains(text: string | undefined): SenderDomains {
  return text === undefined ? undefined : new Set(text.toLowerCase().split(','))
}

/** Words, or a text in quotes (RFC 5322 §3.4). Anything else could be read as the end of an address, or as a second one. */
const displayName = /^\s*([^<>,;:@"\\]*|"[^"\\]*")\s*$/

/** The address in `Name <address>` or in a bare address; undefined for any other text, such as two addresses. */
export function addressOfMailbox(mailbox: string): string | undefined {
  const isNamed = mailbox.endsWith('>')
  const start = isNamed ? mailbox.lastIndexOf('<') : -1
  const address = isNamed ? mailbox.slice(start + 1, -1) : mailbox
  const name = isNamed ? mailbox.slice(0, Math.max(start, 0)) : ''
  return (!isNamed || start >= 0) && !/\p{Cc}/u.test(name) && displayName.test(name) && isEmailAddress(address) ? address : undefined
}
