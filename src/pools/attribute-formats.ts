/** Longest e-mail address that SMTP can carry (RFC 5321 §4.5.3.1.3, less the angle brackets). */
const maxAddressLength = 254

// What an unquoted local part may not hold (RFC 5322 §3.2.3), and what could start a second address.
const forbiddenInLocalPart = /[<>()[\]\\,;:@"]/u
const domainLabel = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]*[\p{L}\p{M}\p{N}])?$/u

// What leaves no mark on a screen: controls, spaces, format characters (zero width, bidirectional), fillers, and what no font has.
const invisible = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Z}\p{Default_Ignorable_Code_Point}]/u

/**
 * `local@domain` in the form that can be written to without quoting; one label is a domain, too. An address with invisible characters
 * is refused: it would look like another user's.
 */
export function isEmailAddress(value: string): boolean {
  const at = value.lastIndexOf('@')
  if (at < 1 || value.length > maxAddressLength || invisible.test(value) || forbiddenInLocalPart.test(value.slice(0, at))) return false
  return value
    .slice(at + 1)
    .split('.')
    .every((label) => domainLabel.test(label))
}

/** ITU-T E.164: a plus sign and at most 15 digits. */
export function isPhoneNumber(value: string): boolean {
  return /^\+\d{1,15}$/.test(value)
}

/** Whether people would read it as an e-mail address, whatever invisible or full-width characters are in it. */
export function looksLikeEmailAddress(value: string): boolean {
  return isEmailAddress(visiblePartOf(value))
}

/** The same for a phone number. */
export function looksLikePhoneNumber(value: string): boolean {
  return isPhoneNumber(visiblePartOf(value))
}

function visiblePartOf(value: string): string {
  return Array.from(value.normalize('NFKC'))
    .filter((character) => !invisible.test(character))
    .join('')
}

/** `YYYY-MM-DD` (OpenID Connect Core §5.1); the year 0000 stands for one that is not told. */
export function isBirthdate(value: string): boolean {
  return /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/.test(value)
}

/** A decimal number as text, short enough that nobody pays for reading it. */
export function isDecimal(value: string): boolean {
  return /^-?\d{1,30}(\.\d{1,30})?$/.test(value)
}
