import { readdir, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { dayMs } from '../../base/durations.ts'
import { writeBackupFile } from '../container/write-backup-file.ts'
import { PortabilityError } from '../portability-error.ts'
import { isOurFileName } from './backup-job.ts'
import type { BackupTarget } from './backup-target.ts'

/** A file that was not written to for so long belongs to a process that was killed. */
const abandonedAfterMs = dayMs

/** Backups in a folder. Each is written under a name that ends in `.partial`, and has its own name when it is complete. */
export function createFolderTarget(folder: string): BackupTarget {
  return {
    async store(name, content, sealing) {
      await requireFolder(folder)
      const location = join(folder, name)
      const { sections } = await writeBackupFile(location, content, sealing, { overwrite: false })
      const { size } = await stat(location)
      return { rows: sections.reduce((sum, { rows = 0 }) => sum + rows, 0), bytes: size, location }
    },
    async remove(location) {
      if (dirname(location) !== resolve(folder) || !isOurFileName(basename(location))) return
      await rm(location, { force: true })
    },
    async discard(name) {
      await rm(join(folder, name), { force: true })
      for (const partial of (await namesIn(folder)).filter((each) => nameOfPartial(each) === name)) {
        await rm(join(folder, partial), { force: true })
      }
    },
    removeAbandoned: () => removeAbandoned(folder),
    close: () => undefined,
  }
}

async function requireFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined)
  if (found?.isDirectory() !== true) throw new PortabilityError(`--backup-to: ${folder} is not a folder, or cannot be read.`)
}

/** No names if there is no folder: then each backup fails and says so. */
const namesIn = (folder: string) => readdir(folder).catch(() => [])

/** The name that the file gets when it is complete. Undefined unless it is an unfinished backup of ours. */
function nameOfPartial(name: string): string | undefined {
  const complete = name.replace(/\.[0-9a-f]{8}\.partial$/, '')
  return complete !== name && isOurFileName(complete) ? complete : undefined
}

/**
 * Removes what killed processes have left: each backup has a new name, so none replaces them. Another machine may be writing to the folder,
 * so only old files are removed.
 */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of (await namesIn(folder)).filter((each) => nameOfPartial(each) !== undefined)) {
    const path = join(folder, name)
    const found = await stat(path).catch(() => undefined)
    if (found !== undefined && found.mtimeMs < Date.now() - abandonedAfterMs) await rm(path, { force: true })
  }
}
