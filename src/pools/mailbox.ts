import { isEmailAddress } from './attribute-formats.ts'

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
