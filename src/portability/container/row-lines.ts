import type { Readable } from 'node:stream'
import type { BackupRow } from '../backup-rows.ts'
import { damaged } from './manifest.ts'

/** The longest line, in bytes. A row of the largest table (a part of an uploaded file) has a few megabytes. */
const maximumLineBytes = 16 * 1024 * 1024

/** How many rows, and about how many bytes of lines, a batch has. */
const rowsPerBatch = 500
const bytesPerBatch = 4 * 1024 * 1024

const lineFeed = 0x0a

/** The rows as lines of JSON, a piece for each batch. */
export async function* toLines(batches: AsyncIterable<readonly BackupRow[]>, count: (rows: number) => void): AsyncIterable<Buffer> {
  for await (const rows of batches) {
    count(rows.length)
    if (rows.length > 0) yield Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  }
}

/**
 * Reads the rows of a section in batches. `expected` is the number of rows that the manifest names.
 * @throws PortabilityError when a line is no row, or when there are more or fewer rows
 */
export async function* fromLines(stream: Readable, expected: number): AsyncIterable<readonly BackupRow[]> {
  let [count, size] = [0, 0]
  let batch: BackupRow[] = []
  for await (const line of linesOf(stream)) {
    if (++count > expected) throw damaged('a section has more rows than its manifest says')
    batch.push(readRow(line))
    size += line.length
    if (batch.length < rowsPerBatch && size < bytesPerBatch) continue
    yield batch
    ;[batch, size] = [[], 0]
  }
  if (count !== expected) throw damaged('a section has fewer rows than its manifest says')
  if (batch.length > 0) yield batch
}

async function* linesOf(stream: Readable): AsyncIterable<Buffer> {
  let pieces: Buffer[] = []
  let length = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let start = 0
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      yield Buffer.concat([...pieces, chunk.subarray(start, end)])
      ;[pieces, length, start] = [[], 0, end + 1]
    }
    if (start === chunk.length) continue
    pieces.push(chunk.subarray(start))
    length += chunk.length - start
    if (length > maximumLineBytes) throw damaged('a row is too long')
  }
  if (length > 0) throw damaged('a section ends within a row')
}

function readRow(line: Buffer): BackupRow {
  let value: unknown
  try {
    value = JSON.parse(line.toString())
  } catch {
    throw damaged('a row is not JSON')
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isCell)) return value as BackupRow
  throw damaged('a row has a value that no column can have')
}

const isCell = (value: unknown): boolean => value === null || typeof value === 'string' || typeof value === 'number'
