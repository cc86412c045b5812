import { createLineSplitter, type LineSplitter } from '../line-splitter.ts'
import { createDocumentSplitter } from './document-splitter.ts'
import type { FormatReader } from './record-format.ts'
import { maximumRecordBytes } from './record-text.ts'

/** Splits a file into its records, one JSON text each. */
export type RecordsSplitter = LineSplitter & {
  /** Whether each record has a line of its own in the file. Known after the first record. */
  isLines(): boolean
}

const openingBracket = 0x5b
/** White space of JSON, and the bytes of a byte order mark. */
const ignored: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf])

/** The first character of the file says whether the file is one JSON document, in a format that allows both. */
export function createRecordsSplitter({ usersMember, checkHead }: Pick<FormatReader, 'usersMember' | 'checkHead'>): RecordsSplitter {
  let chosen: { readonly splitter: LineSplitter; readonly isLines: boolean } | undefined

  function choose(first: number) {
    const isLines = checkHead !== undefined || (usersMember === undefined && first !== openingBracket)
    return { isLines, splitter: isLines ? createLineSplitter(maximumRecordBytes) : createDocumentSplitter(usersMember) }
  }

  return {
    push(bytes) {
      const first = chosen === undefined ? bytes.find((byte) => !ignored.has(byte)) : undefined
      if (first !== undefined) chosen = choose(first)
      return chosen === undefined ? [] : chosen.splitter.push(bytes)
    },
    end: () => chosen?.splitter.end(),
    isLines: () => chosen?.isLines ?? true,
  }
}
