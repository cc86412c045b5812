import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { isDeepStrictEqual } from 'node:util'
import { constants, createZstdDecompress } from 'node:zlib'
import { keyIdBytes } from '../../base/sealing-key.ts'
import { isSecretPurpose } from '../../base/secret-purposes.ts'
import type { BackupContent, BackupKeys, BackupPart } from '../backup-rows.ts'
import { copiedTables } from '../copied-tables.ts'
import { PortabilityError } from '../portability-error.ts'
import { damaged, formatVersion, keysSection, type Manifest, manifestSection, readManifest, type Section } from './manifest.ts'
import { fromLines } from './row-lines.ts'
import { type Opening, openStream, openText } from './sealing.ts'
import { firstLine, type SealedKeys, trailerBytes, trailerOf, type WrittenContainer } from './write-container.ts'

/** The longest manifest, in bytes. One with all tables has about 10 kB. */
const maximumManifestBytes = 1024 * 1024

const pieceBytes = 256 * 1024

/** The largest window of compressed rows, as a logarithm to base 2: 8 MB. Ours have 2 MB. It is memory that a file can demand. */
const maximumWindowLog = 23

/** The longest age header of a table's section. Ours have about 200 bytes. The library reads a header without a limit. */
const maximumHeaderBytes = 4096

/** The largest sections that are opened as a whole: the keys, and the sealed copy of the manifest. */
const maximumTextBytes = 2 * maximumManifestBytes

/**
 * Reads what a backup file says in clear, and verifies every checksum. Needs no secret.
 * @throws PortabilityError when the file is no backup, is damaged or not complete, or was written by a newer program
 */
export async function inspectContainer(file: FileHandle): Promise<Manifest> {
  const { size } = await file.stat()
  await requireFirstLine(file, size)
  const trailer = (await readBytes(file, Math.max(0, size - trailerBytes), trailerBytes)).toString('latin1')
  const length = Number(/^lifeguard-backup-end (\d{10}) [0-9a-f]{64}\n$/.exec(trailer)?.[1])
  const offset = size - trailerBytes - length
  if (!(length <= maximumManifestBytes) || offset < firstLine.length) throw damaged('its end is missing')
  const bytes = await readBytes(file, offset, length)
  if (trailerOf(bytes) !== trailer) throw damaged('its manifest was changed')
  const manifest = readManifest(bytes.toString(), { firstOffset: firstLine.length, endOffset: offset })
  for (const section of manifest.sections) {
    if ((await hashOf(file, section)) !== section.sha256) throw damaged(`the section ${JSON.stringify(section.name)} was changed`)
  }
  return manifest
}

/**
 * Opens a backup file after all its checksums are verified. The content can be read as long as the file is open.
 * @throws PortabilityError as `inspectContainer` does, and when the passphrase or identity does not open the file
 */
export async function openContainer(file: FileHandle, opening: Opening): Promise<BackupContent> {
  const manifest = await inspectContainer(file)
  requireKindOf(opening, manifest)
  const [first, last] = [manifest.sections[0], manifest.sections.at(-1)]
  if (first === undefined || last === undefined) throw damaged('it has no sections')
  const { identity, ...keys } = readKeys(await openText(opening, await readText(file, first)))
  const sealed: unknown = parseOpened(await openText({ identity }, await readText(file, last)))
  if (!isDeepStrictEqual(sealed, JSON.parse(JSON.stringify({ ...manifest, sections: manifest.sections.slice(0, -1) })))) {
    throw damaged('its manifest differs from the sealed copy')
  }
  const { scope, migration, program, engine, at } = manifest
  return { head: { scope, migration, program, engine, at }, keys, parts: readParts(file, manifest, { identity }) }
}

/**
 * Reads a file that this process has written, to its end: checksums, seals and the number of rows.
 * @throws PortabilityError when something differs from what was written
 */
export async function verifyContainer(file: FileHandle, { manifest, identity }: WrittenContainer): Promise<void> {
  if (!isDeepStrictEqual(await inspectContainer(file), manifest)) throw damaged('its manifest is not the one that was written')
  for await (const { rows } of readParts(file, manifest, { identity })) {
    // Each batch is checked while it is read.
    for await (const _ of rows);
  }
}

function requireKindOf(opening: Opening, { sealedBy }: Manifest): void {
  if ('passphrase' in opening === (sealedBy === 'passphrase')) return
  throw new PortabilityError(
    sealedBy === 'passphrase'
      ? 'The backup is sealed under a passphrase. Give it by --passphrase-file.'
      : 'The backup is sealed for an identity. Give it by --identity-file.',
  )
}

