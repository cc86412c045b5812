import { isObject } from '../../../base/is-object.ts'
import { UnreadableRecordError } from './imported-record.ts'

/** The most characters of one record. A user with all that can be stored of a user has fewer. */
export const maximumRecordCharacters = 1_000_000

/** A character takes at most four bytes of UTF-8, so a longer record has too many characters. */
export const maximumRecordBytes = 4 * maximumRecordCharacters

/** How deeply values may be nested in a record. */
export const maximumDepth = 64

/** What stands in the place of a record that was not stored. No JSON text begins with a NUL character. */
export const refusedRecords = { tooLong: '\0long', tooDeep: '\0deep', notText: '\0text' } as const

const problems: Readonly<Record<string, string>> = {
  [refusedRecords.tooLong]: `The record is longer than ${maximumRecordCharacters} characters.`,
  [refusedRecords.tooDeep]: `The record is nested more than ${maximumDepth} levels deep.`,
  [refusedRecords.notText]: 'The record is not valid UTF-8.',
}

/** `fatal` rejects invalid UTF-8 instead of replacing it. */
const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * The JSON object of a line; undefined for an empty line.
 * @throws UnreadableRecordError when the line is too long, nested too deeply, or not a JSON object
 */
export function readRecordText(line: Buffer): Readonly<Record<string, unknown>> | undefined {
  if (line.length > maximumRecordBytes) throw refused(refusedRecords.tooLong)
  const text = decode(line).trim()
  if (text === '') return undefined
  if (text.startsWith('\0')) throw refused(text)
  // A text has at least as many UTF-16 units as characters.
  if (text.length > maximumRecordCharacters && [...text].length > maximumRecordCharacters) throw refused(refusedRecords.tooLong)
  if (isTooDeep(text)) throw refused(refusedRecords.tooDeep)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new UnreadableRecordError('The record is not valid JSON.')
  }
  if (!isObject(value)) throw new UnreadableRecordError('The record is not a JSON object.')
  if (suspectEscape.test(text) && hasUnstorableText(value)) {
    throw new UnreadableRecordError('The record contains a NUL character or half of a surrogate pair.')
  }
  return value
}

/** Escapes that may stand for a NUL character or a surrogate. */
const suspectEscape = /\\u(0000|[dD][89a-fA-F])/

/** Whether a text in the value cannot be stored. The depth of the value is limited. */
function hasUnstorableText(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed()
  if (Array.isArray(value)) return value.some(hasUnstorableText)
  if (!isObject(value)) return false
  return Object.entries(value).some(([name, inner]) => hasUnstorableText(name) || hasUnstorableText(inner))
}

function decode(line: Buffer): string {
  try {
    return decoder.decode(line)
  } catch {
    throw refused(refusedRecords.notText)
  }
}

function refused(mark: string): UnreadableRecordError {
  return new UnreadableRecordError(problems[mark] ?? 'The record is not valid JSON.')
}

/** Whether brackets are nested too deeply. Brackets in texts do not count. Of a text that is no JSON, the answer does not matter. */
function isTooDeep(text: string): boolean {
  let depth = 0
  let isInString = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (isInString) {
      if (character === '\\') at++
      else if (character === '"') isInString = false
    } else if (character === '"') isInString = true
    else if (character === '{' || character === '[') {
      if (++depth > maximumDepth) return true
    } else if (character === '}' || character === ']') depth--
  }
  return false
}
