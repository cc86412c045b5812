import { type BreachSource, BreachSourceError } from './breach-source.ts'
import { checkHashFile } from './hash-file-check.ts'
import { openSortedHashFile } from './sorted-hash-file.ts'

/** How many lines are looked at when a server starts. */
const samplesAtStart = 200

/**
 * A file of lines `SHA1:count`, sorted by their hashes. It stays open: a new file under the same name counts from the next start on.
 *
 * @throws BreachSourceError when the file cannot be used
 */
export async function openFileSource(path: string, samples: number = samplesAtStart) {
  const file = await openSortedHashFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new BreachSourceError(`it cannot be opened (${error.code})`)
  })
  try {
    const report = await checkHashFile(file, samples)
    const source: BreachSource = {
      kind: 'file',
      has: async ({ sha1 }, signal) => ((await file.find(sha1, signal))?.count ?? 0) > 0,
      close: file.close,
    }
    return { source, report }
  } catch (error) {
    await file.close()
    throw error
  }
}
