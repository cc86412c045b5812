import { randomBytes } from 'node:crypto'
import { type FileHandle, open, readdir, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { hourMs } from '../../base/durations.ts'
import type { BackupContent } from '../backup-rows.ts'
import { PortabilityError } from '../portability-error.ts'
import type { Manifest } from './manifest.ts'
import { verifyContainer } from './read-container.ts'
import type { Sealing } from './sealing.ts'
import { writeContainer } from './write-container.ts'

type Options = {
  /** Whether to replace a file of this name. The old file stays until the new one is complete and verified. */
  readonly overwrite: boolean
  /** Called after each batch with the number of rows written so far. */
  readonly onProgress?: ((rows: number) => void) | undefined
}

/** An unfinished file to which nothing was written for so long belongs to a backup that was killed. */
const abandonedAfterMs = hourMs

/**
 * Writes a backup to a file that only its owner may read. The file appears under its name when it is complete, on the disk, and was read
 * back and verified. Until then it has a name that ends in `.partial`.
 * @throws PortabilityError when the file exists and must not be replaced, cannot be written, or differs from what was written
 */
export async function writeBackupFile(path: string, content: BackupContent, sealing: Sealing, options: Options): Promise<Manifest> {
  const target = resolve(path)
  if (!options.overwrite) await requireMissing(target)
  await removeAbandoned(target)
  const partial = `${target}.${randomBytes(4).toString('hex')}.partial`
  const file = await withFileErrors(() => open(partial, 'wx+', 0o600))
  try {
    const written = await withFileErrors(() => writeContainer(file, content, sealing, options.onProgress))
    await verifyContainer(file, written)
    if (!options.overwrite) await requireMissing(target)
    await withFileErrors(() => rename(partial, target))
    await syncFolder(dirname(target))
    return written.manifest
  } catch (error) {
    await unlink(partial).catch(() => undefined)
    throw error
  } finally {
    await file.close()
  }
}

/** @throws PortabilityError when there is such a file */
export async function requireMissing(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined)) === undefined) return
  throw new PortabilityError(`${path} exists. Choose another name, or replace the file by --overwrite.`)
}

/** Removes what killed backups to this file have left. */
async function removeAbandoned(target: string): Promise<void> {
  const folder = dirname(target)
  const isPartial = (name: string) => name.startsWith(`${basename(target)}.`) && /\.[0-9a-f]{8}\.partial$/.test(name)
  for (const name of (await readdir(folder).catch(() => [])).filter(isPartial)) {
    const path = join(folder, name)
    const found = await stat(path).catch(() => undefined)
    if (found !== undefined && found.mtimeMs < Date.now() - abandonedAfterMs) await unlink(path).catch(() => undefined)
  }
}

/** Makes the new name of the file outlive a power cut. */
async function syncFolder(folder: string): Promise<void> {
  const handle: FileHandle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** The errors of the file system, such as a full disk, in one line. */
async function withFileErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Error && 'syscall' in error && 'code' in error) {
      throw new PortabilityError(`The backup file cannot be written: ${error.message}.`, { cause: error })
    }
    throw error
  }
}
