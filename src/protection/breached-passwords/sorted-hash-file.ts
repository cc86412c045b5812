import { type FileHandle, open } from 'node:fs/promises'
import { BreachSourceError } from './breach-source.ts'
import { type HashLine, maxLineBytes, readHashLine } from './hash-line.ts'

/** A line, and the bytes that it takes in the file, its line break included. */
export type PlacedLine = HashLine & { readonly start: number; readonly end: number }

/** A file of lines that are sorted by their hashes. Only a few kilobytes of it are in memory at any time. */
export type SortedHashFile = {
  readonly bytes: number
  /** The first line that begins at `offset` or later. Undefined behind the last one. @throws BreachSourceError when it has another form */
  lineFrom(offset: number): Promise<PlacedLine | undefined>
  /** @throws BreachSourceError when the last line has another form, such as in a file that was cut off */
  lastLine(): Promise<PlacedLine>
  /** Finds the line of a hash by halving. @throws BreachSourceError when lines on the way are not sorted, or have another form */
  find(sha1: string, signal: AbortSignal): Promise<HashLine | undefined>
  close(): Promise<void>
}

/** Enough for the end of one line and a whole one after it. */
const windowBytes = 2 * maxLineBytes

/** Halving ends when so few bytes are left. They are then read at once. */
const blockBytes = 4096

/** @throws NodeJS.ErrnoException when the file cannot be opened */
export async function openSortedHashFile(path: string): Promise<SortedHashFile> {
  const file = await open(path, 'r')
  const stat = await file.stat()
  const bytes = stat.isFile() ? stat.size : 0
  const opened = { file, bytes }
  return {
    bytes,
    lineFrom: (offset) => lineFrom(opened, offset),
    lastLine: () => lastLine(opened),
    find: (sha1, signal) => find(opened, sha1, signal),
    close: () => file.close(),
  }
}

type OpenedFile = { readonly file: FileHandle; readonly bytes: number }

/** Reads the bytes from `start` to `end`. @throws BreachSourceError when the file has become shorter */
async function readText({ file }: OpenedFile, start: number, end: number): Promise<string> {
  const buffer = Buffer.allocUnsafe(end - start)
  let length = 0
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, start + length)
    if (bytesRead === 0) throw new BreachSourceError('the file has become shorter')
    length += bytesRead
  }
  return buffer.toString('latin1')
}

async function lineFrom(opened: OpenedFile, offset: number): Promise<PlacedLine | undefined> {
  const { bytes } = opened
  // A line begins at `offset` if the byte before it is a line break.
  const from = Math.max(0, offset - 1)
  const to = Math.min(bytes, from + windowBytes)
  const text = await readText(opened, from, to)
  const skipped = offset === 0 ? 0 : text.indexOf('\n') + 1
  const isFound = offset === 0 || skipped > 0
  if (to === bytes && (!isFound || skipped === text.length)) return undefined
  const lineBreak = text.indexOf('\n', skipped)
  if (!isFound || (lineBreak === -1 && to < bytes)) throw new BreachSourceError('a line is too long')
  return placed(text.slice(skipped, lineBreak === -1 ? undefined : lineBreak), from + skipped, bytes)
}

function placed(text: string, start: number, bytes: number): PlacedLine {
  return { ...readHashLine(text), start, end: Math.min(bytes, start + text.length + 1) }
}

async function lastLine(opened: OpenedFile): Promise<PlacedLine> {
  const { bytes } = opened
  const from = Math.max(0, bytes - windowBytes)
  const text = await readText(opened, from, bytes)
  const breakBefore = text.lastIndexOf('\n', text.length - 2)
  return placed(text.slice(breakBefore + 1).replace(/\n$/, ''), from + breakBefore + 1, bytes)
}

async function find(opened: OpenedFile, sha1: string, signal: AbortSignal): Promise<HashLine | undefined> {
  // Both are beginnings of lines. All lines before `low` have smaller hashes, and all from `high` on have larger ones.
  let [low, high] = [0, opened.bytes]
  let [smaller, larger] = ['', 'G']
  while (high - low > blockBytes) {
    if (signal.aborted) throw new BreachSourceError('the lookup took too long')
    const line = await lineFrom(opened, Math.floor((low + high) / 2))
    if (line === undefined || line.start >= high) throw new BreachSourceError('a line is too long')
    if (line.sha1 <= smaller || line.sha1 >= larger) throw new BreachSourceError('the lines are not sorted by their hashes')
    if (line.sha1 === sha1) return line
    if (line.sha1 < sha1) [low, smaller] = [line.end, line.sha1]
    else [high, larger] = [line.start, line.sha1]
  }
  const lines = (await readText(opened, low, high)).split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.map(readHashLine).find((line) => line.sha1 === sha1)
}
