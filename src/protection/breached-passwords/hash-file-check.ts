import { BreachSourceError } from './breach-source.ts'
import { type HashLine, positionOf } from './hash-line.ts'
import type { PlacedLine, SortedHashFile } from './sorted-hash-file.ts'

/** What a check has found out about a file. */
export type HashFileReport = { readonly bytes: number; readonly estimatedLines: number; readonly samples: number }

/**
 * How many average gaps between two hashes may be missing at an end of the file. Hashes are spread evenly, so a complete file misses so
 * many by chance once in 10^17 times.
 */
const mostGapsAtEnd = 40

/**
 * Looks at both ends of the file and at up to `samples` lines between them: whether they are of the form SHA1:count and sorted, and whether
 * the hashes reach from one end of their range to the other.
 *
 * @throws BreachSourceError that says what is wrong
 */
export async function checkHashFile(file: SortedHashFile, samples: number): Promise<HashFileReport> {
  if (file.bytes === 0) throw new BreachSourceError('it is empty, or it is no regular file')
  const last = await file.lastLine()
  const lines: PlacedLine[] = []
  for (let i = 0; i < samples; i++) {
    const line = await file.lineFrom(Math.floor((file.bytes / samples) * i))
    const before = lines.at(-1)
    if (line === undefined || line.start === before?.start || line.start === last.start) continue
    if (line.sha1 <= (before?.sha1 ?? '')) throw notSorted()
    lines.push(line)
  }
  if (last.sha1 <= (lines.at(-1)?.sha1 ?? '')) throw notSorted()
  lines.push(last)
  const averageBytes = lines.reduce((sum, { start, end }) => sum + end - start, 0) / lines.length
  const estimatedLines = Math.max(1, Math.round(file.bytes / averageBytes))
  requireBothEnds(lines[0] ?? last, last, estimatedLines)
  return { bytes: file.bytes, estimatedLines, samples: lines.length }
}

const notSorted = () =>
  new BreachSourceError('its lines are not sorted by their hashes. Download the list that is ordered by hash, or sort it: LC_ALL=C sort')

function requireBothEnds(first: HashLine, last: HashLine, lines: number): void {
  if (positionOf(first) * lines > mostGapsAtEnd) {
    throw new BreachSourceError(`its beginning is missing: the first hash begins with ${first.sha1.slice(0, 4)}. Download it again`)
  }
  if ((1 - positionOf(last)) * lines > mostGapsAtEnd) {
    throw new BreachSourceError(`its end is missing: the last hash begins with ${last.sha1.slice(0, 4)}. Download it again`)
  }
}
