/** The most characters in a row of the file: Cognito's limit. */
const maximumRowCharacters = 16_000

/** A character takes at most four bytes of UTF-8, so a longer line has too many characters. */
export const maximumLineBytes = 4 * maximumRowCharacters

const lineFeed = 0x0a
const carriageReturn = 0x0d

/** `fatal` rejects invalid UTF-8 instead of replacing it. `readHeader` removes the byte order mark. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of a line, or the reason why it is invalid. */
export function readLine(bytes: Buffer): { readonly text: string } | { readonly problem: string } {
  const line = bytes.at(-1) === carriageReturn ? bytes.subarray(0, -1) : bytes
  const tooLong = { problem: `The row is longer than ${maximumRowCharacters} characters.` }
  if (line.length > maximumLineBytes) return tooLong
  let text: string
  try {
    text = decoder.decode(line)
  } catch {
    return { problem: 'The row is not valid UTF-8.' }
  }
  // A text has at least as many UTF-16 units as characters, so only long rows have to be counted.
  if (text.length > maximumRowCharacters && [...text].length > maximumRowCharacters) return tooLong
  if (text.includes('\0')) return { problem: 'The row contains a NUL character.' }
  return { text }
}

/**
 * The fields of a row, by Cognito's rules: commas separate fields, `\,` is a comma inside a field, and quotation marks are ordinary
 * characters. (RFC 4180 treats quotation marks and backslashes differently.)
 */
export function splitFields(row: string): string[] {
  if (!row.includes('\\,')) return row.split(',')
  const fields: string[] = []
  let field = ''
  for (let at = 0; at < row.length; at++) {
    const character = row[at]
    if (character === '\\' && row[at + 1] === ',') field += row[++at]
    else if (character === ',') {
      fields.push(field)
      field = ''
    } else field += character
  }
  return [...fields, field]
}

export function splitLines(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = []
  let start = 0
  for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, start)) {
    lines.push(bytes.subarray(start, end))
    start = end + 1
  }
  return [...lines, bytes.subarray(start)]
}
