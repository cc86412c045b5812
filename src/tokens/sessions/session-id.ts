/** 36^25 is more than 2^128, so 25 characters of base 36 can hold any UUID. */
const digits = 25
const prefix = 'tkn'
const uuidLimit = 1n << 128n

/** The `SessionId` of the API: the session's UUID in base 36, with a prefix. */
export function writeSessionId(id: string): string {
  return (
    prefix +
    BigInt(`0x${id.replaceAll('-', '')}`)
      .toString(36)
      .padStart(digits, '0')
  )
}

/** The session's UUID. Undefined when the text is not the `SessionId` of a session of ours, such as the id of a single-sign-on session. */
export function readSessionId(text: string): string | undefined {
  if (!/^tkn[0-9a-z]{25}$/.test(text)) return undefined
  let value = 0n
  for (const digit of text.slice(prefix.length)) value = value * 36n + BigInt(Number.parseInt(digit, 36))
  if (value >= uuidLimit) return undefined
  const hex = value.toString(16).padStart(32, '0')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