function readKeys(text: string): BackupKeys & { readonly identity: string } {
  const { rowKey, lastingSubkeys, identity } = (parseOpened(text) ?? {}) as Partial<SealedKeys>
  const key = Buffer.from(typeof rowKey === 'string' ? rowKey : '', 'base64')
  const areSubkeys =
    Array.isArray(lastingSubkeys) && lastingSubkeys.length <= maximumSubkeyEntries && lastingSubkeys.every(isLastingSubkeys)
  if (key.length !== 32 || !areSubkeys || typeof identity !== 'string') throw damaged('its keys are not valid')
  return { rowKey: key, lastingSubkeys, identity }
}

/** An installation that was restored again and again has an entry for each restore. */
const maximumSubkeyEntries = 1000

/** Servers read these values at each start, so a wrong one must not get into the database. */
function isLastingSubkeys(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { keyId, poolId, subkeys } = value as { readonly keyId?: unknown; readonly poolId?: unknown; readonly subkeys?: unknown }
  const isPool = poolId === null || (typeof poolId === 'string' && poolId.length <= 100)
  if (!isBase64(keyId, keyIdBytes) || !isPool || typeof subkeys !== 'object' || subkeys === null) return false
  return Object.entries(subkeys).every(([purpose, key]) => isSecretPurpose(purpose) && isBase64(key, 32))
}

const isBase64 = (text: unknown, bytes: number): boolean =>
  typeof text === 'string' && Buffer.from(text, 'base64').length === bytes && Buffer.from(text, 'base64').toString('base64') === text

/** Who makes a backup for a public key decides what is sealed in it, so that need not be JSON. */
function parseOpened(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw damaged('a sealed section is not JSON')
  }
}

async function* readParts(file: FileHandle, { sections }: Manifest, opening: Opening): AsyncIterable<BackupPart> {
  for (const section of sections) {
    if (section.name === keysSection || section.name === manifestSection) continue
    if (!(section.name in copiedTables)) {
      throw new PortabilityError(`The backup has a table ${JSON.stringify(section.name)}, which this program does not know.`)
    }
    yield { table: section.name as BackupPart['table'], rows: readRows(file, section, opening) }
  }
}

async function* readRows(file: FileHandle, section: Section, opening: Opening): BackupPart['rows'] {
  const { offset, bytes, rows = 0 } = section
  const sealed = Readable.from(readRange(file, offset, bytes), { objectMode: false })
  const decompress = createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: maximumWindowLog } })
  try {
    await requireShortHeader(file, section)
    const opened = await openStream(opening, sealed)
    // `pipe` does not pass errors on.
    opened.on('error', (error) => decompress.destroy(error))
    yield* fromLines(opened.pipe(decompress), rows)
  } catch (error) {
    if (error instanceof PortabilityError) throw error
    throw new PortabilityError(`${damaged(`the section ${JSON.stringify(section.name)} cannot be opened`).message}`, { cause: error })
  } finally {
    decompress.destroy()
    sealed.destroy()
  }
}

async function requireShortHeader(file: FileHandle, { offset, bytes, name }: Section): Promise<void> {
  const start = await readBytes(file, offset, Math.min(bytes, maximumHeaderBytes))
  if (!/\n--- [^\n]*\n/.test(start.toString('latin1'))) throw damaged(`the section ${JSON.stringify(name)} has no header`)
}

async function requireFirstLine(file: FileHandle, size: number): Promise<void> {
  const text = (await readBytes(file, 0, Math.min(size, 64))).toString('latin1')
  const version = Number(/^lifeguard-backup (\d{1,6})\n/.exec(text)?.[1])
  if (Number.isNaN(version)) throw new PortabilityError('The file is no backup of Lifeguard.')
  if (version > formatVersion) {
    throw new PortabilityError(`The backup has the format ${version}, which is newer than this program. Use a later Lifeguard.`)
  }
  if (!text.startsWith(firstLine)) throw damaged('its first line is not valid')
}

function readText(file: FileHandle, { offset, bytes, name }: Section): Promise<Buffer> {
  if (bytes > maximumTextBytes) throw damaged(`the section ${JSON.stringify(name)} is too large`)
  return readBytes(file, offset, bytes)
}

/** @throws PortabilityError when the file ends earlier */
async function readBytes(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  let read = 0
  while (read < length) {
    const { bytesRead } = await file.read(bytes, read, length - read, offset + read)
    if (bytesRead === 0) throw damaged('it ends too early')
    read += bytesRead
  }
  return bytes
}

async function hashOf(file: FileHandle, { offset, bytes }: Section): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of readRange(file, offset, bytes)) hash.update(piece)
  return hash.digest('hex')
}

/** The bytes in pieces. A stream of the file handle would close the handle at its end. */
async function* readRange(file: FileHandle, offset: number, bytes: number): AsyncIterable<Buffer> {
  for (let at = 0; at < bytes; at += pieceBytes) yield await readBytes(file, offset + at, Math.min(pieceBytes, bytes - at))
}
