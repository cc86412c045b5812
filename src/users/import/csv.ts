/** Longest row that Cognito takes, in characters. */
const longestRow = 16_000

/** A character takes four bytes of UTF-8 at most: a longer line is too long whatever it says. */
export const longestLineBytes = 4 * longestRow

const lineFeed = 0x0a
const carriageReturn = 0x0d

/** `fatal`: what is not UTF-8 is refused rather than repaired. The byte order mark of the first line is for readHeader. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of a line, or what is wrong with it. */
export function readLine(bytes: Buffer): { readonly text: string } | { readonly problem: string } {
  const line = bytes.at(-1) === carriageReturn ? bytes.subarray(0, -1) : bytes
  const tooLong = { problem: `The row is longer than ${longestRow} characters.` }
  if (line.length > longestLineBytes) return tooLong
  let text: string
  try {
    text = decoder.decode(line)
  } catch {
    return { problem: 'The row is not valid UTF-8.' }
  }
  // Characters are never more than UTF-16 units, so that only long rows have to be counted.
  if (text.length > longestRow && [...text].length > longestRow) return tooLong
  if (text.includes('\0')) return { problem: 'The row contains a NUL character.' }
  return { text }
}

/**
 * The fields of a row, by Cognito's rules: commas separate, a comma inside a field is written `\,`, and quotation marks mean nothing.
 * (A parser of RFC 4180 would take the quotation marks for its own and leave the backslash.)
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

/** The lines of a chunk. */
export function splitLines(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = []
  let start = 0
  for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, start)) {
    lines.push(bytes.subarray(start, end))
    start = end + 1
  }
  return [...lines, bytes.subarray(start)]
}
