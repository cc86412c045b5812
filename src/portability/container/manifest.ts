import type { BackupHead } from '../backup-rows.ts'
import { PortabilityError } from '../portability-error.ts'

/** The version of the format of backup files. A program refuses a file with a higher one. */
export const formatVersion = 1

/** A sealed piece of the file. */
export type Section = {
  /** `keys`, `manifest`, or the name of a table. */
  readonly name: string
  /** Where its bytes are in the file. */
  readonly offset: number
  readonly bytes: number
  /** SHA-256 of these bytes, in hex. */
  readonly sha256: string
  /** The number of rows, for a table. */
  readonly rows?: number
}

/** What a backup file says in clear about its content. A sealed copy in the file shows whether it was changed. */
export type Manifest = BackupHead & {
  readonly format: typeof formatVersion
  readonly sealedBy: 'passphrase' | 'public key'
  readonly sections: readonly Section[]
}

/** The names of the two sections that are not tables. The first holds the keys, the last the sealed copy of the manifest. */
export const keysSection = 'keys'
export const manifestSection = 'manifest'

/**
 * Reads the manifest of a file of `fileBytes` bytes.
 * @throws PortabilityError when it is not valid, or the file was written by a newer program
 */
export function readManifest(text: string, place: { readonly firstOffset: number; readonly endOffset: number }): Manifest {
  const manifest = parse(text)
  if (typeof manifest.format === 'number' && manifest.format > formatVersion) {
    throw new PortabilityError(
      `The backup has the format ${manifest.format}, which is newer than this program. Use Lifeguard ${String(manifest.program).slice(0, 40)} or a later one.`,
    )
  }
  if (!isManifest(manifest) || !areAdjacent(manifest.sections, place)) throw damaged('its manifest is not valid')
  return manifest
}

type Parsed = { readonly [Member in keyof Manifest]?: unknown }

function parse(text: string): Parsed {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // Not JSON: reported below.
  }
  throw damaged('its manifest is not JSON')
}

function isManifest(value: Parsed): value is Manifest {
  const { format, program, migration, engine, at, scope, sealedBy, sections } = value
  return (
    format === formatVersion &&
    isShortText(program) &&
    isShortText(migration) &&
    (engine === 'sqlite' || engine === 'postgres') &&
    isCount(at) &&
    isScope(scope) &&
    (sealedBy === 'passphrase' || sealedBy === 'public key') &&
    Array.isArray(sections) &&
    sections.length >= 2 &&
    sections.length <= 1000 &&
    sections.every(isSection)
  )
}

function isScope(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false
  return value.kind === 'everything' || (value.kind === 'pool' && 'poolId' in value && isShortText(value.poolId))
}

function isSection(value: unknown): value is Section {
  if (typeof value !== 'object' || value === null) return false
  const { name, offset, bytes, sha256, rows } = value as { readonly [Member in keyof Section]?: unknown }
  const hasHash = typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256)
  return isShortText(name) && isCount(offset) && isCount(bytes) && hasHash && (rows === undefined || isCount(rows))
}

const isShortText = (value: unknown): value is string => typeof value === 'string' && value.length >= 1 && value.length <= 100
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

/** Whether the sections fill the file from `firstOffset` to `endOffset`, in their order, and each name is there once. */
function areAdjacent(sections: readonly Section[], { firstOffset, endOffset }: { firstOffset: number; endOffset: number }): boolean {
  let at = firstOffset
  for (const { offset, bytes } of sections) {
    if (offset !== at) return false
    at += bytes
  }
  const names = sections.map(({ name }) => name)
  return at === endOffset && new Set(names).size === names.length && names[0] === keysSection && names.at(-1) === manifestSection
}

/** @param what completes the sentence "The backup file is damaged or not complete: …" */
export function damaged(what: string): PortabilityError {
  return new PortabilityError(`The backup file is damaged or not complete: ${what}.`)
}
