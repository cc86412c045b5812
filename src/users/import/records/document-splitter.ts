import { jsonParser } from 'stream-json/core/parser.js'
import type { LineSplitter } from '../line-splitter.ts'
import { maximumDepth } from './record-text.ts'
import { type JsonToken, RecordWriter } from './record-writer.ts'

/** The file is no JSON document with a list of users. */
export class BrokenDocumentError extends Error {
  override readonly name = 'BrokenDocumentError'
}

/**
 * Turns a JSON document into one line of JSON for each of its users. The document is a list of users, or an object whose member
 * `usersMember` is such a list. At most one record, and the pieces that come with it, are in memory.
 *
 * @NOTE `push` and `end` throw BrokenDocumentError.
 */
export function createDocumentSplitter(usersMember: string | undefined): LineSplitter {
  // Invalid bytes become U+FFFD, and the record that has them is refused.
  const decoder = new TextDecoder('utf-8')
  const parse = jsonParser({ packValues: false, streamValues: true })
  const finder = createUsersFinder(usersMember)

  function tokensOf(text: string): readonly JsonToken[] {
    try {
      return ((parse(text) as { values?: JsonToken[] } | undefined)?.values ?? []) as JsonToken[]
    } catch {
      throw new BrokenDocumentError('The file is not valid JSON.')
    }
  }

  return {
    push(bytes) {
      return tokensOf(decoder.decode(bytes, { stream: true })).flatMap((token) => finder.read(token) ?? [])
    },
    end() {
      // A white space ends a number or a literal at the end of the document, which would then be no list.
      const last = tokensOf(`${decoder.decode()} `)
      for (const token of last) finder.read(token)
      finder.end()
      return undefined
    },
  }
}

/** The longest name of a member that is compared with the name of the list. */
const longestName = 64

/** Follows the tokens of the document, and hands those of each user to a record writer. */
function createUsersFinder(usersMember: string | undefined) {
  let depth = 0
  /** The depth at which the elements of the list are; undefined outside of the list. */
  let listDepth: number | undefined
  let hasList = false
  let isEnded = false
  let memberName = ''
  let isInName = false
  const writer = new RecordWriter()

  function readOutside({ name, value }: JsonToken): void {
    if (name === 'startKey' && depth === 1) {
      isInName = true
      memberName = ''
    } else if (name === 'endKey') isInName = false
    else if (name === 'stringChunk' && isInName && memberName.length < longestName) memberName += String(value)
    if (name === 'startArray' && (depth === 0 || (depth === 1 && usersMember !== undefined && memberName === usersMember))) {
      listDepth = depth + 1
      hasList = true
    }
    if (name === 'startArray' || name === 'startObject') depth++
    if (name === 'endArray' || name === 'endObject') depth--
    if (depth > maximumDepth) throw new BrokenDocumentError(`The file is nested more than ${maximumDepth} levels deep.`)
    if (depth === 0) isEnded = true
  }

  return {
    /** The finished record, if the token ends one. */
    read(token: JsonToken): Buffer | undefined {
      if (listDepth === undefined) {
        readOutside(token)
        return undefined
      }
      if (token.name === 'endArray' && !writer.isInRecord()) {
        depth = listDepth - 1
        listDepth = undefined
        if (depth === 0) isEnded = true
        return undefined
      }
      return writer.write(token)
    },
    end(): void {
      if (!isEnded) throw new BrokenDocumentError('The file ends before its JSON does.')
      if (!hasList) throw new BrokenDocumentError(`The file has no list of users${usersMember ? ` under "${usersMember}"` : ''}.`)
    },
  }
}
