import { maximumDepth, maximumRecordCharacters, refusedRecords } from './record-text.ts'

/** A token of a parsed JSON text, as `stream-json` makes it. */
export type JsonToken = { readonly name: string; readonly value?: unknown }

/** Writes the tokens of each value as one line of JSON. Values that are too long or nested too deeply are only counted, not kept. */
export type RecordWriter = {
  /** The line of the value that the token ends. */
  write(token: JsonToken): Buffer | undefined
  /** Whether a value has begun and not ended. */
  isInRecord(): boolean
}

export function createRecordWriter(): RecordWriter {
  let parts: string[] = []
  let length = 0
  let depth = 0
  let isInText = false
  /** Whether the next value or name needs a comma before it. */
  let needsComma = false
  let refusal: string | undefined

  function add(text: string): void {
    if (refusal !== undefined) return
    length += text.length
    if (length > maximumRecordCharacters) refuse(refusedRecords.tooLong)
    else parts.push(text)
  }

  function refuse(mark: string): void {
    refusal ??= mark
    parts = []
  }

  function finish(): Buffer | undefined {
    if (depth > 0) return undefined
    const line = Buffer.from(refusal ?? parts.join(''))
    parts = []
    length = 0
    needsComma = false
    refusal = undefined
    return line
  }

  function begin(text: string): void {
    add(needsComma ? `,${text}` : text)
  }

  function open(bracket: string): undefined {
    begin(bracket)
    needsComma = false
    if (++depth > maximumDepth) refuse(refusedRecords.tooDeep)
    return undefined
  }

  function close(bracket: string): Buffer | undefined {
    add(bracket)
    depth--
    needsComma = true
    return finish()
  }

  function endValue(text: string): Buffer | undefined {
    add(text)
    isInText = false
    needsComma = true
    return finish()
  }

  function addText(value: string): void {
    // The decoder puts this character in the place of bytes that are no UTF-8.
    if (value.includes('\uFFFD')) refuse(refusedRecords.notText)
    add(JSON.stringify(value).slice(1, -1))
  }

  function write({ name, value }: JsonToken): Buffer | undefined {
    switch (name) {
      case 'startObject':
        return open('{')
      case 'startArray':
        return open('[')
      case 'endObject':
        return close('}')
      case 'endArray':
        return close(']')
      case 'startKey':
      case 'startString':
        begin('"')
        isInText = true
        return undefined
      case 'stringChunk':
        addText(String(value))
        return undefined
      case 'endKey':
        add('":')
        isInText = false
        needsComma = false
        return undefined
      case 'endString':
        return endValue('"')
      case 'startNumber':
        begin('')
        isInText = true
        return undefined
      case 'numberChunk':
        add(String(value))
        return undefined
      case 'endNumber':
        return endValue('')
      default:
        // true, false and null
        begin(String(value))
        return endValue('')
    }
  }

  return { write, isInRecord: () => depth > 0 || isInText }
}
