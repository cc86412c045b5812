/** The longest e-mail address that SMTP can carry (RFC 5321 §4.5.3.1.3, without the angle brackets). */
const maxAddressLength = 254

// Characters that an unquoted local part cannot contain (RFC 5322 §3.2.3), and those that could start a second address.
const forbiddenInLocalPart = /[<>()[\]\\,;:@"]/u
const domainLabel = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]*[\p{L}\p{M}\p{N}])?$/u

// Characters that a screen does not show: controls, spaces, format characters (zero width, bidirectional), fillers, characters without
// glyphs.
const invisible = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Z}\p{Default_Ignorable_Code_Point}]/u

/**
 * Whether the text is `local@domain` in a form that needs no quoting. A single label is a valid domain. An address with invisible
 * characters is not accepted, because it would look like the address of another user.
 */
export function isEmailAddress(value: string): boolean {
  const at = value.lastIndexOf('@')
  if (at < 1 || value.length > maxAddressLength || invisible.test(value) || forbiddenInLocalPart.test(value.slice(0, at))) return false
  return value
    .slice(at + 1)
    .split('.')
    .every((label) => domainLabel.test(label))
}

/** Whether the text is a plus sign and at most 15 digits (ITU-T E.164). */
export function isPhoneNumber(value: string): boolean {
  return /^\+\d{1,15}$/.test(value)
}

/** Whether a person would read the text as an e-mail address, in spite of invisible or full-width characters. */
export function looksLikeEmailAddress(value: string): boolean {
  return isEmailAddress(visiblePartOf(value))
}

/** Whether a person would read the text as a phone number. */
export function looksLikePhoneNumber(value: string): boolean {
  return isPhoneNumber(visiblePartOf(value))
}

function visiblePartOf(value: string): string {
  return Array.from(value.normalize('NFKC'))
    .filter((character) => !invisible.test(character))
    .join('')
}

/** Whether the text is `YYYY-MM-DD` (OpenID Connect Core §5.1). The year 0000 stands for an omitted one. */
export function isBirthdate(value: string): boolean {
  return /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/.test(value)
}

/** Whether the text is a decimal number, short enough to be parsed cheaply. */
export function isDecimal(value: string): boolean {
  return /^-?\d{1,30}(\.\d{1,30})?$/.test(value)
}
