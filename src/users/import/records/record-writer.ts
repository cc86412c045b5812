import { maximumDepth, maximumRecordCharacters, refusedRecords } from './record-text.ts'

/** A token of a parsed JSON text, as `stream-json` makes it. */
export type JsonToken = { readonly name: string; readonly value?: unknown }

/** Writes the tokens of each value as one line of JSON. Values that are too long or nested too deeply are only counted, not kept. */
export class RecordWriter {
  #parts: string[] = []
  #length = 0
  #depth = 0
  /** Whether a text, the name of a member or a number has begun. */
  #isInScalar = false
  /** Whether the next value or name needs a comma before it. */
  #needsComma = false
  #refusal: string | undefined

  /** Whether a value has begun and not ended. */
  isInRecord(): boolean {
    return this.#depth > 0 || this.#isInScalar
  }

  /** The line of the value that the token ends. */
  write({ name, value }: JsonToken): Buffer | undefined {
    switch (name) {
      case 'startObject':
        return this.#open('{')
      case 'startArray':
        return this.#open('[')
      case 'endObject':
        return this.#close('}')
      case 'endArray':
        return this.#close(']')
      case 'startKey':
      case 'startString':
        return this.#beginScalar('"')
      case 'startNumber':
        return this.#beginScalar('')
      case 'stringChunk':
        return this.#addText(String(value))
      case 'numberChunk':
        return this.#add(String(value))
      case 'endKey':
        return this.#endName()
      case 'endString':
        return this.#endValue('"')
      case 'endNumber':
        return this.#endValue('')
      default:
        // true, false and null
        this.#beginScalar(String(value))
        return this.#endValue('')
    }
  }

  #add(text: string): undefined {
    if (this.#refusal !== undefined) return
    this.#length += text.length
    if (this.#length > maximumRecordCharacters) this.#refuse(refusedRecords.tooLong)
    else this.#parts.push(text)
  }

  #refuse(mark: string): void {
    this.#refusal ??= mark
    this.#parts = []
  }

  #open(bracket: string): undefined {
    this.#add(this.#needsComma ? `,${bracket}` : bracket)
    this.#needsComma = false
    if (++this.#depth > maximumDepth) this.#refuse(refusedRecords.tooDeep)
  }

  #close(bracket: string): Buffer | undefined {
    this.#depth--
    return this.#endValue(bracket)
  }

  #beginScalar(text: string): undefined {
    this.#add(this.#needsComma ? `,${text}` : text)
    this.#isInScalar = true
  }

  #addText(text: string): undefined {
    // The decoder puts this character in the place of bytes that are no UTF-8.
    if (text.includes('\uFFFD')) this.#refuse(refusedRecords.notText)
    this.#add(JSON.stringify(text).slice(1, -1))
  }

  #endName(): undefined {
    this.#add('":')
    this.#isInScalar = false
    this.#needsComma = false
  }

  #endValue(text: string): Buffer | undefined {
    this.#add(text)
    this.#isInScalar = false
    this.#needsComma = true
    return this.#depth > 0 ? undefined : this.#takeLine()
  }

  #takeLine(): Buffer {
    const line = Buffer.from(this.#refusal ?? this.#parts.join(''))
    this.#parts = []
    this.#length = 0
    this.#needsComma = false
    this.#refusal = undefined
    return line
  }
}
