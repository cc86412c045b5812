import { invalidParameter } from '../contract/api-error.ts'
import { addressOfMailbox } from './mailbox.ts'

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
