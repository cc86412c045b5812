/** Longest e-mail address that SMTP can carry (RFC 5321 §4.5.3.1.3, less the angle brackets). */
const maxAddressLength = 254

// What an unquoted local part may not hold (RFC 5322 §3.2.3), and what could start a new header or a second address.
const forbiddenInLocalPart = /[\s\p{Cc}<>()[\]\\,;:@"]/u
const domainLabel = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]*[\p{L}\p{M}\p{N}])?$/u

/** `local@domain` in the form that can be written to without quoting; one label is a domain, too. */
export function isEmailAddress(value: string): boolean {
  const at = value.lastIndexOf('@')
  if (at < 1 || value.length > maxAddressLength || forbiddenInLocalPart.test(value.slice(0, at))) return false
  return value
    .slice(at + 1)
    .split('.')
    .every((label) => domainLabel.test(label))
}

/** ITU-T E.164: a plus sign and at most 15 digits. */
export function isPhoneNumber(value: string): boolean {
  return /^\+\d{1,15}$/.test(value)
}

/** `YYYY-MM-DD` (OpenID Connect Core §5.1); the year 0000 stands for one that is not told. */
export function isBirthdate(value: string): boolean {
  return /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/.test(value)
}

/** A decimal number as text, short enough that nobody pays for reading it. */
export function isDecimal(value: string): boolean {
  return /^-?\d{1,30}(\.\d{1,30})?$/.test(value)
}
