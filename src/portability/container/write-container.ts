import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { constants, createZstdCompress } from 'node:zlib'
import type { BackupContent, BackupKeys } from '../backup-rows.ts'
import { formatVersion, keysSection, type Manifest, manifestSection, type Section } from './manifest.ts'
import { toLines } from './row-lines.ts'
import { newIdentity, type Sealing, sealStream, sealText } from './sealing.ts'

/** The first line of every backup file. */
export const firstLine = `lifeguard-backup ${formatVersion}\n`

/** The last line: the length of the manifest before it, and the SHA-256 of the manifest. Its length never changes. */
export const trailerOf = (manifest: Buffer): string =>
  `lifeguard-backup-end ${String(manifest.length).padStart(10, '0')} ${sha256(manifest)}\n`
export const trailerBytes = 97

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** What the sealed section `keys` holds, as JSON. */
export type SealedKeys = {
  /** Base64. */
  readonly rowKey: string
  readonly lastingSubkeys: BackupKeys['lastingSubkeys']
  /** Opens the other sections. So a passphrase has to be stretched once only. */
  readonly identity: string
}

/** What was written, and what opens the sections of the tables, to verify them. */
export type WrittenContainer = { readonly manifest: Manifest; readonly identity: string }

/**
 * Writes a backup to an open, empty file. The memory is bounded by the batches of the content.
 * @param onProgress called after each batch with the number of rows written so far
 * @throws PortabilityError when a recipient is not valid, and whatever reading the content throws
 */
export async function writeContainer(
  file: FileHandle,
  content: BackupContent,
  sealing: Sealing,
  onProgress: (rows: number) => void = () => undefined,
): Promise<WrittenContainer> {
  const { identity, recipient } = await newIdentity()
  const inside: Sealing = { recipients: [recipient] }
  const sections: Section[] = []
  let offset = await append(file, [Buffer.from(firstLine)])
  const add = async (name: string, pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, rows?: () => number) => {
    const hash = createHash('sha256')
    const bytes = await append(file, hashing(hash, pieces))
    sections.push({ name, offset, bytes, sha256: hash.digest('hex'), ...(rows && { rows: rows() }) })
    offset += bytes
  }

  const keys: SealedKeys = { ...content.keys, rowKey: content.keys.rowKey.toString('base64'), identity }
  await add(keysSection, [await sealText(sealing, JSON.stringify(keys))])
  let total = 0
  for await (const { table, rows } of content.parts) {
    let count = 0
    const counted = (more: number) => {
      count += more
      total += more
      onProgress(total)
    }
    await add(table, await sealRows(inside, toLines(rows, counted)), () => count)
  }
  const sealedBy = 'passphrase' in sealing ? 'passphrase' : 'public key'
  const manifest = (): Manifest => ({ format: formatVersion, ...content.head, sealedBy, sections })
  await add(manifestSection, [await sealText(inside, JSON.stringify(manifest()))])
  const clear = Buffer.from(`${JSON.stringify(manifest())}\n`)
  await append(file, [clear, Buffer.from(trailerOf(clear))])
  await file.sync()
  return { manifest: manifest(), identity }
}

async function sealRows(inside: Sealing, lines: AsyncIterable<Buffer>): Promise<Readable> {
  const compress = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 3 } })
  const source = Readable.from(lines, { objectMode: false })
  // `pipe` does not pass errors on.
  source.on('error', (error) => compress.destroy(error))
  return sealStream(inside, source.pipe(compress))
}

async function* hashing(hash: ReturnType<typeof createHash>, pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
  for await (const piece of pieces) {
    hash.update(piece)
    yield piece
  }
}

/** Appends the pieces to the file; returns how many bytes they have. */
async function append(file: FileHandle, pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<number> {
  let bytes = 0
  for await (const piece of pieces) {
    await file.writeFile(piece)
    bytes += piece.length
  }
  return bytes
}
