import type { ImportChunk } from './import-chunk-repository.ts'

/** The most rows in a chunk. A chunk is imported in one transaction, and requests run between two chunks. */
export const rowsPerChunk = 100
const bytesPerChunk = 256 * 1024

/** Bytes of chunks that are sealed and written together. This saves round trips, and limits how much of the file is in memory. */
const bytesPerWrite = 1024 * 1024

const newline = Buffer.from('\n')

/** Packs lines into chunks. `add` returns true when there are enough chunks to write. `firstLine` is the number of the first line. */
export function createChunkPacker(write: (chunks: readonly ImportChunk[]) => Promise<void>, firstLine: number) {
  let chunks: ImportChunk[] = []
  let packedBytes = 0
  let lines: Buffer[] = []
  let lineBytes = 0
  let number = 0
  let nextLine = firstLine

  function pack(): void {
    if (lines.length === 0) return
    const packed = Buffer.concat(lines.flatMap((line, at) => (at === 0 ? [line] : [newline, line])))
    chunks.push({ number: number++, firstLine: nextLine, lines: packed })
    packedBytes += packed.length
    nextLine += lines.length
    lines = []
    lineBytes = 0
  }

  async function flush(): Promise<void> {
    const packedChunks = chunks
    chunks = []
    packedBytes = 0
    if (packedChunks.length > 0) await write(packedChunks)
  }

  return {
    add(line: Buffer): boolean {
      lines.push(line)
      lineBytes += line.length
      if (lines.length >= rowsPerChunk || lineBytes >= bytesPerChunk) pack()
      return packedBytes >= bytesPerWrite
    },
    flush,
    async finish(): Promise<void> {
      pack()
      await flush()
    },
  }
}
