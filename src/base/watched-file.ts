import { readFile, stat } from 'node:fs/promises'
import type { Logger } from './logger.ts'

/** The content of a file that may be replaced while the server runs. */
export type WatchedFile<T> = {
  /** What was read last. */
  content(): T
  close(): void
}

type Options<T> = {
  readonly path: string
  /** The setting that names the file, for the log. */
  readonly setting: string
  /** @throws Error when the bytes are not what the file should have. The message says what is wrong with it. */
  readonly read: (bytes: Buffer) => T
  readonly logger: Logger
}

/** How often the server looks whether the file was replaced, in milliseconds. It asks the path, so it also sees a file that was renamed. */
const lookEveryMs = 2000

/**
 * Reads the file, and reads it again whenever it was changed or replaced. While the new file cannot be read, the old content stays, and one
 * warning says so.
 * @throws Error when the file cannot be read now
 */
export async function watchFile<T>({ path, setting, read, logger }: Options<T>): Promise<WatchedFile<T>> {
  let seen = await markOf(path)
  let content = read(await readFile(path))
  let isRefused = false
  let isLooking = false

  async function look(): Promise<void> {
    if (isLooking) return
    isLooking = true
    try {
      const mark = await markOf(path)
      if (mark === seen) return
      const bytes = await readFile(path)
      // The file is still being written. The next look reads it again.
      if ((await markOf(path)) !== mark) return
      seen = mark
      content = read(bytes)
      isRefused = false
      logger.info({ setting, path }, 'A file was read again')
    } catch (error) {
      if (!isRefused) logger.warn({ setting, path, err: error }, 'A changed file cannot be read; the old content stays in use')
      isRefused = true
    } finally {
      isLooking = false
    }
  }

  const timer = setInterval(look, lookEveryMs).unref()
  return { content: () => content, close: () => clearInterval(timer) }
}

/** Differs between two versions of a file. */
async function markOf(path: string): Promise<string> {
  const { ino, size, mtimeNs } = await stat(path, { bigint: true })
  return `${ino} ${size} ${mtimeNs}`
}
